import type { ServerMessage } from "../../gateway/sessions/messages.ts";

/** Messages that belong to one channel. */
export type ChannelMessage = Extract<ServerMessage, { channel: string }>;

/**
 * How far one channel's log has been read, and so which of its messages are
 * new. Needs a snapshot before it lets data pass; survives connections.
 */
export class ChannelPosition {
  #epoch: string | undefined;
  #seq: number | undefined;

  /** Where to resume, as `<epoch>:<seq>`; `undefined` before the first snapshot. */
  get since(): string | undefined {
    return this.#seq === undefined ? undefined : `${this.#epoch}:${this.#seq}`;
  }

  /**
   * Takes note of the gateway's epoch. The log of another one began after this connection was
   * lost: from its beginning on all of it was missed.
   *
   * @returns Whether it is another than before.
   */
  enter(epoch: string): boolean {
    if (this.#seq === undefined || this.#epoch === epoch) return false;
    this.#epoch = epoch;
    this.#seq = 0;
    return true;
  }

  /** Takes note of a message; says whether it is to be passed on. */
  accept(message: ChannelMessage): boolean {
    switch (message.type) {
      case "snapshot":
        this.#epoch = message.epoch;
        this.#seq = message.seq;
        return true;
      case "data":
      case "event":
        if (this.#seq === undefined || message.seq <= this.#seq) return false;
        this.#seq = message.seq;
        return true;
      case "gap":
        if (message.reason === "epoch") this.#seq = undefined;
        return true;
      case "recovered":
        if (this.#seq !== undefined) this.#seq = Math.max(this.#seq, message.to);
        return true;
      default:
        return true;
    }
  }
}
