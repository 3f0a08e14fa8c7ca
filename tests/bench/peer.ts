/**
 * What the scenarios need from a process under test, so that they treat the
 * gateway and Mosquitto alike.
 *
 * @module
 */
import type { Child } from "./child.ts";
import type { ClientKind } from "./pool.ts";

/** A started process under test; whoever starts it stops it. */
export interface Peer extends AsyncDisposable {
  readonly name: string;
  readonly child: Child;
  /** TCP port of MQTT, on loopback. */
  readonly mqttPort: number;
  /** From spawning the process to its printed addresses, in milliseconds; absent where unknown. */
  readonly startMillis?: number;
  /**
   * How a WebSocket client of a channel connects and joins; the channel's
   * topic is {@linkcode topicOf}.
   *
   * @param plain No subprotocol (the gateway only).
   */
  client(channel: string, plain: boolean): ClientKind;
  /** MQTT messages taken in so far; undefined where the process does not say. */
  messagesIn(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** The topic whose messages the clients of a channel get. */
export function topicOf(channel: string): string {
  return `devices/${channel}/value`;
}
