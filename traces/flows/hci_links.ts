/**
 * What one has to remember of an HCI stream: connections by handle, L2CAP PDUs in several packets
 * (Core 6.0, Vol 4, Part E). All of it is bounded; the oldest goes first.
 *
 * @module
 */
import { addressHigh, addressLow } from "../wire/ble_address.ts";
import { EventCode } from "../wire/hci_event.ts";
import { putNewest } from "./bounded_map.ts";
import { MAX_L2CAP, OpenPieces, Pieces } from "./pieces.ts";

const MAX_CONNECTIONS = 4096;
const MAX_ADAPTERS = 256;

/** An L2CAP PDU that comes in several packets. */
export class AclStream {
  readonly pieces = new Pieces(MAX_L2CAP);
  /** Bytes of the whole PDU. */
  total = 0;
  /** Frame of its first packet; 0 when none was seen. */
  firstFrame = 0;
  /** Frame of its last packet; 0 until then. */
  lastFrame = 0;
}

export class HciConnection {
  /** Address of the peer. */
  high = 0;
  low = 0;
  /** Frame of the event that opened it; 0 when that was not seen. */
  openedFrame = 0;
  closed = false;
  /** By direction: sent, received, unknown. */
  readonly streams: readonly [AclStream, AclStream, AclStream] = [
    new AclStream(),
    new AclStream(),
    new AclStream(),
  ];
}

/** Address of an adapter itself. */
export interface LocalAddress {
  high: number;
  low: number;
}

const READ_BD_ADDR = 0x1009;
const LE_CONNECTION_COMPLETE = 0x01;
const LE_ENHANCED_CONNECTION_COMPLETE = 0x0a;

export class HciLinks {
  readonly #connections = new Map<number, HciConnection>();
  readonly #adapters = new Map<number, LocalAddress>();
  /** L2CAP PDUs under way. */
  readonly openPieces: OpenPieces = new OpenPieces();

  /**
   * The connection of a handle; a new one without address when its beginning was not seen.
   *
   * @param adapter interface and adapter, as one number
   */
  connection(adapter: number, handle: number): HciConnection {
    const key = adapter * 4096 + handle;
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      connection = new HciConnection();
      putNewest(this.#connections, key, connection, MAX_CONNECTIONS);
    }
    return connection;
  }

  local(adapter: number): LocalAddress | undefined {
    return this.#adapters.get(adapter);
  }

  /** Learns from the event in `data[at, end)`, which was decoded without failure. */
  event(adapter: number, data: Uint8Array, at: number, end: number, frame: number): void {
    const code = data[at]!;
    const length = end - at;
    if (code === EventCode.ConnectionComplete && length >= 11) {
      this.#opened(adapter, data, at + 2, at + 5, frame);
    } else if (code === EventCode.LeMeta && length >= 14) {
      const subevent = data[at + 2]!;
      if (subevent === LE_CONNECTION_COMPLETE || subevent === LE_ENHANCED_CONNECTION_COMPLETE) {
        this.#opened(adapter, data, at + 3, at + 8, frame);
      }
    } else if (code === EventCode.DisconnectionComplete && length >= 5 && data[at + 2] === 0) {
      const handle = (data[at + 3]! | data[at + 4]! << 8) & 0xfff;
      this.connection(adapter, handle).closed = true;
    } else if (code === EventCode.CommandComplete && length >= 12 && data[at + 5] === 0) {
      const opcode = data[at + 3]! | data[at + 4]! << 8;
      if (opcode !== READ_BD_ADDR) return;
      const local = { high: addressHigh(data, at + 6), low: addressLow(data, at + 6) };
      putNewest(this.#adapters, adapter, local, MAX_ADAPTERS);
    }
  }

  /** Status and handle at `at`, the address of the peer at `peer`. */
  #opened(adapter: number, data: Uint8Array, at: number, peer: number, frame: number): void {
    if (data[at] !== 0) return;
    const handle = (data[at + 1]! | data[at + 2]! << 8) & 0xfff;
    const connection = new HciConnection();
    connection.high = addressHigh(data, peer);
    connection.low = addressLow(data, peer);
    connection.openedFrame = frame;
    putNewest(this.#connections, adapter * 4096 + handle, connection, MAX_CONNECTIONS);
  }
}
