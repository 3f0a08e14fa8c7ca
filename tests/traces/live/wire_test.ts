/**
 * `edgewire trace --wire` with the real dumpcap on loopback. Skipped where capturing is not
 * permitted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { makeCertificates } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { TestProcess } from "../../support/process.ts";
import { sideBySide } from "../../support/side_by_side.ts";
import { testOnWire } from "../../support/tools.ts";
import { captureFilter, isThisMachine, portsOf } from "../../../traces/live/wire_capture.ts";
import { FakeGateway, newSection, packet } from "./fake_gateway.ts";
import { readCapture } from "./read_capture.ts";
import { ended, startTrace, trace } from "./trace_process.ts";

const { test } = sideBySide();

function testInFolder(name: string, fn: (folder: string) => Promise<void>) {
  const inFolder = async () => {
    const folder = await Deno.makeTempDir({ prefix: "edgewire-wire-" });
    try {
      await fn(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
  testOnWire(["tshark", "openssl"], name, inFolder, test);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function tshark(args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("tshark", { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("wire: ports and filter", () => {
  const answer = {
    http: { port: 8443, tls: true },
    mqtt: [{ port: 1883 }, { port: 8883, tls: true }, { port: 1883 }, {}],
    broker: "mqtts://broker.lan",
  };
  assert.deepEqual(portsOf(answer), [8443, 1883, 8883]);
  assert.deepEqual(portsOf({ broker: "mqtt://10.0.0.1:1999" }), [1999]);
  assert.deepEqual(portsOf({ http: { port: 0 } }), []);
  assert.equal(captureFilter([80, 1883], undefined), "tcp port 80 or tcp port 1883");
  assert.equal(captureFilter([80, 81], 5), "(tcp port 80 or tcp port 81) and not tcp port 5");
});

Deno.test("wire: which host is this machine", async () => {
  for (const host of ["localhost", "127.0.0.1", "[::1]", "127.9.9.9"]) {
    assert.ok(await isThisMachine(host), host);
  }
  for (const { address, family } of Deno.networkInterfaces()) {
    if (family === "IPv4") assert.ok(await isThisMachine(address), address);
  }
  assert.ok(!await isThisMachine("192.0.2.1"));
});

testInFolder("wire: packets of both, in order; not those of the trace itself", async (folder) => {
  const file = `${folder}/out.pcapng`;
  await using gateway = new FakeGateway();
  const child = startTrace(["--from", gateway.url, "--wire", "--write", file]);
  await gateway.reader();
  await eventually("the file", () => exists(file));
  const writer = newSection();
  writer.take();
  let n = 0;
  // The recorder's packets come some time after what they tell of.
  const timer = setInterval(() => gateway.send(packet(writer, ++n, Date.now() - 120)), 10);
  try {
    await eventually("a request on the wire", async () => {
      await (await fetch(`${gateway.url}/hello`)).text();
      const read = await readCapture(await Deno.readFile(file));
      return read.frames.filter(({ interface: name }) => name.startsWith("wire:")).length > 20;
    });
  } finally {
    clearInterval(timer);
  }
  child.kill("SIGINT");
  const { code, stderr } = await ended(child);
  assert.equal(code, 0, stderr);
  assert.ok(!stderr.includes("without the wire"), stderr);
  const read = await readCapture(await Deno.readFile(file));
  assert.deepEqual([read.end, read.sections], ["complete", 1]);
  assert.match(read.interfaces[2]!, /^wire:(?:any|lo)$/);
  assert.deepEqual(read.interfaces.slice(0, 2), ["room", "mqtt"]);
  const wire = read.frames.filter(({ interface: name }) => name.startsWith("wire:"));
  assert.ok(wire.every(({ comments }) => comments.length === 0));
  assert.ok(read.frames.length - wire.length > 20);
  const unordered = (frames: typeof wire) =>
    frames.filter(({ time }, i) => i > 0 && time < frames[i - 1]!.time).length;
  for (const name of read.interfaces) {
    assert.equal(unordered(read.frames.filter((frame) => frame.interface === name)), 0, name);
  }
  // Of both together one that a busy machine hands on too late may stand behind.
  assert.ok(unordered(read.frames) <= 2, `${unordered(read.frames)} of ${read.frames.length}`);
  assert.deepEqual(read.statistics.map(([name, received]) => [name, received]), [
    ["room", BigInt(read.frames.length - wire.length)],
    ["mqtt", 0n],
    [read.interfaces[2], BigInt(wire.length)],
  ]);
  const uris = await tshark(["-n", "-r", file, "-T", "fields", "-e", "http.request.uri"]);
  assert.match(uris, /\/hello/);
  assert.ok(!uris.includes("/traces/live.pcapng"));
  assert.ok(!new TextDecoder().decode(wire[0]!.data).includes("Ab12Cd"));
});

/** A gateway with TLS in a process of its own, since the key log is chosen by its environment. */
const TLS_GATEWAY = `
import { FakeGateway } from "${new URL("fake_gateway.ts", import.meta.url)}";
const gateway = new FakeGateway({
  cert: Deno.readTextFileSync("cert.pem"),
  key: Deno.readTextFileSync("key.pem"),
  traces: (port) => ({ http: { port, tls: true } }),
});
console.log("port " + gateway.port);
`;

testInFolder("wire: TLS of the gateway is decrypted with its key log", async (folder) => {
  const { ca, cert, key } = await makeCertificates();
  for (const [name, text] of Object.entries({ ca, cert, key })) {
    await Deno.writeTextFile(`${folder}/${name}.pem`, text);
  }
  await Deno.writeTextFile(`${folder}/gateway.ts`, TLS_GATEWAY);
  const keyLog = `${folder}/keys`;
  await using gateway = new TestProcess(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-net", "--allow-read", "gateway.ts"],
    cwd: folder,
    env: { SSLKEYLOGFILE: keyLog },
  });
  const [, port] = await gateway.waitForLine(/^port (\d+)/);
  const url = `https://127.0.0.1:${port}`;
  const file = `${folder}/out.pcapng`;
  const args = ["--from", url, "--ca", `${folder}/ca.pem`, "--write", file];
  const child = startTrace([...args, "--wire", "--keylog", keyLog]);
  const decrypted = ["-n", "-r", file, "-Y", "tls && http", "-T", "fields"];
  await eventually("decrypted HTTP in the file", async () => {
    // A connection of its own: one that was open before has shown its handshake to nobody.
    using client = Deno.createHttpClient({ caCerts: [ca], http2: false });
    await (await fetch(`${url}/hello`, { client })).text();
    const lines = await tshark([...decrypted, "-e", "http.request.uri", "-e", "http.file_data"]);
    return lines.includes("/hello") && lines.includes("hello over the wire");
  });
  child.kill("SIGTERM");
  assert.equal((await ended(child)).code, 0);
  const read = await readCapture(await Deno.readFile(file));
  assert.equal(read.end, "complete");
  assert.ok(read.secrets.length > 0);
  assert.match(read.secrets[0]![0], /^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]+\n/);
  const warned = await trace([...args, "--wire", "--seconds", "1"]);
  assert.match(warned.stderr, /TLS stays encrypted.*SSLKEYLOGFILE.*--keylog/);
});

test("wire: without the programs it goes on and says what is missing", async () => {
  await using gateway = new FakeGateway();
  // Programs that are not allowed are as programs that are not there.
  const folder = await Deno.makeTempDir();
  try {
    for (const tool of ["dumpcap", "tcpdump"]) {
      const script =
        `#!/bin/sh\necho "${tool}: You don't have permission to capture" >&2\nexit 1\n`;
      await Deno.writeTextFile(`${folder}/${tool}`, script, { mode: 0o755 });
    }
    const args = ["--from", gateway.url, "--wire", "--seconds", "1"];
    const [{ code, stdout, stderr }, none] = await Promise.all([
      trace(args, { env: { PATH: `${folder}:${Deno.env.get("PATH")}` } }),
      trace(args, { env: { PATH: "/nowhere" } }),
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /without the wire: dumpcap: You don't have permission.*usermod/);
    assert.equal((await readCapture(stdout)).end, "complete");
    assert.equal(none.code, 0);
    assert.match(
      none.stderr,
      /without the wire: neither dumpcap nor tcpdump could be started: install one/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
