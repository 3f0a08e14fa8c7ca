/**
 * `edgewire trace` against the addresses of a gateway.
 *
 * @module
 */
import assert from "node:assert/strict";
import { trace as runTrace } from "../../../traces/trace.ts";
import { makeCertificates } from "../../support/certificates.ts";
import { CutProxy } from "../../support/cut_proxy.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeGateway, newSection, packet } from "./fake_gateway.ts";
import { readCapture } from "./read_capture.ts";
import { commandHere } from "../support/command_here.ts";
import { ended, startTrace, trace } from "./trace_process.ts";
import { sideBySide } from "../../support/side_by_side.ts";

const { test, testWith } = sideBySide();

/** A writer whose section has been sent. */
function writerBehindSection() {
  const writer = newSection();
  writer.take();
  return writer;
}

async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "edgewire-trace-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`trace: ${signal} in the middle of a packet leaves a complete file, exit 0`, () =>
    inFolder(async (folder) => {
      await using gateway = new FakeGateway();
      const file = `${folder}/out.pcapng`;
      const child = startTrace(["--from", gateway.url, "--write", file]);
      await gateway.reader();
      const writer = writerBehindSection();
      for (let n = 1; n <= 3; n++) gateway.send(packet(writer, n));
      const whole = newSection().take().length + 3 * packet(writer, 1).length;
      gateway.send(packet(writer, 4).subarray(0, 50));
      await eventually("three packets", () => sizeOf(file) >= whole);
      child.kill(signal);
      const { code, stderr } = await ended(child);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /3 packets {2}[\d,]+ bytes {2}0 lost/);
      const read = await readCapture(await Deno.readFile(file));
      assert.equal(read.end, "complete");
      assert.equal(read.frames.length, 3);
      assert.match(read.frames[2]!.comments[0]!, /^edgewire id=Ab12Cd-3 /);
      assert.deepEqual(read.statistics, [["room", 3n, 0n], ["mqtt", 0n, 0n]]);
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600, "for its owner alone");
    }));
}

test("trace: asks for what the options say, and writes to a pipe", async () => {
  await using gateway = new FakeGateway({ token: "secret-of-an-admin" });
  const args = ["--from", `127.0.0.1:${gateway.port}`];
  args.push("--channel", "desk,lab 2", "--channel", "hall", "--hop", "mqtt", "--hop", "ws");
  args.push("--node", "n1", "--seconds", "30", "--recent");
  const child = startTrace(args, { env: { EDGEWIRE_TOKEN: "secret-of-an-admin" } });
  await gateway.reader();
  gateway.send(packet(writerBehindSection(), 1));
  gateway.end();
  const { code, stdout, stderr } = await ended(child);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal((await readCapture(stdout)).frames.length, 1);
  assert.deepEqual(gateway.asked, [
    "/traces/recent.pcapng?channel=desk&channel=lab+2&channel=hall&hop=mqtt&hop=ws&node=n1&seconds=30",
  ]);
});

test("trace: a token in the address, as the gateway prints it, is taken from there", async () => {
  await using gateway = new FakeGateway({ token: "secret-of-an-admin" });
  const child = startTrace(["--recent", "--from", `${gateway.url}/?token=secret-of-an-admin`]);
  await gateway.reader();
  gateway.end();
  assert.equal((await ended(child)).code, 0);
  assert.deepEqual(gateway.asked, ["/traces/recent.pcapng"]);
});

Deno.test("trace: a gateway that goes away leaves a good file, and is said; exit 1", () =>
  inFolder(async (folder) => {
    for (const how of ["cut", "end"] as const) {
      await using gateway = new FakeGateway();
      using between = new DisposableStack();
      const proxy = between.use(new CutProxy(gateway.port));
      const file = `${folder}/${how}.pcapng`;
      const child = startTrace(["--from", `127.0.0.1:${proxy.port}`, "--write", file]);
      await gateway.reader();
      const writer = writerBehindSection();
      gateway.send(packet(writer, 1));
      await eventually("the packet", () => sizeOf(file) > newSection().take().length);
      if (how === "end") gateway.end();
      else {
        gateway.send(packet(writer, 2).subarray(0, 40));
        between.dispose();
      }
      const { code, stderr } = await ended(child);
      assert.equal(code, 1);
      assert.match(stderr, how === "cut" ? /the gateway is gone/ : /the gateway ended the trace/);
      const read = await readCapture(await Deno.readFile(file));
      assert.deepEqual([read.end, read.frames.length], ["complete", 1]);
      assert.deepEqual(read.statistics, [["room", 1n, 0n], ["mqtt", 0n, 0n]]);
    }
  }));

/** A gateway on the port of an earlier one; undefined while somebody else happens to have it. */
function restarted(port: number): FakeGateway | undefined {
  try {
    return new FakeGateway({ port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined;
    throw error;
  }
}

Deno.test("trace --reconnect: goes on in a new section when the gateway is back", () =>
  inFolder(async (folder) => {
    const file = `${folder}/out.pcapng`;
    let port: number;
    let child: Deno.ChildProcess;
    {
      await using gateway = new FakeGateway();
      port = gateway.port;
      child = startTrace(["--from", gateway.url, "--write", file, "--reconnect"]);
      await gateway.reader();
      gateway.send(packet(writerBehindSection(), 1));
      await eventually("the packet", () => sizeOf(file) > newSection().take().length);
      gateway.end();
    }
    await using gateway = await eventually("the port", () => restarted(port));
    await gateway.reader();
    const before = sizeOf(file);
    gateway.send(packet(writerBehindSection(), 2));
    await eventually("the second packet", () => sizeOf(file) > before + 100);
    child.kill("SIGTERM");
    const { code, stderr } = await ended(child);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /ended the trace; waiting for it[^]*the gateway is back/);
    const read = await readCapture(await Deno.readFile(file));
    assert.deepEqual([read.end, read.sections], ["complete", 2]);
    assert.deepEqual(read.frames.map(({ section }) => section), [1, 2]);
    assert.equal(read.statistics.length, 4);
  }));

test("trace --seconds: ends by itself, also when the gateway does not", async () => {
  await using gateway = new FakeGateway();
  const { code, stdout, stderr } = await trace(["--from", gateway.url, "--seconds", "1"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const read = await readCapture(stdout);
  assert.deepEqual([read.end, read.statistics.length], ["complete", 2]);
});

test("trace --seconds: fractions are asked for as they are given", async () => {
  await using gateway = new FakeGateway();
  await trace(["--from", gateway.url, "--seconds", "0.25"]);
  assert.deepEqual(gateway.asked, ["/traces/live.pcapng?seconds=0.25"]);
});

test("trace: names that the gateway does not know are said", async () => {
  const traces = () => ({ channels: ["desk"], nodes: ["n1"] });
  await using gateway = new FakeGateway({ traces });
  const args = ["--channel", "desk,dask", "--node", "n1", "--node", "n2", "--recent"];
  const child = startTrace(["--from", gateway.url, ...args]);
  await gateway.reader();
  gateway.end();
  const { code, stderr } = await ended(child);
  assert.equal(code, 0, stderr);
  assert.deepEqual(stderr.trimEnd().split("\n"), [
    'edgewire: the gateway has no channel "dask" yet',
    'edgewire: the gateway has no node "n2" yet',
  ]);
});

test("trace: who reads no more ends it, exit 0", async () => {
  await using gateway = new FakeGateway();
  const child = startTrace(["--from", gateway.url]);
  await child.stdout.cancel();
  await gateway.reader();
  const writer = writerBehindSection();
  const timer = setInterval(() => gateway.send(packet(writer, 1)), 20);
  const stderr = new Response(child.stderr).text();
  const { code } = await child.status;
  clearInterval(timer);
  assert.deepEqual([code, await stderr], [0, ""]);
});

Deno.test("trace: what the gateway refuses is said, with what to do; no file is touched", () =>
  inFolder(async (folder) => {
    const file = `${folder}/old.pcapng`;
    await Deno.writeTextFile(file, "old");
    const error = JSON.stringify({ error: { message: "eight read already" } });
    const cases: [status: number, body: string, message: RegExp][] = [
      [403, error, /403: eight read already.*admin's token.*tokens\.json.*EDGEWIRE_TOKEN/],
      [404, "<p>", /404.*no Edgewire gateway, or one too old/],
      [503, error, /one more reader \(503: eight read already/],
      [400, error, /answers 400: eight read already/],
    ];
    for (const [status, body, message] of cases) {
      await using gateway = new FakeGateway({ refuse: { status, body } });
      const { code, stderr } = await trace(["--from", gateway.url, "--write", file]);
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.ok(!stderr.includes("    at "), stderr);
    }
    await using locked = new FakeGateway({ token: "x" });
    const without = await trace(["--from", locked.url, "--write", file]);
    assert.match(without.stderr, /asks for a token \(401\).*EDGEWIRE_TOKEN/);
    const wrong = await trace(["--from", locked.url, "--write", file, "--token", "hush-hush"]);
    assert.match(wrong.stderr, /does not know this token/);
    assert.ok(!wrong.stderr.includes("hush-hush"));
    const nobody = await trace(["--from", "http://127.0.0.1:1", "--write", file]);
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /nobody listens at http:\/\/127\.0\.0\.1:1 .*deno task start/);
    assert.equal(await Deno.readTextFile(file), "old");
  }));

test("trace: an answer that is no pcapng, exit 1", async () => {
  const start = new TextEncoder().encode("<!doctype html><title>Something else</title>");
  await using gateway = new FakeGateway({ start });
  const { code, stdout, stderr } = await trace(["--from", gateway.url]);
  assert.deepEqual([code, stdout.length], [1, 0]);
  assert.match(stderr, /does not begin as pcapng/);
});

Deno.test("trace: wrong usage, exit 2", async () => {
  const cases: [args: string[], message: RegExp][] = [
    [["--hop", "moon"], /"moon" is not one of radio, mqtt, room, ws/],
    [["--bogus"], /unknown option --bogus/],
    [["--seconds", "soon"], /"soon" is not a number/],
    [["--seconds", "0"], /"0" is not a number above 0/],
    [["--seconds", "86401"], /"86401" is not a number above 0, up to 86400/],
    [["--from", "mqtt://x"], /not an address like/],
    [["--recent", "--wire"], /was before now/],
    [["--keylog", "x"], /goes with --wire/],
    [["--write", "x", "--wireshark"], /one of them/],
    [["--ca", "/nowhere"], /--ca: \/nowhere can't be read/],
    [["--install-extcap", "--hop", "ws"], /goes with --from alone/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await commandHere(runTrace, args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, message);
  }
  const [args, message] = cases[0]!;
  const { code, stderr } = await trace(args);
  assert.equal(code, 2);
  assert.match(stderr, message);
});

test("trace --wireshark without Wireshark says what else can be done", async () => {
  await using gateway = new FakeGateway();
  const args = ["--from", gateway.url, "--wireshark"];
  const { code, stderr } = await trace(args, { env: { PATH: "/nowhere" } });
  assert.equal(code, 1);
  assert.match(stderr, /install it.*--write.*--trace-port.*TCP@/);
});

Deno.test("trace --wireshark: a program of that name gets the packets and not the token", () =>
  inFolder(async (folder) => {
    const script =
      `#!/bin/sh\necho "$@" "[$EDGEWIRE_TOKEN]" >${folder}/args\nexec cat >${folder}/in\n`;
    await Deno.writeTextFile(`${folder}/wireshark`, script, { mode: 0o755 });
    await using gateway = new FakeGateway({ token: "hush" });
    const path = `${folder}:${Deno.env.get("PATH")}`;
    const env = { PATH: path, EDGEWIRE_TOKEN: "hush" };
    const child = startTrace(["--from", gateway.url, "--wireshark"], { env });
    await gateway.reader();
    const bytes = packet(writerBehindSection(), 1);
    gateway.send(bytes);
    await eventually("the packet", () => sizeOf(`${folder}/in`) > bytes.length);
    child.kill("SIGTERM");
    assert.equal((await ended(child)).code, 0);
    await eventually(
      "its end",
      async () => (await readCapture(await Deno.readFile(`${folder}/in`))).statistics.length === 2,
    );
    assert.equal(await Deno.readTextFile(`${folder}/args`), "-k -i - []\n");
  }));

testWith(["openssl"], "trace: https with --ca; without, what to do", async () => {
  const { ca, cert, key } = await makeCertificates();
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/ca.pem`, ca);
    await using gateway = new FakeGateway({ cert, key });
    const child = startTrace(["--recent", "--from", gateway.url, "--ca", `${folder}/ca.pem`]);
    await gateway.reader();
    gateway.send(packet(writerBehindSection(), 1));
    gateway.end();
    const { code, stdout, stderr } = await ended(child);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal((await readCapture(stdout)).frames.length, 1);
    const distrusted = await trace(["--from", gateway.url]);
    assert.equal(distrusted.code, 1);
    assert.match(distrusted.stderr, /certificate is not trusted: --ca FILE/);
  });
});
