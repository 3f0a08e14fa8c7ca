/**
 * Messages as a broker hands them on, as they come.
 *
 * @module
 */
import type { MqttClient } from "mqtt";
import { BrokerError, connectTo } from "../command/connect.ts";
import type { Target } from "../command/target.ts";
import type { UserProperties } from "../uplink/stamp.ts";
import type { Verification } from "./verification.ts";

export interface BrokerOptions {
  target: Target;
  topics: string[];
  /** Ends after so long, ms. */
  forMs: number;
  /** Ends when nothing came for so long, ms. */
  idleMs: number;
}

/** What is under way at a signal still counts. */
const UNDER_WAY_MS = 200;
const NEVER_OLD_MESSAGES = 2;
const REFUSED = 0x80;

/**
 * Listens until time is up or `signal` is aborted.
 *
 * @param onListening It has begun: what is published from now on comes.
 * @returns Why it ended early; `undefined`: it did not.
 * @throws {BrokerError} when it could not begin
 * @throws {TooManyChannels}
 */
export async function readBroker(
  options: BrokerOptions,
  verification: Verification,
  signal: AbortSignal,
  onListening: () => void,
): Promise<string | undefined> {
  const { target, topics } = options;
  const client = await connect(target, signal);
  if (client === null) return undefined;
  try {
    const lost = new Promise<string>((resolve) => {
      client.on("error", ({ message }) => resolve(message));
      client.on("close", () => resolve("the connection was closed"));
    });
    const listening = listen(client, options, verification, signal);
    const refused = await Promise.race([subscribe(client, topics), lost]);
    if (refused !== undefined) throw new BrokerError(`${target.shown}: ${refused}`);
    onListening();
    const reason = await Promise.race([listening, lost]);
    return reason && `${target.shown} is lost: ${reason}`;
  } finally {
    client.end(true);
  }
}

/** With MQTT 5 where the broker speaks it; `null`: aborted. */
async function connect(target: Target, signal: AbortSignal): Promise<MqttClient | null> {
  const connectWith = (protocolVersion: 4 | 5) => {
    const clientId = `edgewire-verify-${crypto.randomUUID().slice(0, 8)}`;
    return connectTo(target, { protocolVersion, clientId }, signal);
  };
  try {
    return await connectWith(5).catch((error) => {
      if (!(error instanceof BrokerError)) throw error;
      return connectWith(4);
    });
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

/** @returns what the broker refuses */
async function subscribe(client: MqttClient, topics: string[]): Promise<string | undefined> {
  try {
    const options = { qos: 1, rh: NEVER_OLD_MESSAGES } as const;
    const granted = await client.subscribeAsync(topics, options);
    const refused = granted.find(({ qos }) => (qos as number) >= REFUSED);
    return refused && `refuses the subscription of ${refused.topic}`;
  } catch (error) {
    return `refuses the subscription: ${(error as Error).message}`;
  }
}

function listen(
  client: MqttClient,
  { target, topics, forMs, idleMs }: BrokerOptions,
  verification: Verification,
  signal: AbortSignal,
): Promise<undefined> {
  const view = verification.view(`received from ${target.shown}, ${topics.join(" and ")}`, {
    side: "received",
  });
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const end = () => resolve(undefined);
  const began = performance.now();
  let heard = began;
  client.on("message", (topic, payload, { retain, dup, properties }) => {
    heard = performance.now();
    if (retain) {
      verification.retained++;
      return;
    }
    const userProperties = properties?.userProperties as UserProperties | undefined;
    try {
      verification.message(view, { topic, payload, dup, properties: { userProperties } });
    } catch (error) {
      reject(error);
    }
  });
  const endSoon = () => setTimeout(end, UNDER_WAY_MS);
  if (signal.aborted) end();
  signal.addEventListener("abort", endSoon, { once: true });
  const period = Math.min(200, Math.max(10, Math.min(forMs, idleMs) / 5));
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - began >= forMs || now - heard >= idleMs) end();
  }, period);
  return promise.finally(() => {
    clearInterval(timer);
    signal.removeEventListener("abort", endSoon);
  });
}
