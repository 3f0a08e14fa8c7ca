/**
 * `edgewire verify` in tests: the command, and messages with numbers to find damage in.
 *
 * @module
 */
import { encodeEnvelope, type Stamp, userProperties } from "../../gateway/uplink/stamp.ts";
import type { MqttPeer } from "./mqtt_peer.ts";
import { TestProcess } from "./process.ts";

const ROOT = new URL("../../", import.meta.url);

/** Words that Deno gets before those of `edgewire verify`, as the task has them. */
function verifyCommand(): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  return tasks.verify.command.split(/\s+/).slice(1);
}

/** Starts it. */
export function startVerify(args: string[]): TestProcess {
  return new TestProcess(Deno.execPath(), {
    args: [...verifyCommand(), ...args],
    cwd: ROOT.pathname,
  });
}

/** What it said of one channel. */
export interface VerifiedLog {
  seen: string;
  numbering: string;
  epoch: string;
  channel: string;
  messages: number;
  first: number;
  last: number;
  missing: number;
  gaps: { from: number; to: number; count: number; reason?: string }[];
  duplicates: number;
  resent: number;
  reordered: number;
  reorderings: { from: number; to: number; after: number }[];
}

export interface Verified {
  code: number;
  /** All that it wrote. */
  output: string;
}

/** Runs it to its end. */
export async function verify(...args: string[]): Promise<Verified> {
  await using process = startVerify(args);
  return await verifiedBy(process);
}

/** What a started one said, when it has ended. */
export async function verifiedBy(process: TestProcess): Promise<Verified> {
  const { code } = await process.status;
  return { code, output: process.lines.join("\n") };
}

/** The logs of a report in JSON. */
export function logsOf({ output }: Verified): VerifiedLog[] {
  return JSON.parse(output.slice(output.search(/^\{"clean"/m))).logs;
}

/** A stamp of message `n`. */
export function stampFor(channel: string, n: number): Stamp {
  return { epoch: "k3x9", channel, seq: n + 5, n, time: 1_750_000_000_000 + n, via: ["k3x9"] };
}

/** One message, or a record of numbers that do not come. */
export type Sending = number | { again: number } | { dropped: [from: number, to: number] };

/** Publishes messages with QoS 1, in order: with user properties, or in envelopes. */
export async function publishStamped(
  peer: MqttPeer,
  channel: string,
  sendings: Sending[],
  form: "properties" | "envelope",
) {
  for (const sending of sendings) {
    if (typeof sending === "object" && "dropped" in sending) {
      const [from, to] = sending.dropped;
      const notice = { epoch: "k3x9", channel, from, to, count: to - from + 1, reason: "bytes" };
      await peer.publish("up/edgewire/v1/uplink/k3x9/dropped", { ...notice, time: 1 });
      continue;
    }
    const n = typeof sending === "number" ? sending : sending.again;
    const stamp = stampFor(channel, n);
    const payload = new TextEncoder().encode(`{"value":${n}}`);
    const isEnvelope = form === "envelope";
    await peer.client.publishAsync(
      `up/devices/${channel}`,
      (isEnvelope ? encodeEnvelope(stamp, payload) : payload) as never,
      {
        qos: 1,
        dup: typeof sending === "object",
        ...(isEnvelope ? {} : { properties: { userProperties: userProperties(stamp) } }),
      },
    );
  }
}
