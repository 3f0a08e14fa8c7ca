/**
 * A node's clock as the gateway sees it: how far it is from our own, so that times of several nodes
 * can be compared whatever the nodes believe the time is.
 *
 * The offset is the smallest of `arrival - node time` seen lately: the message that waited least on
 * its way tells it best. A clock that was set (Unix time after SNTP, a reboot, a jump) shows as an
 * offset that is suddenly another; then it is learnt anew.
 *
 * @module
 */

/** A smaller offset is believed at once; to a larger one it drifts by this part of real time. */
const DRIFT = 1e-3;
/** Further off than this the clock was set, ms. Messages may wait so long in a node's queue. */
const STEP_MS = 60_000;

export class NodeClock {
  #offset = NaN;
  #checked = 0;

  /**
   * Says when a frame was heard.
   *
   * @param nodeMs the node's time of the frame, ms
   * @param arrival when its message came in, ms of our monotonic clock
   * @returns ms of our monotonic clock, never later than `arrival`
   */
  at(nodeMs: number, arrival: number): number {
    const offset = arrival - nodeMs;
    const known = this.#offset;
    // A queue that was held back only ever makes the offset larger; a clock set back as well.
    if (!(offset >= known - STEP_MS && offset <= known + STEP_MS)) {
      this.#offset = offset;
    } else if (offset < known) {
      this.#offset = offset;
    } else {
      this.#offset = Math.min(offset, known + (arrival - this.#checked) * DRIFT);
    }
    this.#checked = arrival;
    const at = nodeMs + this.#offset;
    return at < arrival ? at : arrival;
  }
}
