/**
 * What the uplink says of itself. Types alone, so that the page can import them.
 *
 * @module
 */
import type { DropReason } from "./drop_book.ts";

export interface UplinkStatus {
  /** `waiting`: for the next attempt; `standby`: another gateway on the same broker uploads. */
  state: "connecting" | "connected" | "waiting" | "standby";
  /** Of the cloud, without credentials. */
  url: string;
  /** Since when it is so, Unix milliseconds. */
  since: number;
  /** Why it is not connected. */
  reason?: string;
  /** Until the next attempt, ms. */
  retryInMs?: number;
  /** Version of MQTT: 5, or 4 for 3.1.1. */
  protocol: 4 | 5;
  /** What the cloud does not have. */
  backlog: {
    /** Where it waits now; in memory, also while the disk fails, it does not outlast the gateway. */
    kept: "disk" | "memory";
    messages: number;
    bytes: number;
    /** When the oldest came in, Unix milliseconds. */
    oldestTime: number | null;
  };
  /** Messages that the cloud acknowledged since the start. */
  sent: number;
  /** Messages since the start that it will not get, by reason. */
  dropped: Record<DropReason, number>;
  /** Messages per second, lately: those that come in, and those that the cloud acknowledges. */
  liveRate: number;
  drainRate: number;
  /** Until nothing waits any more, at this rate; `null`: it does not get less. */
  secondsToDone: number | null;
  /** Messages that may be, and are, without acknowledgement. */
  window: number;
  inFlight: number;
  /** Messages from the cloud since the start: taken, and not allowed or not delivered. */
  down: { taken: number; refused: number; failed: number };
  /** What `uplink.rules` made and did not, since the start. */
  rules: { made: number; leftOut: number; unfit: number };
  /** Connections that the cloud took, since the start. */
  connections: number;
}
