/** What is replayed of a gateway's own trace, by the comments on its packets. */
import assert from "node:assert/strict";
import { LeftOut } from "../../../traces/replay/left_out.ts";
import { RadioEnvelope, RadioLink } from "../../../traces/sensors/radio_envelope.ts";
import { advertisingReport, RadioSource, record } from "../../support/radio.ts";
import { TcpTalk } from "../support/tcp_talk.ts";
import { BROKER, CaptureFile, planOf, publish, said, UPPER_PDU_LINK, upperPdu } from "./capture.ts";

const DATA = "0201061bff990405138a5f61c4f0ffe4ffdc0414c5b6ec29b3f27a52fad4cdbc";
const FRAME = advertisingReport("CDD4FA527AF2", DATA);

function talk(): TcpTalk {
  return new TcpTalk({
    client: [192, 0, 2, 10],
    server: BROKER,
    clientPort: 50_010,
    serverPort: 1883,
  });
}

Deno.test("exactly the PUBLISHes that the gateway took in", async () => {
  const file = new CaptureFile();
  const mqtt = file.interface(1, "mqtt");
  const pdus = file.interface(UPPER_PDU_LINK, "mqtt-pdu");
  const tcp = talk();
  file.packets(tcp.open(), mqtt, "edgewire hop=mqtt synthetic=handshake");
  const one = publish("lab/n", "1");
  const taken = "edgewire id=Ab12Cd-1 hop=mqtt dir=in channel=lab seq=1";
  file.packet(tcp.send(0, one), mqtt, ["seen in the lab", taken]);
  file.packet(upperPdu(one, 10), pdus, taken);
  // The same once more, with an id of its own; one that was refused; what the gateway sends.
  file.packet(tcp.send(0, one), mqtt, "edgewire id=Ab12Cd-2 hop=mqtt dir=in channel=lab seq=2");
  file.packet(tcp.send(0, publish("lab/secret", "2")), mqtt, "edgewire hop=mqtt dir=in");
  const out = publish("lab/n", "3");
  file.packet(tcp.send(1, out), mqtt, "edgewire id=Ab12Cd-3 hop=mqtt dir=out channel=lab seq=3");
  const { messages, leftOut } = await planOf(file.take());
  assert.deepEqual(said(messages), ["lab/n 1", "lab/n 1"]);
  assert.deepEqual([...leftOut], [[LeftOut.Copy, 1], [LeftOut.NotTaken, 2]]);
});

Deno.test("a PUBLISH in several packets, whichever of them has the id", async () => {
  for (const commented of [0, 1]) {
    const file = new CaptureFile();
    const mqtt = file.interface(1, "mqtt");
    const tcp = talk();
    file.packets(tcp.open(), mqtt, "edgewire hop=mqtt synthetic=handshake");
    const whole = publish("lab/n", "a long text");
    [whole.subarray(0, 9), whole.subarray(9)].forEach((part, i) => {
      const id = i === commented ? " id=Ab12Cd-1" : "";
      file.packet(tcp.send(0, part), mqtt, `edgewire${id} hop=mqtt dir=in`);
    });
    const { messages } = await planOf(file.take());
    assert.deepEqual(said(messages), ["lab/n a long text"]);
  }
});

Deno.test("radio frames only where their envelope is not in the file", async () => {
  const file = new CaptureFile();
  const radio = file.interface(RadioLink.HciH4, "radio:attic");
  const mqtt = file.interface(1, "mqtt");
  const tcp = talk();
  const attic = new RadioSource("attic");
  const envelope = attic.envelope(record(FRAME), record(FRAME));
  file.packets(tcp.open(), mqtt, "edgewire hop=mqtt synthetic=handshake");
  for (const i of [0, 1]) file.packet(FRAME, radio, `edgewire id=Ab12Cd-1.${i} hop=radio dir=in`);
  file.packet(
    tcp.send(0, publish(attic.topic, envelope)),
    mqtt,
    "edgewire id=Ab12Cd-1 hop=mqtt dir=in",
  );
  file.packet(FRAME, radio, "edgewire id=Ab12Cd-2.0 hop=radio dir=in channel=CDD4FA527AF2 seq=1");
  const { messages, leftOut, survey } = await planOf(file.take());
  assert.deepEqual(messages.map(({ kind }) => kind), ["clock", "publish", "clock", "frames"]);
  assert.deepEqual([...leftOut], [[LeftOut.Carried, 2]]);
  assert.deepEqual(survey.played.map(({ name, radios }) => [name, ...radios]), [["attic", "ble"]]);
  const last = messages.at(-1)!;
  assert.equal(last.topic, "edgewire/v1/attic/radio");
  assert.equal(last.radioFrames, 1);
  const read = new RadioEnvelope();
  assert.ok(read.open(last.payload) && read.next());
  assert.deepEqual(read.record.data.slice(read.record.start, read.record.end), FRAME);
});

Deno.test("radio frames that had waited in their node keep the time at which they were heard", async () => {
  const file = new CaptureFile();
  const radio = file.interface(RadioLink.HciH4, "radio:attic");
  file.packet(FRAME, radio, "edgewire id=Ab12Cd-1.0 hop=radio dir=in");
  file.time = 2000;
  file.packet(FRAME, radio, "edgewire id=Ab12Cd-2.0 hop=radio dir=in node=attic late_us=1500000");
  file.packet(FRAME, radio, "edgewire id=Ab12Cd-2.1 hop=radio dir=in");
  const { messages } = await planOf(file.take());
  const read = new RadioEnvelope();
  const times = messages.filter(({ kind }) => kind === "frames").flatMap(({ payload }) => {
    const times = [];
    read.open(payload);
    while (read.next()) times.push(read.record.time);
    return times;
  });
  assert.deepEqual(times.map((time) => time - times[0]!), [0, 500_000, 2_001_000]);
});

Deno.test("a node whose envelopes are all in the file is not played", async () => {
  const file = new CaptureFile();
  const radio = file.interface(RadioLink.HciH4, "radio:attic");
  const mqtt = file.interface(1, "mqtt");
  const tcp = talk();
  const attic = new RadioSource("attic");
  file.packets(tcp.open(), mqtt, "edgewire hop=mqtt synthetic=handshake");
  file.packet(FRAME, radio, "edgewire id=Ab12Cd-1.0 hop=radio dir=in");
  const envelope = publish(attic.topic, attic.envelope(record(FRAME)));
  file.packet(tcp.send(0, envelope), mqtt, "edgewire id=Ab12Cd-1 hop=mqtt dir=in");
  const { survey } = await planOf(file.take());
  assert.deepEqual(survey.played, []);
  assert.deepEqual([...survey.nodes], ["attic"]);
});
