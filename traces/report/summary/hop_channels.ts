/**
 * Channels of a trace, by name as comments and as messages write it.
 *
 * @module
 */
import { MAX_ROWS } from "./hop_activity.ts";
import { decodedValue, detached } from "../../files/hop_line.ts";
import { HopChannel } from "./hop_updates.ts";

export class HopChannels {
  readonly #byRaw = new Map<string, HopChannel>();
  readonly #byName = new Map<string, HopChannel>();
  /** Lines that named a channel beyond the bound. */
  others = 0;

  /** @param raw percent-encoded */
  get(raw: string): HopChannel | undefined {
    const known = this.#byRaw.get(raw);
    if (known !== undefined) return known;
    const channel = this.#byRaw.size === MAX_ROWS ? undefined : this.named(decodedValue(raw));
    if (channel === undefined) this.others++;
    else this.#byRaw.set(detached(raw), channel);
    return channel;
  }

  named(name: string): HopChannel | undefined {
    let channel = this.#byName.get(name);
    if (channel === undefined && this.#byName.size < MAX_ROWS) {
      channel = new HopChannel(detached(name));
      this.#byName.set(channel.name, channel);
    }
    return channel;
  }

  /** Those with packets. */
  get rows(): HopChannel[] {
    return [...this.#byName.values()].filter(({ packets }) => packets > 0);
  }
}
