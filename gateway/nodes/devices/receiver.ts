/**
 * How one node hears one device: signal, share of packets, loss by the device's own numbers.
 *
 * @module
 */
import { UNKNOWN_RSSI } from "../../../traces/sensors/radio_envelope.ts";
import type { ReceiverInfo } from "../answers.ts";

/** The mean goes over about so many packets. */
const MEAN_OVER = 32;
/** The share is of about so many. */
const SHARE_OF = 256;
/** Loss is of about so many of the device's own numbers. */
const LOSS_OF = 256;

export class Receiver {
  readonly node: string;
  heard = 0;
  /** ms of the monotonic clock. */
  lastAt = -Infinity;
  /** Newest transmission that it heard; -1: none. */
  lastIndex = -1;
  rssi = UNKNOWN_RSSI;
  #mean = NaN;
  /** By transmission index: which generation of it was heard. */
  readonly #marks = new Uint8Array(SHARE_OF);
  #firstIndex = -1;
  #lastNumber = -1;
  #expected = 0;
  #got = 0;

  constructor(node: string) {
    this.node = node;
  }

  /** @param rssi dBm; 127 unknown */
  signal(rssi: number, at: number) {
    if (at > this.lastAt) this.lastAt = at;
    if (rssi === UNKNOWN_RSSI) return;
    this.rssi = rssi;
    this.#mean = Number.isNaN(this.#mean) ? rssi : this.#mean + (rssi - this.#mean) / MEAN_OVER;
  }

  /**
   * Takes note of a transmission.
   *
   * @param index counts the device's transmissions that anybody heard
   * @param number counts what the device sent, by its own numbers; -1: it has none
   * @returns whether the node heard this transmission before
   */
  take(index: number, number: number): boolean {
    if (index > this.lastIndex) this.lastIndex = index;
    const mark = markOf(index);
    const slot = index % SHARE_OF;
    if (this.#firstIndex < 0) this.#firstIndex = index;
    else if (this.#marks[slot] === mark) return true;
    this.#marks[slot] = mark;
    this.heard++;
    if (number > this.#lastNumber) {
      if (this.#lastNumber >= 0) {
        this.#expected += number - this.#lastNumber;
        this.#got++;
        if (this.#expected > LOSS_OF) {
          this.#expected /= 2;
          this.#got /= 2;
        }
      }
      this.#lastNumber = number;
    }
    return false;
  }

  /** The device counts anew. */
  restart() {
    this.#lastNumber = -1;
  }

  /** @param index the newest transmission that anybody heard */
  info(index: number, toUnix: (at: number) => number): ReceiverInfo {
    const from = Math.max(this.#firstIndex, index - SHARE_OF + 1, 0);
    let marked = 0;
    for (let i = from; i <= index; i++) {
      if (this.#marks[i % SHARE_OF] === markOf(i)) marked++;
    }
    return {
      node: this.node,
      ...(this.rssi === UNKNOWN_RSSI ? {} : { rssi: this.rssi, rssiMean: round(this.#mean, 10) }),
      heard: this.heard,
      share: round(marked / Math.max(1, index - from + 1), 1000),
      ...(this.#expected > 0 ? { loss: round(1 - this.#got / this.#expected, 1000) } : {}),
      lastSeen: toUnix(this.lastAt),
    };
  }
}

/** Never 0, which stands for "not heard". */
function markOf(index: number): number {
  return Math.floor(index / SHARE_OF) % 255 + 1;
}

function round(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
