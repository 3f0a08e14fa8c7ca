/**
 * Bounds and factors of liveness. All times are milliseconds that the gateway ran.
 *
 * @module
 */

export interface LivenessSettings {
  /**
   * A device is late when it is silent for so many of its long gaps. A long gap is the one that a
   * random moment falls into with a chance of 5 % or more: the interval itself when nothing is lost,
   * about six intervals when half is. A silence of four comes by chance once in millions of packets.
   */
  lateFactor: number;
  /** And lost after so many. */
  lostFactor: number;
  /** Batches and WLAN delay packets by seconds: no device is late sooner. */
  lateMinMs: number;
  /** Nobody waits for more than an hour to be told. */
  lateMaxMs: number;
  lostMinMs: number;
  /** Also the only bound of devices that send when something happens, such as buttons. */
  lostMaxMs: number;
  /** While fewer gaps than this are known, the two bounds below hold as well. */
  learnedGaps: number;
  lateFirstMs: number;
  lostFirstMs: number;
  /** A node is deaf when no frames come for so many of its long gaps between batches. */
  framesFactor: number;
  /** And hung when two of its status messages are missing and half a period has passed. */
  statusFactor: number;
  /** No node is deaf or hung sooner: nodes reconnect, and radios are set up anew, within seconds. */
  nodeMinMs: number;
  /** And none later, unless one and a half of its own periods are longer. */
  nodeMaxMs: number;
  /** Until a node's gaps are known. */
  nodeFirstMs: number;
  /** After a will, or a session that broke off, a node has so long to come back unnoticed. */
  returnMs: number;
  /**
   * After a stall of the gateway nobody is lost for so long: clients that had no answer meanwhile
   * close, wait (about a second for most), connect and say that they are there.
   */
  graceMs: number;
  /** The gateway stood still when its timer is so much too late. */
  stallMs: number;
  /** Nodes, and devices, kept at most; the one unheard for longest goes. */
  maxNodes: number;
  maxDevices: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const DEFAULT_SETTINGS: Readonly<LivenessSettings> = {
  lateFactor: 4,
  lostFactor: 10,
  lateMinMs: 5 * SECOND,
  lateMaxMs: HOUR,
  lostMinMs: 15 * SECOND,
  lostMaxMs: 24 * HOUR,
  learnedGaps: 16,
  lateFirstMs: 15 * MINUTE,
  lostFirstMs: HOUR,
  framesFactor: 5,
  statusFactor: 2.5,
  nodeMinMs: 15 * SECOND,
  nodeMaxMs: HOUR,
  nodeFirstMs: 10 * MINUTE,
  returnMs: SECOND,
  graceMs: 20 * SECOND,
  stallMs: SECOND,
  maxNodes: 10_000,
  maxDevices: 20_000,
};

/** `value`, or the bound that it passes; the lower one counts where they cross. */
export function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}
