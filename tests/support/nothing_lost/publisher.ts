/**
 * A publisher as a process of its own, to be killed: QoS 1, each message with its own number as value,
 * sent again with the same number after a reconnect. Says how far all is acknowledged; at SIGTERM it
 * waits until that is all of it.
 *
 * Arguments: port, first number, messages per second, channels.
 *
 * @module
 */
import { Resender } from "./resender.ts";

const [port, first, rate, channels] = Deno.args.map(Number) as [number, number, number, number];
const TICK_MS = 10;
/** Without acknowledgement, at most. */
const MOST_UNACKNOWLEDGED = 4000;

let next = first;
/** All up to this one are acknowledged. */
let acknowledged = first - 1;
let said = acknowledged;
/** Those that are, behind one that is not. */
const early = new Set<number>();
let ending = false;

const client = new Resender(port, "soak-publisher");

function publish(number: number) {
  client.publish(`c${number % channels}/n`, String(number), () => {
    early.add(number);
    while (early.delete(acknowledged + 1)) acknowledged++;
  });
}

const begun = performance.now();
setInterval(() => {
  const due = first + (performance.now() - begun) / 1000 * rate;
  while (!ending && next < due && next - acknowledged <= MOST_UNACKNOWLEDGED) publish(next++);
  if (said !== acknowledged) console.log(`acknowledged ${said = acknowledged}`);
  if (!ending || acknowledged < next - 1) return;
  console.log(`done ${acknowledged}`);
  Deno.exit();
}, TICK_MS);
Deno.addSignalListener("SIGTERM", () => ending = true);
