/**
 * A connection to a broker that carries bytes, by TCP, TLS or WebSocket.
 *
 * @module
 */
import type { ConnectionTap, Taps } from "../taps.ts";
import { dialTcp } from "./tcp_upstream.ts";
import { dialWebSocket } from "./websocket_upstream.ts";

/** Bytes both ways. `close` has to be called, also when the broker ended it. */
export interface Upstream {
  /** Hears what passes. */
  readonly tap: ConnectionTap;
  /**
   * Writes in one go; one write at a time. Settles when more may be written.
   *
   * @throws If the connection is gone.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Tells the broker that no more will be written; it ends the connection then. */
  end(): void;
  /** Ends the connection; may be called any number of times. */
  close(): void;
}

export interface UpstreamEvents {
  /**
   * Bytes came, in memory that stays as it is; reading goes on when the promise settles, if there
   * is one. Must not fail.
   */
  onBytes: (bytes: Uint8Array) => Promise<void> | undefined;
  /**
   * The connection ended, and all that came was handed over. Called once, not after `close`.
   *
   * @param error Why it broke; `null` if the broker closed it.
   */
  onEnd: (error: Error | null) => void;
  /** Most bytes that may wait for `onBytes`; a WebSocket cannot be told to wait. */
  backlogBytes: number;
}

export interface DialOptions {
  /** Certificate authority, PEM text. */
  ca?: string;
  taps: Taps;
  /** Gives up dialling. */
  signal: AbortSignal;
}

/**
 * @param address `mqtt://`, `mqtts://`, `ws://` or `wss://`.
 * @throws If the broker cannot be reached, and the reason of the signal when that gives up.
 */
export async function dial(
  address: string,
  events: UpstreamEvents,
  options: DialOptions,
): Promise<Upstream> {
  const url = new URL(address);
  try {
    return await (url.protocol.startsWith("ws") ? dialWebSocket : dialTcp)(url, events, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw error;
  }
}
