/**
 * What `/api/health` says. Types alone, so that the page can import them. Times are Unix
 * milliseconds where nothing else is said, sizes bytes.
 *
 * @module
 */

/** How late the event loop was over the last minute, ms. */
export interface EventLoopHealth {
  median: number;
  p99: number;
  longest: number;
}

export interface HealthAnswer {
  /** `failing`: the MQTT side does not work. */
  status: "ok" | "failing";
  time: number;
  /** Another at each start of the gateway. */
  epoch: string;
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
    /** Messages taken in so far. */
    messages: number;
  };
  /** `off`: no uplink is configured. */
  uplink: { state: "off" };
  history: {
    /** Where it is kept. */
    kept: "memory";
    channels: number;
    /** Updates made since the start. */
    updates: number;
    /** What it takes, about, and may take. */
    bytes: number;
    limitBytes: number;
    /** What is older is forgotten, seconds. */
    ageSeconds: number;
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
