/**
 * `edgewire start` when it cannot: exit codes, and messages that say what to do.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess, startFlags } from "../support/gateway.ts";
import { TestProcess } from "../support/process.ts";

const ROOT = new URL("../../", import.meta.url);

async function run(...args: string[]): Promise<{ code: number; output: string }> {
  await using process = new TestProcess(Deno.execPath(), {
    args: ["run", ...startFlags(), "main.ts", ...args],
    cwd: ROOT.pathname,
  });
  const { code } = await process.status;
  return { code, output: process.lines.join("\n") };
}

async function fails(args: string[], code: number, message: RegExp) {
  const dataDir = await Deno.makeTempDir({ prefix: "edgewire-start-" });
  const given = ["--port", "0", "--mqtt-port", "0", "--data-dir", dataDir, ...args];
  const ended = await run("start", ...given);
  await Deno.remove(dataDir, { recursive: true });
  assert.match(ended.output, message);
  assert.equal(ended.code, code, ended.output);
  assert.doesNotMatch(ended.output, /\bat .*\.ts:\d+/, "a stack trace is no message");
}

Deno.test("wrong usage exits with 2 and says what is wrong", async () => {
  await fails(["--no-such-flag"], 2, /^edgewire: .*--no-such-flag/m);
  await fails(["--port", "abc"], 2, /^edgewire: --port: "abc" is not a number$/m);
  const unknown = await run("strat");
  assert.equal(unknown.code, 2);
  assert.match(unknown.output, /unknown command "strat"[^]*start/);
  assert.equal((await run()).code, 2);
});

Deno.test("help exits with 0", async () => {
  const { code, output } = await run("start", "--help");
  assert.equal(code, 0);
  assert.match(output, /--mqtt-port INTEGER +.*\[1883\]/);
});

Deno.test("a port that is taken exits with 1 and says which and what to do", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(taken.addr.port);
  await fails(["--port", port], 1, new RegExp(`port ${port}.*--port`));
  await fails(["--mqtt-port", port], 1, new RegExp(`port ${port}.*--mqtt-port`));
});

Deno.test("an address that is not this machine's, files that are missing or wrong", async () => {
  await fails(["--host", "192.0.2.1"], 1, /192\.0\.2\.1/);
  await fails(["--cert", "/nowhere.pem", "--key", "/nowhere.pem"], 1, /\/nowhere\.pem/);
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "not a certificate");
    await fails(["--cert", file, "--key", file], 1, /certificate|key/i);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a data directory that may not be written is said, with the way out", async () => {
  const args = ["--no-access-open-loopback", "--data-dir", "/etc/edgewire"];
  await fails(args, 1, /write access to "\/etc\/edgewire.*README/);
});

Deno.test("a rule that cannot be is refused at the start", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, 'rules: [{ filter: "a/#/b", channel: x }]');
    await fails(["--config", file], 2, /filter "a\/#\/b": # must come last/);
    await Deno.writeTextFile(file, 'rules: [{ filter: "a/+", channel: ":room" }]');
    await fails(["--config", file], 2, /rule "a\/\+": .*":room"/);
    await Deno.writeTextFile(file, 'relays: [{ filter: "a/:b", to: "x/:c" }]');
    await fails(["--config", file], 2, /relay "a\/:b": .*":c"/);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("the demo's nodes get in where clients of this machine need a token", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "edgewire-demo-" });
  try {
    const args = ["--demo", "--no-access-open-loopback"];
    await using gateway = await GatewayProcess.start({ args, dataDir });
    const { viewer } = JSON.parse(await Deno.readTextFile(`${dataDir}/tokens.json`));
    const headers = { authorization: `Bearer ${viewer}` };
    await eventually("nodes of all kinds", async () => {
      const answer = await fetch(new URL("/api/nodes", gateway.url), { headers });
      const { nodes } = await answer.json() as { nodes: { name: string; state: string }[] };
      return ["ble-1", "chamber", "omg-1", "wpan-1"].every((name) =>
        nodes.some((node) => node.name === name && node.state === "online")
      );
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
