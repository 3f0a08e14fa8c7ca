/**
 * The time that a replay gives the frames of its nodes, so that the gateway finds them as far from
 * each other as the first time, however fast they come.
 *
 * A gateway knows a node's clock by the message that waited least on its way: it takes frames that
 * lie further back for ones that waited in a queue. So each node first says, with a frame of no bytes,
 * what its clock shows now: so late a time that at the end of the replay its last frames are of now.
 *
 * @module
 */
import type { ReplaySpeed } from "./replay_message.ts";

/** Nodes booted so long before the capture begins, microseconds: frames may be older than it. */
const UPTIME = 2 * 86_400e6;

export class ReplayClock {
  readonly #first: number;
  readonly #last: number;
  #speed: ReplaySpeed;

  /** @param first of the capture, microseconds since 1970 @param last likewise */
  constructor(first: number, last: number, speed: ReplaySpeed) {
    this.#first = first;
    this.#last = last;
    this.#speed = speed;
  }

  /** The gateway is told when each message was published: for it, time passes as in the capture. */
  told(): void {
    this.#speed = 1;
  }

  /** A node's time since it booted when the capture's time is this, microseconds. */
  nodeTime(time: number): number {
    return Math.max(0, Math.round(time - this.#first + UPTIME));
  }

  /**
   * What a node's clock shows when the replay gets to this time: no frame to come is of a later time
   * when it is sent.
   */
  showing(time: number): number {
    // A replay that is slower than the capture: then frames lie further and further back anyway.
    const ahead = (this.#last - time) * (1 - 1 / this.#speed);
    return this.nodeTime(time + Math.max(0, ahead));
  }
}
