/**
 * A session of the embedded broker, as the liveness of nodes depends on it.
 *
 * @module
 */
/** Hears what becomes of a session. */
export interface SessionListener {
  /** @param now Running time */
  sessionChanged(state: "open" | "alive" | "closed", now: number): void;
}

/** An MQTT client of the embedded broker, as far as nodes depend on it. */
export interface ClientSession {
  readonly client: string;
  open: boolean;
  /** How it ended. */
  how: string;
  /** Running times. */
  openedAt: number;
  closedAt: number;
  /** Milliseconds; 0: none. */
  keepaliveMs: number;
  readonly nodes: Set<SessionListener>;
}
