/**
 * A bridge node as a process of its own, to be killed: Ruuvi advertisements in radio envelopes with
 * QoS 1, every few of which it sends twice. After a reconnect it sends the newest of what is
 * acknowledged again, as if it had not heard of that in time, and what is not.
 * The measured temperature is the batch number, in 1/200 °C. Says which batches are acknowledged; at
 * SIGTERM it waits until all are.
 *
 * Arguments: port, number of this life (which is in the address of the device that it hears), batches
 * per second.
 *
 * @module
 */
import { encodeEnvelope } from "../../../traces/sensors/radio_envelope.ts";
import { record, RUUVI_EVENT } from "../radio.ts";
import { Resender } from "./resender.ts";

const TOPIC = "edgewire/v1/soak-node/radio";

const [port, life, rate] = Deno.args.map(Number) as [number, number, number];
const EVENT = Uint8Array.fromHex(RUUVI_EVENT);
/** In the event: address (reversed), temperature and measurement sequence (big-endian). */
const ADDRESS_AT = 7;
const TEMPERATURE_AT = 22;
const SEQUENCE_AT = 37;
/** Every so many batches one is sent twice. */
const TWICE = 7;
/** So many acknowledged ones are sent again after a reconnect. */
const SENT_AGAIN = 4;
/** What waits in its memory; of more it hears nothing. */
const MOST_UNACKNOWLEDGED = 200;
/** As the temperature goes. */
const MOST_BATCHES = 32_000;

const boot = crypto.getRandomValues(new Uint32Array(1))[0]!;
let batch = 0;
let ending = false;
let news: number[] = [];

/** The newest that are acknowledged. */
const newest: Uint8Array[] = [];

const client = new Resender(port, "soak-node", () => {
  for (const bytes of newest) client.publish(TOPIC, bytes, () => {});
});

function envelope(number: number): Uint8Array {
  const event = EVENT.slice();
  event[ADDRESS_AT] = life;
  const view = new DataView(event.buffer);
  view.setInt16(TEMPERATURE_AT, number);
  view.setUint16(SEQUENCE_AT, number);
  return encodeEnvelope({ boot, batch: number, dropped: 0 }, [record(event)]);
}

function send() {
  if (ending || client.open >= MOST_UNACKNOWLEDGED || batch >= MOST_BATCHES) return;
  const number = batch++;
  const bytes = envelope(number);
  client.publish(TOPIC, bytes, () => {
    news.push(number);
    if (newest.push(bytes) > SENT_AGAIN) newest.shift();
  });
  if (number % TWICE === 0) client.publish(TOPIC, bytes, () => {});
}

setInterval(() => {
  send();
  if (news.length > 0) console.log(`acknowledged ${news.join(" ")}`);
  news = [];
  if (!ending || client.open > 0) return;
  console.log(`done ${batch}`);
  Deno.exit();
}, 1000 / rate);
Deno.addSignalListener("SIGTERM", () => ending = true);
