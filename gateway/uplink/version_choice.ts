/**
 * Which version of MQTT the cloud is spoken to in: 5, or 3.1.1 where it refuses 5.
 *
 * Some close the connection instead of refusing. A line that breaks looks the same, and a message
 * that goes by 3.1.1 tells nothing of itself; so that counts only when 3.1.1 was taken in between,
 * and only for one connection.
 *
 * @module
 */
import type { LinkEnd } from "./link.ts";

export class VersionChoice {
  /** Of the next attempt. */
  next: 4 | 5 = 5;
  /** The cloud refused 5 in so many words. */
  #isRefused = false;
  /** `closed`: 5 met a closed door. `open`: 3.1.1 did not. `sure`: and 5 met one again. */
  #doubt: "none" | "closed" | "open" | "sure" = "none";

  /** The cloud took a connection. @returns whether it is to be used */
  opened(version: 4 | 5): boolean {
    if (version === 5) this.#doubt = "none";
    if (version === 5 || this.#isRefused || this.#doubt === "sure") return true;
    this.#doubt = "open";
    this.next = 5;
    return false;
  }

  /** A connection, or the attempt at one, has ended. @returns whether the next is due at once */
  ended(
    version: 4 | 5,
    { refusedVersion, silent, wasOpen }: Pick<LinkEnd, "refusedVersion" | "silent" | "wasOpen">,
  ): boolean {
    if (refusedVersion) {
      this.#isRefused = version === 5;
      this.next = version === 5 ? 4 : 5;
      return version === 5;
    }
    if (this.#isRefused) return false;
    if (version === 5 && silent) {
      this.#doubt = this.#doubt === "open" ? "sure" : "closed";
      this.next = 4;
      return this.#doubt === "sure";
    }
    this.#doubt = wasOpen || this.#doubt !== "open" ? "none" : this.#doubt;
    this.next = 5;
    return false;
  }
}
