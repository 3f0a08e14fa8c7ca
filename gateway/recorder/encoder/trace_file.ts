/**
 * The pcapng that one reader gets: interfaces and names as they are needed, packets whose times
 * never go back, statistics at the end.
 *
 * @module
 */
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { addressBytes } from "../packets/addresses.ts";
import { type PacketComment, shortened } from "./comment_lines.ts";

/** Longest packet in the file; a block with its comments stays below 262,144 bytes. */
export const MAX_PACKET_BYTES = 190_000;
/** What is earlier than the packet before it by less than this is said to be simultaneous, ms. */
const ROUNDING_MS = 0.01;
/** Names written; more are left out. */
const MAX_NAMES = 10_000;
/** Longest note, characters. */
const MAX_NOTE = 500;
/** Longest option of a pcapng block, bytes. */
const MAX_OPTION = 65_535;

const encoder = new TextEncoder();
const option = new Uint8Array(MAX_OPTION);

/** Where a packet was seen. */
export interface TraceInterface {
  name: string;
  linkType: number;
  description: string;
}

export interface TraceFileOptions {
  version: string;
  hostname: string;
  /** Added to the monotonic clock it gives Unix ms. */
  clockOffset: number;
  comment: string;
}

interface Interface {
  number: number;
  packets: number;
  dropped: number;
}

/** Way of a packet, `epb_flags`. */
export const INBOUND = 1;
export const OUTBOUND = 2;

export class TraceFile {
  /** Packets written. */
  packets = 0;
  /** Records lost, as far as they are said in the file or will be. */
  lost = 0;
  readonly #writer = new PcapngWriter();
  readonly #interfaces = new Map<TraceInterface, Interface>();
  /** That of the last packet. */
  #newest: Interface | null = null;
  readonly #names = new Set<string>();
  /** Time of the last packet, ms of the monotonic clock. */
  #last = -Infinity;
  #lostBefore = 0;
  #clockSet = false;
  /** The offset as whole seconds and the rest in ms, so that nanoseconds stay exact. */
  #offsetSeconds = 0;
  #offsetMs = 0;

  constructor(options: TraceFileOptions) {
    this.#setOffset(options.clockOffset);
    this.#writer.section({
      application: fitting(`edgewire ${options.version}`),
      hardware: fitting(options.hostname),
      comment: fitting(options.comment),
    });
  }

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#writer.length;
  }

  /** What was written since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#writer.take();
  }

  /** The system clock was set: times are others from now on. */
  setClock(offset: number) {
    this.#setOffset(offset);
    this.#clockSet = true;
  }

  #setOffset(offset: number) {
    this.#offsetSeconds = Math.floor(offset / 1000);
    this.#offsetMs = offset - this.#offsetSeconds * 1000;
  }

  /** Records were lost here; the next packet says so. */
  lose(count: number) {
    this.#lostBefore += count;
    this.lost += count;
  }

  /** Says what an address is called. Others than IP addresses are passed over. */
  name(host: string, name: string) {
    // deno-lint-ignore no-control-regex
    const text = shortened(name).replace(/[\x00-\x20\x7f]/g, "_");
    const key = `${host} ${text}`;
    if (name === "" || this.#names.has(key) || this.#names.size >= MAX_NAMES) return;
    this.#names.add(key);
    const address = addressBytes(host);
    if (address === undefined) return;
    this.#writer.names([{ address, names: [text] }]);
  }

  /**
   * Writes a packet.
   *
   * @param from the same object for all packets of an interface
   * @param time ms of the monotonic clock
   * @param flags `epb_flags`
   * @param length where it was longer than the data, bytes
   */
  packet(
    from: TraceInterface,
    time: number,
    data: Uint8Array,
    flags: number,
    comment: PacketComment,
    length = data.length,
  ) {
    const place = this.#interfaces.get(from) ?? this.#describe(from);
    const cut = data.length > MAX_PACKET_BYTES;
    this.#newest = place;
    place.packets++;
    this.packets++;
    const lost = this.#lostBefore;
    place.dropped += lost;
    this.#writer.packet({
      interface: place.number,
      time: this.#time(Math.max(time, this.#last)),
      data: cut ? data.subarray(0, MAX_PACKET_BYTES) : data,
      length,
      flags,
      comment: this.#comment(comment, time),
      ...(lost === 0 ? {} : { dropCount: BigInt(lost) }),
    });
    this.#lostBefore = 0;
    this.#clockSet = false;
    if (time > this.#last) this.#last = time;
  }

  /** Statistics of all interfaces; nothing may follow. */
  finish() {
    if (this.#newest !== null) this.#newest.dropped += this.#lostBefore;
    for (const { number, packets, dropped } of this.#interfaces.values()) {
      this.#writer.statistics({
        interface: number,
        time: this.#time(this.#last),
        received: BigInt(packets + dropped),
        dropped: BigInt(dropped),
      });
    }
  }

  #describe(from: TraceInterface): Interface {
    const { linkType } = from;
    const name = fitting(from.name);
    const description = fitting(from.description);
    const number = this.#writer.interface({ name, linkType, description });
    const place = { number, packets: 0, dropped: 0 };
    this.#interfaces.set(from, place);
    return place;
  }

  /** What is special about this packet stands at the end of its first line. */
  #comment({ text, note }: PacketComment, time: number): string | string[] {
    const late = this.#last - time;
    let more = "";
    if (this.#lostBefore > 0) more += ` lost=${this.#lostBefore}`;
    if (this.#clockSet) more += " clock=set";
    if (late > ROUNDING_MS) more += ` late_us=${Math.round(late * 1000)}`;
    let lines = text;
    if (more !== "") {
      const end = text.indexOf("\n");
      lines = end < 0 ? text + more : text.slice(0, end) + more + text.slice(end);
    }
    lines = fitting(lines);
    return note === "" ? lines : [lines, note.slice(0, MAX_NOTE)];
  }

  #time(time: number) {
    const ms = time + this.#offsetMs;
    const seconds = Math.floor(ms / 1000);
    const nanoseconds = Math.min(Math.round((ms - seconds * 1000) * 1e6), 999_999_999);
    return { seconds: this.#offsetSeconds + seconds, nanoseconds };
  }
}

/** As much of a text as an option holds. */
function fitting(text: string): string {
  if (text.length * 3 <= MAX_OPTION) return text;
  const { read } = encoder.encodeInto(text, option);
  return read === text.length ? text : text.slice(0, read);
}
