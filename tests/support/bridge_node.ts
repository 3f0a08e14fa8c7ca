/**
 * A BLE bridge node as a process of its own, for tests that stop and kill it. It publishes a status
 * in a period and Ruuvi advertisements (HCI events) in batches, and obeys lines on its input:
 * `mute` and `unmute` (frames), `dumb` and `speak` (status), `silent I` and `loud I` (device I), `bye`.
 *
 * Nodes whose names begin with the same letter hear the same devices. Arguments: port, name, status period and keepalive (seconds), devices, batches per second.
 *
 * @module
 */
import mqtt from "mqtt";
import {
  encodeEnvelope,
  RadioFlag,
  RadioLink,
  type RadioRecord,
} from "../../traces/sensors/radio_envelope.ts";

/** LE Advertising Report with Ruuvi data format 5. */
const EVENT = Uint8Array.fromHex(
  "043e2b02010301f27a52fad4cd1f0201061bff990405138a5f61c4f0ffe4ffdc0414c5b6ec29b3f27a52fad4cdbc",
);
/** In the event: address (reversed), measurement sequence (big-endian). */
const ADDRESS_AT = 7;
const SEQUENCE_AT = 37;

const [port, name, period, keepalive, devices, rate] = Deno.args;
const topic = `edgewire/v1/${name}`;
const boot = crypto.getRandomValues(new Uint32Array(1))[0]!;
const count = Number(devices);
const quiet = new Set<number>();
let muted = false;
let dumb = false;
let batch = 0;

const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
  protocolVersion: 4,
  clientId: `bridge-${name}`,
  keepalive: Number(keepalive),
  reconnectPeriod: 300,
  will: {
    topic: `${topic}/status`,
    payload: new TextEncoder().encode('{"state":"offline"}') as never,
    qos: 1,
    retain: true,
  },
});

function sayStatus() {
  if (dumb || !client.connected) return;
  const status = { state: "online", boot, radios: ["ble"], period: Number(period) };
  client.publish(`${topic}/status`, JSON.stringify(status), { qos: 1, retain: true });
}

function frameOf(device: number): RadioRecord {
  const data = EVENT.slice();
  data[ADDRESS_AT] = device;
  data[ADDRESS_AT + 1] = name!.charCodeAt(0);
  new DataView(data.buffer).setUint16(SEQUENCE_AT, batch & 0xffff);
  return {
    linkType: RadioLink.HciH4,
    time: Date.now() * 1000,
    rssi: -60,
    channel: 37,
    flags: RadioFlag.UnixTime,
    lqi: 255,
    data,
    start: 0,
    end: data.length,
  };
}

function sendFrames() {
  if (muted || !client.connected) return;
  const records = [];
  for (let i = 0; i < count; i++) if (!quiet.has(i)) records.push(frameOf(i));
  if (records.length === 0) return;
  const envelope = encodeEnvelope({ boot, batch: batch++, dropped: 0 }, records);
  client.publish(`${topic}/radio`, envelope as never, { qos: 1 });
}

function obey(line: string) {
  const [word, which] = line.split(" ");
  if (word === "mute") muted = true;
  else if (word === "unmute") muted = false;
  else if (word === "dumb") dumb = true;
  else if (word === "speak") dumb = false;
  else if (word === "silent") quiet.add(Number(which));
  else if (word === "loud") quiet.delete(Number(which));
  else if (word === "bye") {
    // Nothing may come behind it.
    muted = dumb = true;
    client.publish(`${topic}/status`, '{"state":"offline"}', { qos: 1, retain: true }, () => {
      client.end();
      Deno.exit();
    });
  }
}

client.on("connect", () => {
  sayStatus();
  console.log("connected");
});
client.on("close", () => console.log("disconnected"));
client.on("error", () => {});
setInterval(sayStatus, Number(period) * 1000);
setInterval(sendFrames, 1000 / Number(rate));

let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  lines.forEach(obey);
}
Deno.exit();
