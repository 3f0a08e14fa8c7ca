/**
 * Holds the acknowledgements of what a peer published, PUBACK and PUBREC, until it is on disk; for a
 * session that is kept on disk, also what the peer may only hear when we will not forget it.
 *
 * It stands where packets go out, so the broker is not delayed: the message goes on to everybody
 * at once, also where the publisher leaves before its acknowledgement, and one commit releases the
 * acknowledgements of many. All other packets pass. Acknowledgements keep their order, as
 * [MQTT-4.6.0-2] and [MQTT-4.6.0-3] demand; between them and other packets there is none to keep.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { PacketScanner } from "./packet_scanner.ts";

/**
 * Settles, either way, when what was taken in so far need not be waited for any more: it is on
 * disk, or will not be stored. `null`: nothing is to be waited for.
 */
export type Durable = () => Promise<unknown> | null;

/** Of each packet the first four bits (MQTT 3.1.1 table 2.1). */
const PUBLISH = 3;
const PUBACK = 4;
const PUBREC = 5;
const PUBREL = 6;
const PUBCOMP = 7;
const SUBACK = 9;
const UNSUBACK = 11;
/** Of a PUBLISH, the bits of its QoS, and QoS 2 (MQTT 3.1.1 table 3.2). */
const QOS = 0x06;
const QOS_2 = 0x04;
/** Room for the acknowledgements of all 65,535 packet identifiers, bytes. */
const HELD_BYTES = 256 << 10;
const NOTHING = Buffer.alloc(0);

/** Acknowledgements that wait for the same. */
interface Group {
  durable: Promise<unknown>;
  acks: Uint8Array[];
  settled: boolean;
}

/** @param first First byte of the packet. */
function isAcknowledgement(first: number): boolean {
  const kind = first >> 4;
  return kind === PUBACK || kind === PUBREC;
}

/**
 * Whether a packet says something of a session that has to stay so: of its subscriptions, or how far
 * a message of QoS 2 is. Else that message would come once more after a crash of ours.
 */
function isOfSession(first: number): boolean {
  switch (first >> 4) {
    case PUBLISH:
      return (first & QOS) === QOS_2;
    case PUBREL:
    case PUBCOMP:
    case SUBACK:
    case UNSUBACK:
      return true;
    default:
      return false;
  }
}

/** One direction of one connection. */
export class AckGate {
  /** Whether the peer's session is kept on disk. */
  keepsSession = false;
  readonly #durable: Durable;
  readonly #onRelease: () => void;
  readonly #scanner = new PacketScanner(Infinity);
  /** A packet whose end has not come. */
  #begun: Uint8Array[] = [];
  /** In whole packets: where acknowledgements begin, where they end, and so on in turn. */
  #bounds: number[] = [];
  /** Oldest first. */
  readonly #groups: Group[] = [];
  /** What may go out, and has not been fetched. */
  #released: Uint8Array[] = [];
  #heldBytes = 0;

  /** @param onRelease Called when `pass` has something to give, if only of nothing. */
  constructor(durable: Durable, onRelease: () => void) {
    this.#durable = durable;
    this.#onRelease = onRelease;
  }

  /** Whether more is held than a peer has packet identifiers for. */
  get isFull(): boolean {
    return this.#heldBytes > HELD_BYTES;
  }

  /**
   * Takes what is to be sent; packets may come in pieces.
   *
   * @returns What goes out now, whole packets: released acknowledgements, then what may pass.
   */
  pass(bytes: Uint8Array): Uint8Array {
    const passing = this.#sort(this.#whole(bytes));
    if (this.#released.length === 0) return passing;
    const released = this.#released;
    this.#released = [];
    for (const acks of released) this.#heldBytes -= acks.length;
    if (passing.length > 0) released.push(passing);
    return released.length === 1 ? released[0]! : Buffer.concat(released);
  }

  /** The packets that end in this chunk; `#bounds` says which of them are acknowledgements. */
  #whole(bytes: Uint8Array): Uint8Array {
    const before = this.#begun.reduce((sum, piece) => sum + piece.length, 0);
    const bounds: number[] = [];
    let first = before > 0 ? this.#begun[0]![0]! : bytes[0]!;
    let start = 0;
    this.#scanner.scan(bytes, (offset) => {
      const isAck = isAcknowledgement(first) || this.keepsSession && isOfSession(first);
      if (isAck !== (bounds.length % 2 === 1)) bounds.push(start);
      start = before + offset;
      first = bytes[offset]!;
    });
    if (bounds.length % 2 === 1) bounds.push(start);
    this.#bounds = bounds;
    if (before === 0 && start === bytes.length) return bytes;
    if (start === 0) {
      this.#begun.push(bytes.slice());
      return NOTHING;
    }
    const whole = Buffer.concat([...this.#begun, bytes.subarray(0, start - before)]);
    this.#begun = start - before < bytes.length ? [bytes.slice(start - before)] : [];
    return whole;
  }

  /** @returns What of these packets passes. */
  #sort(whole: Uint8Array): Uint8Array {
    const bounds = this.#bounds;
    if (bounds.length === 0) return whole;
    const durable = this.#durable();
    if (durable === null && this.#groups.length === 0) return whole;
    const acks: Uint8Array[] = [];
    const passing: Uint8Array[] = [];
    let at = 0;
    for (let i = 0; i < bounds.length; i += 2) {
      passing.push(whole.subarray(at, bounds[i]));
      at = bounds[i + 1]!;
      acks.push(whole.subarray(bounds[i], at));
    }
    passing.push(whole.subarray(at));
    this.#hold(Buffer.concat(acks), durable);
    return Buffer.concat(passing);
  }

  /** @param durable `null`: they only wait for those before them. */
  #hold(acks: Uint8Array, durable: Promise<unknown> | null) {
    this.#heldBytes += acks.length;
    const last = this.#groups.at(-1);
    if (last !== undefined && (durable === null || durable === last.durable)) {
      last.acks.push(acks);
      return;
    }
    const group: Group = { durable: durable!, acks: [acks], settled: false };
    this.#groups.push(group);
    const settle = () => {
      group.settled = true;
      this.#release();
    };
    group.durable.then(settle, settle);
  }

  #release() {
    const wasEmpty = this.#released.length === 0;
    while (this.#groups[0]?.settled) {
      for (const acks of this.#groups.shift()!.acks) this.#released.push(acks);
    }
    if (wasEmpty && this.#released.length > 0) this.#onRelease();
  }
}

/**
 * Waits until acknowledgements that are held now have been released, so that an orderly end does
 * not make publishers repeat what is stored.
 *
 * @param atMostMs Goes on after so long in any case, milliseconds.
 */
export async function untilReleased(durable: Durable | null | undefined, atMostMs: number) {
  const waiting = durable?.() ?? null;
  if (waiting === null) return;
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, atMostMs);
  await Promise.race([waiting, late.promise]).catch(() => {});
  clearTimeout(timer);
}
