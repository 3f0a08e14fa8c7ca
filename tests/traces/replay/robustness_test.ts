/** Damaged captures: what can be replayed is, and nothing throws. */
import assert from "node:assert/strict";
import { encodeEnvelope } from "../../../traces/sensors/radio_envelope.ts";
import { advertisingReport, record } from "../../support/radio.ts";
import { Random } from "../support/random.ts";
import { CaptureFile, Connection, planOf } from "./capture.ts";

const SAMPLES = new URL("../../../traces/samples/", import.meta.url);
const NAMES = [
  "ble-nordic-v3.pcap",
  "ble-radio-header.pcap",
  "hci-monitor.pcap",
  "mosquitto-mqttjs-mqtt5-ws.pcapng",
  "upper-pdu-mqtt.pcap",
  "wpan-tap.pcap",
];

/** One with envelopes and a will. */
function ownCapture(): Uint8Array {
  const file = new CaptureFile();
  const will = { topic: "lab/state", payload: "gone", qos: 1, retain: true };
  const node = new Connection(file, 10, { will });
  const frames = [1, 2, 3].map(() => record(advertisingReport("5448E68F80A5", "020106")));
  const envelope = encodeEnvelope({ boot: 7, batch: 0, dropped: 0 }, frames);
  node.publish("edgewire/v1/attic/status", '{"state":"online","boot":7}');
  node.publish("edgewire/v1/attic/radio", envelope);
  node.breaks();
  return file.take();
}

const captures = [ownCapture(), ...NAMES.map((name) => Deno.readFileSync(new URL(name, SAMPLES)))];

Deno.test("captures cut anywhere", async () => {
  for (const capture of captures) {
    const whole = (await planOf(capture)).messages.length;
    assert.ok(whole > 0);
    for (let length = 0; length < capture.length; length += 61) {
      const { messages } = await planOf(capture.slice(0, length));
      assert.ok(messages.length <= whole);
    }
  }
});

Deno.test("captures with wrong bytes", async () => {
  const random = new Random(20);
  for (const capture of captures) {
    for (let round = 0; round < 60; round++) {
      const damaged = capture.slice();
      for (let i = 0; i < 8; i++) damaged[random.below(damaged.length)] = random.below(256);
      const { messages } = await planOf(damaged, { speed: Infinity });
      for (const { topic, time } of messages) {
        assert.ok(topic !== "" && Number.isFinite(time));
      }
    }
  }
});
