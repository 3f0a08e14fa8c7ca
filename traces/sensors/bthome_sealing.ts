/**
 * Encrypted BTHome (bthome.io/encryption): opens what is sealed with AES-128-CCM and judges its
 * counter. What a packet says changes what is remembered only if its integrity code is right.
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { SensorCursor } from "./sensor_cursor.ts";
import { type CounterMemory, putAddress, type SensorPacket } from "./sensor_packet.ts";
import type { SensorReport } from "./sensor_report.ts";

const COUNTER_BYTES = 4;
const MIC_BYTES = 4;
/**
 * A counter that fell below this means that the device restarted, or that the counter went around.
 * Others that fell are replays.
 */
const RESTART_BELOW = 100;

const TOO_SHORT = rule(
  "bthome",
  "error",
  "encrypted packet is too short for counter and integrity code",
  "bthome.io/encryption",
);

export interface BtHomeSealOptions {
  /** Name of the counter in the device's memory. */
  readonly counter: string;
  /** What stands in the nonce between address and counter; version 2 has the information byte last. */
  readonly middle: readonly number[];
  /** Additional authenticated data. */
  readonly aad: readonly number[];
}

/** One version's way of sealing. One object serves all packets. */
export class BtHomeSeal {
  /** What was opened, from its first object on; good until the next. */
  readonly plain: SensorCursor = new SensorCursor();
  /** What to add to positions in `plain` to get those of the bytes given to the decoder. */
  shift = 0;
  readonly #counter: string;
  readonly #aad: Uint8Array;
  readonly #nonce: Uint8Array;
  readonly #counterAt: number;
  /** What the last accepted packet of a device was opened to: most packets are sent several times. */
  readonly #opened = new WeakMap<CounterMemory, Uint8Array>();
  #sealed = new Uint8Array(256);
  #plain = new Uint8Array(256);

  constructor({ counter, middle, aad }: BtHomeSealOptions) {
    this.#counter = counter;
    this.#aad = Uint8Array.from(aad);
    this.#counterAt = 6 + middle.length;
    this.#nonce = new Uint8Array(this.#counterAt + COUNTER_BYTES);
    this.#nonce.set(middle, 6);
  }

  /**
   * Opens what the packet's cursor stands at: encrypted objects, counter, integrity code.
   *
   * @param begin where the content begins, information byte and address included
   * @param address whose address is in the nonce; -1 unknown
   * @param info last byte of the nonce's middle; -1: as it is
   * @returns whether `plain` has objects to read
   */
  open(
    packet: SensorPacket,
    report: SensorReport,
    begin: number,
    address: number,
    info: number,
  ): boolean {
    const { cursor } = packet;
    const ccm = packet.memory.key?.ccm;
    report.sealing = ccm === undefined || address < 0 ? "no key" : "refused";
    const start = cursor.pos;
    const length = cursor.left - COUNTER_BYTES - MIC_BYTES;
    if (length < 0) {
      report.problem(TOO_SHORT, start, `${cursor.left} bytes`);
      return false;
    }
    cursor.take(length);
    const counter = cursor.uintLE(COUNTER_BYTES);
    if (ccm === undefined || address < 0) {
      setCounter(report, counter);
      return false;
    }
    const content = packet.data.subarray(begin, cursor.end);
    const memory = packet.memory.counterOf(this.#counter);
    if (counter === memory.counter && same(content, memory.sealed) && this.#again(memory)) {
      report.stale = true;
    } else {
      this.#setNonce(address, info, content);
      const sealed = this.#gather(packet.data, start, length);
      if (!ccm.open(this.#nonce, this.#aad, sealed, MIC_BYTES, this.#plain)) {
        const detail = `the integrity code is wrong (counter ${counter})`;
        report.find("integrity", detail, counter, memory.counter);
        return false;
      }
      if (!judge(packet.time, report, memory, counter, content, start - begin)) return false;
      if (!report.stale) this.#accept(memory, counter, content, packet.time, length);
    }
    report.sealing = "opened";
    setCounter(report, counter);
    this.plain.open(this.#plain, 0, length);
    this.shift = start;
    return true;
  }

  /** Takes what the last accepted packet was opened to. */
  #again(memory: CounterMemory): boolean {
    const opened = this.#opened.get(memory);
    if (opened === undefined) return false;
    this.#plain.set(opened);
    return true;
  }

  #accept(
    memory: CounterMemory,
    counter: number,
    content: Uint8Array,
    time: number,
    length: number,
  ): void {
    memory.counter = counter;
    memory.time = time;
    if (memory.sealed.length === content.length) memory.sealed.set(content);
    else memory.sealed = content.slice();
    this.#opened.set(memory, this.#plain.slice(0, length));
  }

  #setNonce(address: number, info: number, content: Uint8Array): void {
    const nonce = this.#nonce;
    const at = this.#counterAt;
    const from = content.length - COUNTER_BYTES - MIC_BYTES;
    putAddress(address, nonce, 0);
    if (info >= 0) nonce[at - 1] = info;
    for (let i = 0; i < COUNTER_BYTES; i++) nonce[at + i] = content[from + i]!;
  }

  /** Encrypted objects and integrity code without the counter between them. */
  #gather(data: Uint8Array, start: number, length: number): Uint8Array {
    const size = length + MIC_BYTES;
    if (this.#sealed.length < size) {
      this.#sealed = new Uint8Array(size * 2);
      this.#plain = new Uint8Array(size * 2);
    }
    const sealed = this.#sealed;
    for (let i = 0; i < length; i++) sealed[i] = data[start + i]!;
    const mic = start + length + COUNTER_BYTES;
    for (let i = 0; i < MIC_BYTES; i++) sealed[length + i] = data[mic + i]!;
    return sealed.subarray(0, size);
  }
}

function setCounter(report: SensorReport, counter: number): void {
  report.sequence = counter;
  report.sequenceModulus = 2 ** 32;
}

/**
 * Whether a packet that verified is to be read, by its counter.
 *
 * @param content all of the packet; its first `head` bytes are in the nonce
 */
function judge(
  time: number,
  report: SensorReport,
  memory: CounterMemory,
  counter: number,
  content: Uint8Array,
  head: number,
): boolean {
  const last = memory.counter;
  if (counter > last) return true;
  if (counter === last && same(content, memory.sealed)) {
    report.stale = true;
    return true;
  }
  if (counter === last && same(content.subarray(0, head), memory.sealed.subarray(0, head))) {
    const detail = `counter ${counter} came before with other contents`;
    report.find("repeated nonce", detail, counter, last);
    return counter < RESTART_BELOW;
  }
  if (time < memory.time) {
    // Another receiver's copy that arrived late: nobody can replay what was not sent yet.
    report.stale = true;
    return true;
  }
  if (counter < RESTART_BELOW) return true;
  report.find("replayed counter", `counter ${counter} after ${last}`, counter, last);
  return false;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
