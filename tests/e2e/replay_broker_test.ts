/** `edgewire replay` against brokers that do not answer, are none, or know its nodes already. */
import assert from "node:assert/strict";
import type { Packet } from "mqtt-packet";
import { RadioLink } from "../../traces/sensors/radio_envelope.ts";
import { eventually } from "../support/eventually.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MuteBroker } from "../support/mute_broker.ts";
import { advertisingReport } from "../support/radio.ts";
import { replay, replayHere, startReplay } from "../support/replayed.ts";
import { sharedGateway } from "../support/shared_gateway.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { CaptureFile, Connection } from "../traces/replay/capture.ts";

const { test, testWith } = sideBySide();

/** For tests with nodes of their own. */
const shared = sharedGateway();

/** Where a node says that it is there. */
const statusOf = (node: string) => `edgewire/v1/${node}/status`;
const ONLINE = '{"state":"online","radios":["ble"]}';
/** "At once", on a busy machine, ms. */
const AT_ONCE_MS = 4000;

/** A capture in a file that is removed at the end. */
class TemporaryCapture implements Disposable {
  readonly path = Deno.makeTempFileSync({ prefix: "edgewire-test-", suffix: ".pcapng" });

  constructor(fill: (file: CaptureFile) => void) {
    const file = new CaptureFile();
    fill(file);
    Deno.writeFileSync(this.path, file.take());
  }

  [Symbol.dispose]() {
    Deno.removeSync(this.path);
  }
}

/** More messages than may wait for acknowledgements, of a QoS, and a radio frame. */
function messages(qos: 0 | 1): TemporaryCapture {
  return new TemporaryCapture((file) => {
    const radio = file.interface(RadioLink.HciH4, "hci0");
    const desk = new Connection(file, 10);
    for (let n = 1; n <= 100; n++) {
      desk.publish("devices/desk/n", String(n), qos === 0 ? {} : { qos, messageId: n });
    }
    if (qos === 1) file.packet(advertisingReport("5448E68F80A5", "020106"), radio);
  });
}

const STAGES: [name: string, connack: boolean, cmd: Packet["cmd"]][] = [
  ["connects", false, "connect"],
  ["asks for the nodes that are there", true, "subscribe"],
  ["waits for acknowledgements", true, "publish"],
];

for (const [name, connack, cmd] of STAGES) {
  test(`SIGINT while it ${name}: exit code 130 at once`, async () => {
    using capture = messages(1);
    using broker = new MuteBroker({ connack });
    await using process = startReplay([capture.path, "--to", broker.url, "--speed", "max"]);
    await eventually(cmd, () => broker.has(cmd));
    const begun = performance.now();
    process.kill("SIGINT");
    assert.equal((await process.status).code, 130, process.output);
    assert.ok(performance.now() - begun < AT_ONCE_MS, process.output);
    assert.match(process.output, /interrupted after \d+\.\d+ s of 0\.1\d\d s: published to /);
  });
}

test("a broker that does not answer a subscription is published to", async () => {
  using capture = messages(0);
  using broker = new MuteBroker({ connack: true });
  const { code, output } = await replay(capture.path, "--to", broker.url, "--speed", "max");
  assert.equal(code, 0, output);
  const published = broker.packets.filter(({ cmd }) => cmd === "publish");
  assert.equal(published.length, 100, output);
});

test("the HTTP port of a gateway taken for a broker", async () => {
  const gateway = await shared();
  using capture = messages(0);
  const http = await replay(capture.path, "--to", `127.0.0.1:${gateway.url.port}`);
  assert.equal(http.code, 1, http.output);
  assert.match(http.output, /no MQTT broker: a gateway's address is written http:\/\/HOST:PORT/);
});

test("a node that a replay left online is said to be offline; the next replay knows it", async () => {
  const status = statusOf("van");
  using capture = new TemporaryCapture((file) => {
    new Connection(file, 10).publish(status, ONLINE, { retain: true });
    new Connection(file, 11).publish("edgewire/v1/van/radio", "no envelope");
  });
  const gateway = await shared();
  const to = ["--to", `mqtt://127.0.0.1:${gateway.mqttPort}`];
  const first = await replayHere(capture.path, ...to);
  assert.equal(first.code, 0, first.output);
  assert.doesNotMatch(first.output, /knows nodes of this capture/);
  await using watcher = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await watcher.subscribe(status);
  await eventually("the retained status", () => watcher.received[0]);
  assert.deepEqual(watcher.received[0], {
    topic: status,
    text: '{"state":"offline"}',
    retain: true,
  });
  const second = await replayHere(capture.path, ...to);
  assert.equal(second.code, 0, second.output);
  assert.doesNotMatch(second.output, /is online there/);
  assert.match(second.output, /knows nodes of this capture.*makes no updates again/);
});

test("a node that was online there before the replay stays so", async () => {
  const status = statusOf("truck");
  using capture = new TemporaryCapture((file) => {
    new Connection(file, 10).publish(status, ONLINE, { retain: true });
  });
  const gateway = await shared();
  const to = `mqtt://127.0.0.1:${gateway.mqttPort}`;
  await using truck = await MqttPeer.connect(to);
  await truck.publish(status, ONLINE, { retain: true });
  const { code, output } = await replayHere(capture.path, "--to", to);
  assert.equal(code, 0, output);
  await truck.subscribe(status);
  await eventually("the retained status", () => truck.received[0]);
  assert.equal(truck.received[0]!.text, ONLINE);
});

testWith(["mosquitto"], "a broker that can't be told times: what that means is said", async () => {
  await using broker = await Mosquitto.start();
  using capture = new TemporaryCapture((file) => {
    const bridge = new Connection(file, 10);
    const said = JSON.stringify({ id: "54:48:E6:8F:80:A5", rssi: -60, tempc: 21 });
    for (let n = 0; n < 2; n++) bridge.publish("home/OpenMQTTGateway/BTtoMQTT/5448E68F80A5", said);
    bridge.publish("devices/desk/n", "1");
  });
  const to = ["--to", broker.url];
  const fast = await replayHere(capture.path, ...to, "--speed", "max");
  assert.equal(fast.code, 0, fast.output);
  assert.match(fast.output, /updates will have the times at which they are made/);
  assert.match(fast.output, /2 messages of other gateways .*use --speed 1/);
  const first = await replayHere(capture.path, ...to);
  assert.equal(first.code, 0, first.output);
  assert.doesNotMatch(first.output, /other gateways|have the times/);

  const gateway = await shared();
  const told = await replayHere(
    capture.path,
    "--to",
    `mqtt://127.0.0.1:${gateway.mqttPort}`,
    "--speed",
    "max",
  );
  assert.equal(told.code, 0, told.output);
  assert.doesNotMatch(told.output, /other gateways|have the times/);
});

test("--list says how long it takes at the speed given", async () => {
  using capture = new TemporaryCapture((file) => {
    const desk = new Connection(file, 10);
    desk.publish("devices/desk/n", "1");
    file.time += 9999;
    desk.publish("devices/desk/n", "2");
  });
  const { output } = await replayHere(capture.path, "--list", "--speed", "10");
  assert.match(output, /would be published in 1\.000 s: 2 MQTT messages/);
});
