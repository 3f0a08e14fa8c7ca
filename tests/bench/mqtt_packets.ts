/**
 * The few MQTT 3.1.1 packets that the load needs, as bytes (OASIS MQTT
 * Version 3.1.1, sections 2 and 3). Encoding only, apart from
 * {@linkcode AckCounter}.
 *
 * @module
 */

const encoder = new TextEncoder();

/** PINGREQ (section 3.12): answered in order, so its answer says what came before was read. */
export const PINGREQ: Uint8Array<ArrayBuffer> = new Uint8Array([0xc0, 0]);
/** DISCONNECT (section 3.14). */
export const DISCONNECT: Uint8Array<ArrayBuffer> = new Uint8Array([0xe0, 0]);
/** Length of CONNACK (section 3.2) and of PUBACK (section 3.4). */
export const ACK_LENGTH = 4;
/** Length of SUBACK for one topic filter (section 3.9). */
export const SUBACK_LENGTH = 5;

/** Remaining length (section 2.2.3). */
function remainingLength(length: number): number[] {
  const bytes: number[] = [];
  do {
    const more = length > 127;
    bytes.push((length & 127) | (more ? 128 : 0));
    length >>= 7;
  } while (length > 0);
  return bytes;
}

function text(value: string): number[] {
  const bytes = encoder.encode(value);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
}

function packet(first: number, ...parts: ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const body = parts.flatMap((part) => Array.from(part));
  return Uint8Array.from([first, ...remainingLength(body.length), ...body]);
}

/** CONNECT (section 3.1): clean session, no keep-alive. */
export function connect(clientId: string): Uint8Array<ArrayBuffer> {
  return packet(0x10, text("MQTT"), [4, 0x02, 0, 0], text(clientId));
}

/** SUBSCRIBE (section 3.8) to one filter at QoS 0. */
export function subscribe(filter: string): Uint8Array<ArrayBuffer> {
  return packet(0x82, [0, 1], text(filter), [0]);
}

/**
 * PUBLISH (section 3.3).
 *
 * @param packetId 1 to 65535 for QoS 1; undefined for QoS 0.
 */
export function publish(
  topic: string,
  payload: Uint8Array,
  packetId?: number,
): Uint8Array<ArrayBuffer> {
  const id = packetId === undefined ? [] : [packetId >> 8, packetId & 255];
  return packet(packetId === undefined ? 0x30 : 0x32, text(topic), id, payload);
}

/** Counts what a broker answers to a publisher, over any cut into chunks. */
export class AckCounter {
  connacks = 0;
  pubacks = 0;
  pingresps = 0;
  /** Return code of CONNACK; 0 is success. */
  connectCode = -1;
  #first = -1;
  #left = -1;
  #last = 0;

  /**
   * Takes in bytes.
   *
   * @throws {Error} For a packet that no publisher gets, or one with an impossible length.
   */
  feed(bytes: Uint8Array) {
    for (const byte of bytes) {
      if (this.#first < 0) {
        this.#first = byte;
        this.#left = -1;
        continue;
      }
      if (this.#left < 0) this.#left = byte;
      else {
        this.#left--;
        this.#last = byte;
      }
      if (this.#left === 0) this.#count();
      else if (this.#left > 2) throw new Error(`Unexpected MQTT packet: length ${this.#left}`);
    }
  }

  #count() {
    const type = this.#first >> 4;
    if (type === 4) this.pubacks++;
    else if (type === 13) this.pingresps++;
    else if (type === 2) {
      this.connacks++;
      this.connectCode = this.#last;
    } else throw new Error(`Unexpected MQTT packet: type ${type}`);
    this.#first = -1;
  }
}
