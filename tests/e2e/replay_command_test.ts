/** `edgewire replay` as a command: what it says, exit codes, where it publishes, how it ends. */
import assert from "node:assert/strict";
import { RadioLink } from "../../traces/sensors/radio_envelope.ts";
import { makeCertificates } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { advertisingReport } from "../support/radio.ts";
import { replay, replayHere, startReplay, updatesOf, valuesOf } from "../support/replayed.ts";
import { CaptureFile, Connection } from "../traces/replay/capture.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { test, testWith } = sideBySide(2);

const SAMPLES = new URL("../../traces/samples/", import.meta.url).pathname;
const WILL_SAMPLE = `${SAMPLES}mosquitto-will.pcapng`;
const LOGIN = ["--no-access-open-loopback"];
/** A port on which nobody listens. */
const NOBODY = "mqtt://127.0.0.1:1";

/** A capture of 20 s: a message and a radio frame each 100 ms. Removed at the end. */
class LongCapture implements Disposable {
  readonly path = Deno.makeTempFileSync({ prefix: "edgewire-test-", suffix: ".pcapng" });

  constructor() {
    const file = new CaptureFile();
    const radio = file.interface(RadioLink.HciH4, "hci0");
    const sensor = new Connection(file, 10);
    for (let n = 0; n < 200; n++) {
      file.time = 100 + n * 100;
      sensor.publish("devices/desk/n", String(n), { qos: 1, messageId: 1 + n });
      file.packet(advertisingReport("5448E68F80A5", Uint8Array.of(2, 1, n)), radio);
    }
    Deno.writeFileSync(this.path, file.take());
  }

  [Symbol.dispose]() {
    Deno.removeSync(this.path);
  }
}

function mqttOf({ mqttPort }: GatewayProcess): string {
  return `mqtt://127.0.0.1:${mqttPort}`;
}

test("wrong usage and unreadable files: exit code 2, and what to do", async () => {
  const cases: [string[], RegExp][] = [
    [[], /name the capture file/],
    [["-"], /read twice/],
    [["a", "b"], /"b" is one too many/],
    [[WILL_SAMPLE, "--sped", "2"], /unknown option --sped/],
    [[WILL_SAMPLE, "--speed", "fast"], /"fast" is neither max nor a number/],
    [[WILL_SAMPLE, "--to", "localhost"], /write mqtt:\/\/HOST:PORT/],
    [[WILL_SAMPLE, "--node", "a/b"], /one level of a topic/],
    [[WILL_SAMPLE, "--keylog", "/nonexistent"], /--keylog: .nonexistent can't be read/],
    [["/nonexistent.pcap"], /can't be read/],
    [[`${SAMPLES}README.md`], /not a pcap or pcapng file/],
  ];
  for (const [args, message] of cases) {
    const { code, output } = await replayHere(...args);
    assert.equal(code, 2, output);
    assert.match(output, message);
  }
  // What may be read is no less in a process.
  const [args, message] = cases.at(-1)!;
  const { code, output } = await replay(...args);
  assert.equal(code, 2, output);
  assert.match(output, message);
});

test("--help and --list need no broker", async () => {
  const help = await replayHere("--help");
  assert.equal(help.code, 0);
  assert.match(help.output, /masked/);
  const list = await replayHere(WILL_SAMPLE, "--list", "--to", NOBODY);
  assert.equal(list.code, 0, list.output);
  assert.match(list.output, /0\.000 s +frame 17 +QoS 1 retained +4 bytes +devices\/lamp-1\/status/);
  assert.match(list.output, /would be published in 0\.000 s: 1 last will/);
  assert.match(list.output, /left out: copies of a message that is replayed already: 1$/m);
});

test("no broker: exit code 1", async () => {
  const { code, output } = await replayHere(WILL_SAMPLE, "--to", NOBODY);
  assert.equal(code, 1, output);
  assert.match(output, /cannot connect to mqtt:\/\/127\.0\.0\.1:1: .*refused/i);
});

test("a file that is cut short: what came before is published, exit code 3", async () => {
  await using gateway = await GatewayProcess.start();
  const { code, output } = await replayHere(`${SAMPLES}file-cut.pcap`, "--to", mqttOf(gateway));
  assert.equal(code, 3, output);
  assert.match(output, /ends 52 bytes into a record/);
  const topic = "devices/sensor-7/temperature";
  assert.deepEqual(valuesOf(await updatesOf(gateway)), { "sensor-7": [`${topic} {"value":5}`] });
});

test("a broker that is lost: exit code 1, and how far it came", async () => {
  using capture = new LongCapture();
  await using gateway = await GatewayProcess.start();
  await using process = startReplay([capture.path, "--to", mqttOf(gateway)]);
  await eventually("updates", async () => (await updatesOf(gateway)).get("desk")?.[4]);
  gateway.process.kill("SIGKILL");
  const { code } = await process.status;
  assert.equal(code, 1, process.output);
  assert.match(process.output, /is lost: .*published so far: \d+ MQTT messages.* of 19\.9\d\d s\)/);
});

test("SIGINT: its node says goodbye and is forgotten; exit code 130", async () => {
  using capture = new LongCapture();
  await using gateway = await GatewayProcess.start();
  await using watcher = await MqttPeer.connect(mqttOf(gateway));
  await watcher.subscribe("edgewire/v1/+/status");
  await using process = startReplay([capture.path, "--to", mqttOf(gateway), "--node", "van"]);
  await eventually("updates", async () => (await updatesOf(gateway)).get("desk")?.[1]);
  process.kill("SIGINT");
  const { code } = await process.status;
  assert.equal(code, 130, process.output);
  assert.match(process.output, /interrupted after \d\.\d+ s of 19\.9\d\d s: published to /);
  const states = watcher.received.map(({ topic, text }) =>
    `${topic} ${text === "" ? "removed" : JSON.parse(text).state}`
  );
  const topic = "edgewire/v1/van/status";
  assert.deepEqual(states, [`${topic} online`, `${topic} offline`, `${topic} removed`]);
  const { boot, radios } = JSON.parse(watcher.received[0]!.text);
  assert.deepEqual(radios, ["ble"]);
  assert.ok(Number.isInteger(boot));
});

test("a node that is there already is named, and keeps its status", async () => {
  await using gateway = await GatewayProcess.start();
  await using attic = await MqttPeer.connect(mqttOf(gateway));
  await attic.publish("edgewire/v1/attic/status", { state: "online" }, { retain: true });
  const sample = `${SAMPLES}hci-sensors.pcap`;
  const { code, output } = await replayHere(sample, "--to", mqttOf(gateway), "--node", "attic");
  assert.equal(code, 0, output);
  assert.match(output, /node "attic" is online there/);
  const { nodes } = await gateway.json("/api/nodes") as { nodes: { name: string }[] };
  assert.deepEqual(nodes.map(({ name }) => name), ["attic"]);
});

test("access tokens: by option and environment, over MQTT and a gateway's address", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "edgewire-test-" });
  try {
    await using gateway = await GatewayProcess.start({ args: LOGIN, dataDir });
    const { admin } = JSON.parse(await Deno.readTextFile(`${dataDir}/tokens.json`));
    const refused = await replayHere(WILL_SAMPLE, "--to", mqttOf(gateway));
    assert.equal(refused.code, 1, refused.output);
    assert.match(refused.output, /cannot connect to .*(?:not authorized|bad user).*tokens\.json/i);
    const web = await replayHere(WILL_SAMPLE, "--to", gateway.url.href);
    assert.equal(web.code, 1, web.output);
    assert.match(web.output, /cannot connect to ws:.*tokens\.json/);
    for (const to of [mqttOf(gateway), gateway.url.href]) {
      const { code, output } = await replayHere(WILL_SAMPLE, "--to", to, "--token", admin);
      assert.equal(code, 0, output);
      assert.ok(!output.includes(admin), "the token is not shown");
    }
    const args = [WILL_SAMPLE, "--to", gateway.url.href];
    await using process = startReplay(args, { EDGEWIRE_TOKEN: admin });
    assert.equal((await process.status).code, 0, process.output);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

testWith(["openssl"], "over TLS, with the authority's certificate", async () => {
  const dir = await Deno.makeTempDir({ prefix: "edgewire-test-" });
  try {
    const certificates = await makeCertificates();
    for (const [name, text] of Object.entries(certificates)) {
      await Deno.writeTextFile(`${dir}/${name}.pem`, text);
    }
    await using gateway = await GatewayProcess.start({
      args: ["--cert", `${dir}/cert.pem`, "--key", `${dir}/key.pem`, "--mqtts-port", "0"],
    });
    const to = `mqtts://localhost:${gateway.mqttsPort}`;
    const { code, output } = await replay(WILL_SAMPLE, "--to", to, "--ca", `${dir}/ca.pem`);
    assert.equal(code, 0, output);
    const address = gateway.url.href.replace("127.0.0.1", "localhost");
    const web = await replayHere(WILL_SAMPLE, "--to", address, "--ca", `${dir}/ca.pem`);
    assert.equal(web.code, 0, web.output);
    const unknown = await replayHere(WILL_SAMPLE, "--to", to);
    assert.equal(unknown.code, 1, unknown.output);
    assert.match(unknown.output, /certificate|issuer/i);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
