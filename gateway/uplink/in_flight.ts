/**
 * What was sent and is not acknowledged, in the order of sending.
 *
 * @module
 */
import type { ChannelNumbers } from "./channel_book.ts";
import type { OutboxMessage } from "./outbox.ts";
import type { DropNotice } from "./outgoing.ts";
import type { Upload } from "./upload.ts";

/** One PUBLISH under way. */
export interface Sending {
  packetId: number;
  /** What the outbox has up to this number is done with it. */
  number: number;
  /** When it came in, Unix milliseconds. */
  time: number;
  /** `null`: of no channel. */
  numbers: ChannelNumbers | null;
  /** `n` up to which the cloud knows the channel with it. */
  n: number;
  /** `null`: none. */
  content: { upload: Upload } | { notice: DropNotice } | null;
  /** That it is, or stands for; `null`: of none. */
  message: OutboxMessage | null;
  /** It stands for so much that is dropped. */
  passed?: { messages: number; bytes: number };
  /** It was written, under this packet identifier. */
  isWritten: boolean;
  isAcknowledged: boolean;
}

/** The identifier behind it is the subscription's. */
const LAST_PACKET_ID = 0xfffe;

export class InFlight {
  #order: Sending[] = [];
  #start = 0;
  readonly #byId = new Map<number, Sending>();
  #lastId = 0;
  /** Of those without acknowledgement. */
  bytes = 0;

  /** How many are without acknowledgement. */
  get size(): number {
    return this.#byId.size;
  }

  get oldest(): Sending | undefined {
    return this.#order[this.#start];
  }

  /** Messages that are passed over keep their place here, those next to each other as one. */
  pass({ n, time, data }: OutboxMessage) {
    const last = this.#start < this.#order.length ? this.#order.at(-1)! : null;
    if (last?.passed !== undefined) {
      last.number = n;
      last.passed.messages++;
      last.passed.bytes += data.length;
      return;
    }
    this.#order.push({
      packetId: 0,
      number: n,
      time,
      numbers: null,
      n: 0,
      content: null,
      message: null,
      passed: { messages: 1, bytes: data.length },
      isWritten: false,
      isAcknowledged: true,
    });
  }

  add(sending: Sending) {
    this.#order.push(sending);
    this.#identify(sending);
    this.bytes += sending.message?.data.length ?? 0;
  }

  #identify(sending: Sending) {
    do {
      this.#lastId = this.#lastId % LAST_PACKET_ID + 1;
    } while (this.#byId.has(this.#lastId));
    sending.packetId = this.#lastId;
    this.#byId.set(this.#lastId, sending);
  }

  /** Gives one that is under way other contents, under another identifier. */
  replace(sending: Sending, content: Sending["content"]) {
    this.#byId.delete(sending.packetId);
    this.#identify(sending);
    sending.content = content;
    sending.isWritten = false;
  }

  /** What was sent under this identifier. */
  get(packetId: number): Sending | undefined {
    return this.#byId.get(packetId);
  }

  acknowledge(sending: Sending) {
    this.#byId.delete(sending.packetId);
    sending.isAcknowledged = true;
    this.bytes -= sending.message?.data.length ?? 0;
  }

  /** Takes out those that are acknowledged, as far as none before them is not. */
  *finished(): Generator<Sending> {
    for (let oldest; (oldest = this.#order[this.#start])?.isAcknowledged;) {
      this.#start++;
      yield oldest;
    }
    if (this.#start > 1000 && this.#start * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Forgets all. @returns them, in order */
  clear(): Sending[] {
    const all = this.#order.slice(this.#start);
    this.#order = [];
    this.#start = 0;
    this.#byId.clear();
    this.bytes = 0;
    return all;
  }

  /** Those without acknowledgement, in order. */
  pending(): Sending[] {
    return this.#order.slice(this.#start).filter(({ isAcknowledged }) => !isAcknowledged);
  }
}
