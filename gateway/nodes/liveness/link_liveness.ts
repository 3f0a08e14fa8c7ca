/**
 * Whether a device lives that we hold a connection to: the connection tells.
 *
 * @module
 */
import { Watched } from "./watch.ts";

/** Made by `LivenessMonitor.link`. */
export class LinkLiveness extends Watched {
  readonly kind = "device";

  /** The connection stands. */
  connected() {
    this.heard();
    this.back(this.seen);
  }

  /** Something came. */
  heard() {
    this.saw(this.watch.clock.now());
  }

  /** There is no connection. @param why In words */
  disconnected(why: string) {
    this.gone("lost", "not connected", () => why, this.watch.clock.now(), true);
    this.explain(why);
  }

  /** Silence is for the connection to judge. */
  override look() {}
}
