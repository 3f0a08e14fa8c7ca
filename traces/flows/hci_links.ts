/**
 * What one has to remember of an HCI stream: connections by handle, L2CAP PDUs in several packets
 * (Core 6.0, Vol 4, Part E). All of it is bounded; the oldest goes first.
 *
 * @module
 */
import { addressHigh, addressLow } from "../wire/ble_address.ts";
import { EventCode } from "../wire/hci_event.ts";
import { putNewest } from "./bounded_map.ts";
import { HciAdapter } from "./hci_adapter.ts";
import { MAX_L2CAP, OpenPieces, Pieces } from "./pieces.ts";

const MAX_CONNECTIONS = 4096;
const MAX_ADAPTERS = 64;

/** Which way an HCI packet went. */
export const HciDirection = { Sent: 0, Received: 1, Unknown: 2 } as const;

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
  /** 0 active, 1 hold, 2 sniff, 3 park; -1 when no event said so. */
  mode = -1;
  /** Frame of that event; 0 when there was none. */
  modeFrame = 0;
  /** By direction: sent, received, unknown. */
  readonly streams: readonly [AclStream, AclStream, AclStream] = [
    new AclStream(),
    new AclStream(),
    new AclStream(),
  ];
}

const ACTIVE = 0;
const LE_CONNECTION_COMPLETE = 0x01;
const LE_ENHANCED_CONNECTION_COMPLETE = 0x0a;

export class HciLinks {
  readonly #connections = new Map<number, HciConnection>();
  readonly #adapters = new Map<number, HciAdapter>();
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

  adapter(number: number): HciAdapter {
    let adapter = this.#adapters.get(number);
    if (adapter === undefined) {
      adapter = new HciAdapter();
      putNewest(this.#adapters, number, adapter, MAX_ADAPTERS);
    }
    return adapter;
  }

  /** Learns from the event in `data[at, end)`, which was decoded without failure. */
  event(adapter: number, data: Uint8Array, at: number, end: number, frame: number): void {
    const code = data[at]!;
    const length = end - at;
    if (code === EventCode.ConnectionComplete && length >= 11) {
      const connection = this.#opened(adapter, data, at + 2, at + 5, frame);
      if (connection !== undefined) changeMode(connection, ACTIVE, frame);
    } else if (code === EventCode.LeMeta && length >= 14) {
      const subevent = data[at + 2]!;
      if (subevent === LE_CONNECTION_COMPLETE || subevent === LE_ENHANCED_CONNECTION_COMPLETE) {
        this.#opened(adapter, data, at + 3, at + 8, frame);
      }
    } else if (code === EventCode.DisconnectionComplete && length >= 5 && data[at + 2] === 0) {
      const handle = (data[at + 3]! | data[at + 4]! << 8) & 0xfff;
      this.connection(adapter, handle).closed = true;
    } else if (code === EventCode.ModeChange && length >= 6 && data[at + 2] === 0) {
      const handle = (data[at + 3]! | data[at + 4]! << 8) & 0xfff;
      changeMode(this.connection(adapter, handle), data[at + 5]!, frame);
    }
  }

  /** Status and handle at `at`, the address of the peer at `peer`. */
  #opened(
    adapter: number,
    data: Uint8Array,
    at: number,
    peer: number,
    frame: number,
  ): HciConnection | undefined {
    if (data[at] !== 0) return undefined;
    const handle = (data[at + 1]! | data[at + 2]! << 8) & 0xfff;
    const connection = new HciConnection();
    connection.high = addressHigh(data, peer);
    connection.low = addressLow(data, peer);
    connection.openedFrame = frame;
    putNewest(this.#connections, adapter * 4096 + handle, connection, MAX_CONNECTIONS);
    return connection;
  }
}

function changeMode(connection: HciConnection, mode: number, frame: number): void {
  connection.mode = mode;
  connection.modeFrame = frame;
}
