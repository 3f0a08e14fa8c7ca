/**
 * What `/api/health` says. Types alone, so that the page can import them. Times are Unix
 * milliseconds where nothing else is said, sizes bytes.
 *
 * @module
 */
import type { BrokerCan } from "../broker/capabilities.ts";
import type { ClusterStatus } from "../cluster/cluster.ts";

import type { UplinkStatus } from "../uplink/status.ts";

/** How late the event loop was over the last minute, ms. */
export interface EventLoopHealth {
  median: number;
  p99: number;
  longest: number;
}

/** How the history on disk fares. */
export interface DiskHistory {
  /** `failing`: nothing is stored now; `off`: nor will be until the gateway is restarted. */
  state: "ok" | "failing" | "off";
  /** What is wrong, or was found wrong at the start. */
  reason?: string;
  /** What the database takes. */
  bytes: number;
  /** Written to the disk in the last 24 hours, since the start at most. */
  writtenToday: number;
  /** When the oldest entry came; `null`: there is none. */
  oldest: number | null;
  /** What waits for the disk in memory. */
  waitingBytes: number;
  /** Entries since the start that never reached the disk. */
  lost: number;
  /** How long lately a commit took, ms. */
  commitMedian: number;
  commitP99: number;
}

export interface HealthAnswer {
  /** `failing`: the MQTT side does not work, or the history is not stored. */
  status: "ok" | "failing";
  time: number;
  /** Names the log that numbers belong to. */
  epoch: string;
  /** Another at each start of the gateway. */
  run: string;
  /** Since the gateway started, seconds; the clock does not matter to it. */
  uptime: number;
  versions: { edgewire: string; deno: string; v8: string };
  /** As "linux aarch64". */
  platform: string;
  process: {
    /** Of one core, over the last seconds; Workers included. */
    cpuShare: number;
    resident: number;
    heapUsed: number;
    heapTotal: number;
  };
  eventLoop: EventLoopHealth;
  broker: {
    kind: "embedded" | "external";
    connected: boolean;
    /** What is wrong, where something is. */
    reason?: string;
    /** Of an external broker, without credentials. */
    address?: string;
    /** What an external broker can, as found out by trying; `null`: not found out. */
    can?: BrokerCan;
    /** Messages taken in so far. */
    messages: number;
  };
  /** Several gateways at one external broker; `null`: the broker is our own. */
  cluster: ClusterStatus | null;
  /** `off`: no uplink is configured. */
  uplink: { state: "off" } | UplinkStatus;
  history: {
    /** Where it is kept; what is on disk is in memory as well, as far as that goes. */
    kept: "memory" | "disk";
    channels: number;
    /** Updates made since the start. */
    updates: number;
    /** What it takes in memory, about, and may take. */
    bytes: number;
    limitBytes: number;
    /** What is older is forgotten, seconds. */
    ageSeconds: number;
    /** Where it is kept on disk. */
    disk?: DiskHistory;
  };
  /** `null`: there is no flight recorder. */
  recorder: { bytes: number; seconds: number } | null;
  /** Traces being read. */
  traceReaders: number;
  clients: {
    /** WebSocket sessions, and those of them that are behind. */
    sessions: number;
    lagging: number;
    queuedBytes: number;
  };
  /** Of the disk that has the data directory; absent where the system does not tell. */
  disk?: { free: number; total: number };
}
