/**
 * Every time and size by which the client decides. Times in milliseconds.
 *
 * @module
 */
export interface Timing {
  /** Received bytes after which the gateway is told at once. @default 32768 */
  receivedBytes: number;
  /** Longest time that received bytes stay untold; T/5 of the gateway if that is shorter. @default 2000 */
  receivedEvery: number;
  /** A connection with no frame for this long is asked with a ping. @default 10000 */
  quietAfter: number;
  /** A ping with no frame after it for this long means the connection is dead. @default 5000 */
  pongWithin: number;
  /** Time between pings that keep the clock estimate fresh. @default 30000 */
  clockEvery: number;
  /** Longest time from opening a connection to its `welcome`. @default 10000 */
  connectWithin: number;
  /** A connection that lasted this long makes the next delay short again. @default 5000 */
  stableAfter: number;
  /** Shortest delay before a retry. @default 250 */
  retryMin: number;
  /** Longest delay before a retry. @default 10000 */
  retryMax: number;
  /** Shortest delay after the gateway said "too many" (4429). @default 5000 */
  retryTooManyMin: number;
  /** Longest delay after the gateway said "too many" (4429). @default 60000 */
  retryTooManyMax: number;
  /**
   * A command that the gateway did not acknowledge within this time is given
   * up, so that nothing moves long after the person let go. @default 10000
   */
  commandWithin: number;
  /** Longest time from a command's acknowledgement to its result. @default 60000 */
  resultWithin: number;
}

export const DEFAULT_TIMING: Timing = {
  receivedBytes: 32768,
  receivedEvery: 2000,
  quietAfter: 10_000,
  pongWithin: 5000,
  clockEvery: 30_000,
  connectWithin: 10_000,
  stableAfter: 5000,
  retryMin: 250,
  retryMax: 10_000,
  retryTooManyMin: 5000,
  retryTooManyMax: 60_000,
  commandWithin: 10_000,
  resultWithin: 60_000,
};
