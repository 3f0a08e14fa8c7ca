/**
 * Closes MQTT connections whose peer is gone or stuck: no CONNECT, no packet within one and a half
 * times the keepalive [MQTT-3.1.2-24], or nothing taken of what was sent.
 *
 * aedes has timers of its own for this, which fire right after the process stood still, before it
 * could read what had come meanwhile: they would close everyone. All times here are times that the
 * process ran, and what is unread then is read before the next look.
 *
 * @module
 */
import { RunningClock } from "../running_clock.ts";

/** A connection, as far as it is watched. */
export interface WatchedConnection {
  /** Whether CONNECT was answered. */
  readonly isAnswered: boolean;
  /** What CONNECT asked for, milliseconds; 0: none. */
  readonly keepaliveMs: number;
  /** MQTT packets that came. */
  readonly packets: number;
  /** Writes that the peer took. */
  readonly writes: number;
  /** Whether a write waits for the peer. */
  readonly isWriting: boolean;
  /** Whether more waits for the peer than should. */
  readonly writableNeedDrain: boolean;
  destroy(error?: Error): unknown;
}

/** Time for CONNECT to arrive, milliseconds. */
const CONNECT_MS = 10_000;
/** A client that takes nothing of what waits for it is closed, milliseconds. */
const STUCK_MS = 60_000;
/** How often connections are looked at, milliseconds. */
const PERIOD_MS = 500;

/** Nothing came for too long. */
export class KeepaliveError extends Error {
  override name = "KeepaliveError";
}

/** What was seen of a connection at the last looks; running times. */
interface Seen {
  packets: number;
  heardAt: number;
  writes: number;
  takenAt: number;
  drainedAt: number;
}

export interface ConnectionWatchOptions {
  /** Milliseconds that never go back. @default performance.now */
  monotonic?: () => number;
  /** Whether a timer looks; else `look` has to be called. @default true */
  timer?: boolean;
}

/** Ends with `close()`. */
export class ConnectionWatch {
  readonly #clock: RunningClock;
  readonly #connections = new Map<WatchedConnection, Seen>();
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  constructor({ monotonic, timer = true }: ConnectionWatchOptions = {}) {
    this.#clock = new RunningClock({
      periodMs: PERIOD_MS,
      ...(monotonic === undefined ? {} : { monotonic }),
    });
    if (timer) this.#timer = setInterval(() => this.look(), PERIOD_MS);
  }

  add(connection: WatchedConnection) {
    const now = this.#clock.now();
    const { packets, writes } = connection;
    const seen = { packets, heardAt: now, writes, takenAt: now, drainedAt: now };
    this.#connections.set(connection, seen);
  }

  delete(connection: WatchedConnection) {
    this.#connections.delete(connection);
  }

  /** Closes those whose time is up. */
  look() {
    const now = this.#clock.now();
    for (const [connection, seen] of this.#connections) {
      const error = this.#lookAt(connection, seen, now);
      if (error === null) continue;
      this.#connections.delete(connection);
      connection.destroy(error);
    }
  }

  #lookAt(connection: WatchedConnection, seen: Seen, now: number): Error | null {
    if (connection.isAnswered && connection.packets !== seen.packets) {
      seen.packets = connection.packets;
      seen.heardAt = now;
    }
    if (connection.writes !== seen.writes || !connection.isWriting) {
      seen.writes = connection.writes;
      seen.takenAt = now;
    }
    if (!connection.writableNeedDrain) seen.drainedAt = now;
    const { keepaliveMs } = connection;
    const silence = now - seen.heardAt;
    if (!connection.isAnswered) {
      return silence > CONNECT_MS ? new Error("connect did not arrive in time") : null;
    }
    // A packet that came right behind a look counts from the next one.
    if (keepaliveMs > 0 && silence > keepaliveMs * 1.5 + PERIOD_MS) {
      return new KeepaliveError("keep alive timeout");
    }
    if (now - seen.takenAt > STUCK_MS) return new Error("the peer takes nothing");
    return now - seen.drainedAt > STUCK_MS ? new Error("drain timeout") : null;
  }

  /** Ends connections that have not said CONNECT: the broker does not know them. */
  close() {
    clearInterval(this.#timer);
    for (const connection of this.#connections.keys()) {
      if (!connection.isAnswered) connection.destroy();
    }
    this.#connections.clear();
  }
}
