/**
 * What one has to remember of Bluetooth LE links to read their packets: the CRC preset and addresses
 * by access address, sequence numbers, L2CAP PDUs in pieces, advertising data in pieces. All of it is
 * bounded; the oldest goes first.
 *
 * @module
 */
import { putNewest } from "./bounded_map.ts";
import { MAX_L2CAP, OpenPieces, Pieces } from "./pieces.ts";

/** Links remembered at once. */
const MAX_LINKS = 4096;
/** Chains of advertising data remembered at once. */
const MAX_CHAINS = 1024;
/** Greatest advertising data of a chain (Core 6.0, Vol 6, Part B, 2.3.4.9), in bytes. */
const MAX_CHAIN = 1650;

/** One direction of a link. */
export class Way {
  /** Sequence number of the last packet. */
  sequence = 0;
  /** Bytes of an L2CAP PDU still to come; 0 when none is open. */
  missing = 0;
  /** Number of that PDU. */
  index = 0;
  readonly pieces = new Pieces(MAX_L2CAP);
}

/** A connection, or a train of periodic advertising. */
export class BleLink {
  crcInit = -1;
  periodic = false;
  centralHigh = 0;
  centralLow = 0;
  peripheralHigh = 0;
  peripheralLow = 0;
  /** Frame whose connection parameters hold now. */
  parametersFrame = 0;
  /** Frame of parameters that hold from an event on; 0 when there is none. */
  nextFrame = 0;
  nextInstant = 0;
  /** Whether a data packet was seen. */
  started = false;
  /** Whether payloads are ciphertext from here on. */
  encrypted = false;
  /** By `Direction`. */
  readonly ways: readonly [Way, Way, Way] = [new Way(), new Way(), new Way()];
}

export class BleLinks {
  readonly #links = new Map<number, BleLink>();
  readonly #chains = new Map<number, Pieces>();
  /** L2CAP PDUs under way. */
  readonly openPieces: OpenPieces = new OpenPieces();

  /** The link of an access address, as an interface of the capture saw it. */
  find(interfaceId: number, accessAddress: number): BleLink | undefined {
    if (this.#links.size === 0) return undefined;
    return this.#links.get(interfaceId * 2 ** 32 + accessAddress);
  }

  /** A new link in the place of an older one. */
  open(interfaceId: number, accessAddress: number): BleLink {
    const link = new BleLink();
    putNewest(this.#links, interfaceId * 2 ** 32 + accessAddress, link, MAX_LINKS);
    return link;
  }

  /** Keeps what a PDU holds of a structure that goes on in the next PDU of its chain. */
  keepChain(
    interfaceId: number,
    dataInfo: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): void {
    const chain = new Pieces(MAX_CHAIN);
    chain.add(data, start, end);
    putNewest(this.#chains, interfaceId * 2 ** 16 + dataInfo, chain, MAX_CHAINS);
  }

  /** What the last PDU of a chain kept, which is forgotten with this. */
  takeChain(interfaceId: number, dataInfo: number): Pieces | undefined {
    const key = interfaceId * 2 ** 16 + dataInfo;
    const chain = this.#chains.get(key);
    if (chain !== undefined) this.#chains.delete(key);
    return chain;
  }
}
