/**
 * Advertising data that comes in several PDUs (Core 6.0, Vol 6, Part B, 4.4.2.5) or in several
 * advertising reports (Vol 4, Part E, 7.7.65.13), until it is complete. Bounded; the oldest goes
 * first.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import type { BluetoothObserver } from "./bluetooth_observer.ts";
import { putNewest } from "./bounded_map.ts";
import { Pieces } from "./pieces.ts";

/** Chains under way at once. */
const MAX_CHAINS = 1024;
/** Greatest advertising data (Core 6.0, Vol 6, Part B, 2.3.4.9), in bytes. */
const MAX_DATA = 1650;
/** An aux pointer reaches 2.46 s ahead (Core 6.0, Vol 6, Part B, 2.3.4.5); what is older is lost. */
const MAX_WAIT = 3;

/** Address type of an advertiser whose address is not known. */
export const UNKNOWN_ADDRESS = 0xff;

/** Who sent it and how it was heard, as `BluetoothObserver` has it. */
export interface Heard {
  readonly addressHigh: number;
  readonly addressLow: number;
  readonly addressType: number;
  readonly rssi: number;
  readonly channel: number;
  readonly pduType: number;
}

/** Data under way. */
export interface AdvertisingChain {
  readonly heard: Heard;
  readonly pieces: Pieces;
  /** When its last part was heard, s. */
  time: number;
}

export class AdvertisingChains<Key> {
  readonly #chains = new Map<Key, AdvertisingChain>();

  /** Whether any chain is under way. */
  get some(): boolean {
    return this.#chains.size > 0;
  }

  /** Begins a chain, in place of an older one. */
  begin(key: Key, time: number, heard: Heard): AdvertisingChain {
    const chain = { heard, pieces: new Pieces(MAX_DATA), time };
    putNewest(this.#chains, key, chain, MAX_CHAINS);
    return chain;
  }

  /** The chain that goes on now; undefined when none does, or its last part is too long ago. */
  find(key: Key, time: number): AdvertisingChain | undefined {
    if (this.#chains.size === 0) return undefined;
    const chain = this.#chains.get(key);
    if (chain === undefined) return undefined;
    if (Math.abs(time - chain.time) > MAX_WAIT) {
      this.#chains.delete(key);
      return undefined;
    }
    chain.time = time;
    return chain;
  }

  forget(key: Key): void {
    this.#chains.delete(key);
  }
}

/** Tells of complete advertising data, `data[start, end)`. */
export function tellAdvertising(
  observer: BluetoothObserver,
  d: Dissection,
  data: Uint8Array,
  start: number,
  end: number,
  { addressHigh, addressLow, addressType, rssi, channel, pduType }: Heard,
): void {
  const own = d.data;
  d.data = data;
  observer.advertisingData(
    d,
    start,
    end,
    addressHigh,
    addressLow,
    addressType,
    rssi,
    channel,
    pduType,
  );
  d.data = own;
}
