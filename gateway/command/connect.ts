/**
 * One MQTT connection of a command: made once, never again.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import mqtt, { type MqttClient } from "mqtt";
import { refusalOf } from "./refusal.ts";
import type { Target } from "./target.ts";

/** The broker is not there, is gone, or does not let us in or listen. */
export class BrokerError extends Error {
  override name = "BrokerError";
}

export interface ConnectOptions {
  protocolVersion: 4 | 5;
  clientId: string;
  /** Published, retained, when the connection breaks. */
  will?: { topic: string; payload: string } | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_S = 30;

/**
 * Connects.
 *
 * @throws {BrokerError} when there is no broker, or it refuses
 * @throws the reason of `signal` when that is aborted before
 */
export async function connectTo(
  target: Target,
  { protocolVersion, clientId, will }: ConnectOptions,
  signal: AbortSignal,
): Promise<MqttClient> {
  signal.throwIfAborted();
  const { url, username, password, ca } = target;
  const client = mqtt.connect(url, {
    protocolVersion,
    clientId,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca: [Buffer.from(ca)] }),
    ...(will === undefined ? {} : {
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<MqttClient>();
  let reason = "the connection was closed";
  // It stays: an error that nobody listens for would be thrown.
  client.on("error", ({ message }) => reason = message || reason);
  const onClose = () => reject(new BrokerError(refusalOf(target, reason)));
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  client.once("close", onClose);
  client.once("connect", () => resolve(client));
  try {
    return await promise;
  } catch (error) {
    client.end(true);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    client.off("close", onClose);
  }
}
