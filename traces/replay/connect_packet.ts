/**
 * Client id and last will in an MQTT CONNECT packet (MQTT 5 and MQTT 3.1.1, 3.1).
 *
 * @module
 */

export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

export interface Connect {
  readonly clientId: string;
  readonly will: Will | undefined;
}

const WILL_FLAG = 0x04;
const RETAIN_FLAG = 0x20;
const V5 = 5;

/** Reads on as long as there is something; behind the end everything is empty. */
class Cursor {
  constructor(readonly data: Uint8Array, public pos: number) {}

  u8(): number {
    return this.data[this.pos++] ?? 0;
  }

  u16(): number {
    return this.u8() << 8 | this.u8();
  }

  bytes(length: number): Uint8Array {
    const start = this.pos;
    this.pos += length;
    return this.data.subarray(start, this.pos);
  }

  text(): string {
    return new TextDecoder().decode(this.bytes(this.u16()));
  }

  /** A variable byte integer, of at most four bytes. */
  length(): number {
    let length = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return length;
  }
}

/**
 * Reads what a replay needs of it; the will's payload is a copy.
 *
 * @param packet a whole CONNECT packet
 */
export function readConnect(packet: Uint8Array): Connect {
  const cursor = new Cursor(packet, 1);
  cursor.length();
  cursor.bytes(cursor.u16());
  const version = cursor.u8() & 0x7f;
  const flags = cursor.u8();
  cursor.u16();
  if (version === V5) cursor.bytes(cursor.length());
  const clientId = cursor.text();
  if ((flags & WILL_FLAG) === 0) return { clientId, will: undefined };
  if (version === V5) cursor.bytes(cursor.length());
  const topic = cursor.text();
  const payload = cursor.bytes(cursor.u16()).slice();
  const qos = flags >> 3 & 3;
  const whole = cursor.pos <= packet.length && qos < 3;
  const retain = (flags & RETAIN_FLAG) !== 0;
  return { clientId, will: whole ? { topic, payload, qos: qos as 0 | 1 | 2, retain } : undefined };
}
