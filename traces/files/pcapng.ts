/**
 * Reads pcapng (draft-ietf-opsawg-pcapng), numbering frames and stopping at damage as
 * Wireshark 4.0.17 does.
 *
 * @module
 */
import type { CaptureEvents } from "./capture_events.ts";
import type { CaptureFrame } from "./capture_frame.ts";
import { type PcapngInterface, readInterface } from "./pcapng_interface.ts";
import { OptionCursor } from "./pcapng_options.ts";
import {
  CUSTOM,
  CUSTOM_COPYABLE,
  JOURNAL,
  readCustom,
  readJournal,
  readSysdig,
  SYSDIG,
  SYSDIG_V2,
  SYSDIG_V2_LARGE,
} from "./pcapng_other_frames.ts";
import { forgetPacketOptions, readPacketOptions } from "./pcapng_packet_options.ts";
import {
  checkNames,
  readSecrets,
  readSection,
  readStatistics,
  SHORTEST_SECTION_HEADER,
  tellNames,
} from "./pcapng_side_blocks.ts";
import type { ParserProblem, RecordParser } from "./record_parser.ts";

/** Block type of a section header, the same in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a;

const INTERFACE_DESCRIPTION = 1;
const PACKET = 2;
const SIMPLE_PACKET = 3;
const NAME_RESOLUTION = 4;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const SECRETS = 10;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Block type, block length, and the length again. */
const FRAMING = 12;
/** The longest D-Bus message in an enhanced packet block, and 128 KiB of options. */
const LONGEST_BLOCK = 128 * 1024 * 1024 + 32 + 131_072;
/** Fixed part of both packet blocks, after block type and length. */
const PACKET_FIXED = 20;
/** The obsolete packet block's way to say that drops are not known. */
const DROPS_UNKNOWN = 0xffff;
/**
 * Interfaces that a section may describe, and bytes of all their descriptions: they are remembered
 * until the next section begins.
 */
const MOST_INTERFACES = 65_536;
const MOST_INTERFACE_BYTES = 16 * 1024 * 1024;

/** One pass over a pcapng file. */
export class PcapngParser implements RecordParser {
  readonly format = "pcapng";
  readonly unit = "block";
  problem: ParserProblem | undefined = undefined;
  needed = FRAMING;
  frames = 0;
  readonly #frame: CaptureFrame;
  readonly #onFrame: (frame: CaptureFrame) => void;
  readonly #events: CaptureEvents;
  readonly #option = new OptionCursor();
  /** Interfaces of this section. */
  #interfaces: PcapngInterface[] = [];
  #interfaceBytes = 0;
  #littleEndian = true;
  #section = 0;
  /** Whether `#frame` holds something that only an unusual block sets. */
  #unusual = false;

  constructor(
    frame: CaptureFrame,
    onFrame: (frame: CaptureFrame) => void,
    events: CaptureEvents,
  ) {
    this.#frame = frame;
    this.#onFrame = onFrame;
    this.#events = events;
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    let at = start;
    this.#frame.data = bytes;
    this.needed = FRAMING;
    while (end - at >= FRAMING) {
      const type = view.getUint32(at, this.#littleEndian);
      if (type === SECTION_HEADER && !this.#readByteOrder(view, at)) return at;
      // Writers are known that leave the padding out of the length.
      const length = Math.ceil(view.getUint32(at + 4, this.#littleEndian) / 4) * 4;
      if (length < FRAMING || length > LONGEST_BLOCK) {
        this.#fail(
          `a block has ${FRAMING} to ${LONGEST_BLOCK} bytes, and this one claims to have ${length}`,
        );
        return at;
      }
      if (end - at < length) {
        this.needed = length;
        return at;
      }
      const last = Math.ceil(view.getUint32(at + length - 4, this.#littleEndian) / 4) * 4;
      if (last !== length) {
        this.#fail(`the block's length is ${length} at its start and ${last} at its end`);
        return at;
      }
      if (!this.#readBlock(type, bytes, view, at, at + length)) return at;
      at += length;
    }
    return at;
  }

  #fail(message: string, kind: ParserProblem["kind"] = "corrupt"): false {
    this.problem = { kind, message };
    return false;
  }

  /** Sets the byte order from a section header, which is the first to need it. */
  #readByteOrder(view: DataView, at: number): boolean {
    const magic = view.getUint32(at + 8);
    if (magic === BYTE_ORDER_MAGIC) this.#littleEndian = false;
    else if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) this.#littleEndian = true;
    else {
      return this.#fail(
        `the section header's byte-order magic is 0x${magic.toString(16).padStart(8, "0")}`,
        this.#section === 0 ? "not a capture" : "corrupt",
      );
    }
    return true;
  }

  #readBlock(type: number, bytes: Uint8Array, view: DataView, at: number, end: number): boolean {
    if (type === ENHANCED_PACKET || type === PACKET) {
      return this.#readPacket(type === ENHANCED_PACKET, bytes, view, at, end);
    }
    switch (type) {
      case SIMPLE_PACKET:
        return this.#readSimplePacket(view, at, end);
      case SECTION_HEADER:
        return this.#readSection(bytes, view, at, end);
      case INTERFACE_DESCRIPTION:
        return this.#readInterface(bytes, view, at, end);
      case NAME_RESOLUTION:
        return this.#readNames(bytes, view, at, end);
      case INTERFACE_STATISTICS:
        return this.#readStatistics(bytes, view, at, end);
      case SECRETS:
        return this.#readSecrets(bytes, view, at, end);
      case CUSTOM_COPYABLE:
      case CUSTOM:
      case JOURNAL:
      case SYSDIG:
      case SYSDIG_V2:
      case SYSDIG_V2_LARGE:
        return this.#readOther(type, bytes, view, at, end);
      default:
        return true;
    }
  }

  #readPacket(
    enhanced: boolean,
    bytes: Uint8Array,
    view: DataView,
    at: number,
    end: number,
  ): boolean {
    const littleEndian = this.#littleEndian;
    const room = end - at - FRAMING - PACKET_FIXED;
    if (room < 0) return this.#fail(`a packet block of ${end - at} bytes is too short`);
    const id = enhanced
      ? view.getUint32(at + 8, littleEndian)
      : view.getUint16(at + 8, littleEndian);
    const captured = view.getUint32(at + 20, littleEndian);
    if (captured > room) {
      return this.#fail(`a packet of ${captured} bytes does not fit in a block with ${room}`);
    }
    const source = this.#interfaces[id];
    if (source === undefined) return this.#failInterface(id);
    if (captured > source.longest) return this.#failLength(captured, source);
    const frame = this.#frame;
    if (this.#unusual) this.#makeUsual();
    frame.interface = source.description;
    frame.linkType = source.description.linkType;
    source.clock.convert(
      view.getUint32(at + 12, littleEndian),
      view.getUint32(at + 16, littleEndian),
      frame,
    );
    frame.start = at + 8 + PACKET_FIXED;
    frame.capturedLength = captured;
    frame.length = view.getUint32(at + 24, littleEndian);
    const options = frame.start + (captured + 3 & ~3);
    if (options < end - 4) {
      this.#unusual = true;
      this.#option.open(bytes, view, options, end - 4, littleEndian);
      const problem = readPacketOptions(this.#option, frame);
      if (problem !== undefined) return this.#fail(problem);
    }
    if (!enhanced && frame.dropCount === undefined) {
      const drops = view.getUint16(at + 10, littleEndian);
      if (drops !== DROPS_UNKNOWN) {
        frame.dropCount = BigInt(drops);
        this.#unusual = true;
      }
    }
    this.#deliver();
    return true;
  }

  #readSimplePacket(view: DataView, at: number, end: number): boolean {
    const room = end - at - FRAMING - 4;
    if (room < 0) return this.#fail(`a simple packet block of ${end - at} bytes is too short`);
    const source = this.#interfaces[0];
    if (source === undefined) return this.#failInterface(0);
    const length = view.getUint32(at + 8, this.#littleEndian);
    const { snapLength } = source.description;
    const captured = snapLength === 0 ? length : Math.min(length, snapLength);
    if (Math.ceil(captured / 4) * 4 !== room) {
      return this.#fail(`a simple packet block with ${room} bytes has a packet of ${captured}`);
    }
    if (captured > source.longest) return this.#failLength(captured, source);
    const frame = this.#frame;
    this.#makeUsual();
    this.#unusual = true;
    frame.interface = source.description;
    frame.linkType = source.description.linkType;
    frame.hasTime = false;
    frame.start = at + 12;
    frame.capturedLength = captured;
    frame.length = length;
    this.#deliver();
    return true;
  }

  #readOther(type: number, bytes: Uint8Array, view: DataView, at: number, end: number): boolean {
    const frame = this.#frame;
    this.#makeUsual();
    this.#unusual = true;
    frame.interface = undefined;
    frame.linkType = -1;
    const problem = type === JOURNAL
      ? readJournal(bytes, at, end, frame)
      : type === CUSTOM || type === CUSTOM_COPYABLE
      ? readCustom(view, at, end, this.#littleEndian, frame)
      : readSysdig(view, at, end, this.#littleEndian, frame);
    if (problem !== undefined) return this.#fail(problem);
    this.#deliver();
    return true;
  }

  #readSection(bytes: Uint8Array, view: DataView, at: number, end: number): boolean {
    if (end - at < SHORTEST_SECTION_HEADER) {
      return this.#fail(`a section header of ${end - at} bytes is too short`);
    }
    const littleEndian = this.#littleEndian;
    const major = view.getUint16(at + 12, littleEndian);
    const minor = view.getUint16(at + 14, littleEndian);
    if (major !== 1 || minor !== 0 && minor !== 2) {
      return this.#fail(
        `the section is of version ${major}.${minor}; only 1.0 and 1.2 are known`,
        "unsupported",
      );
    }
    const fixed = { number: this.#section + 1, littleEndian };
    const section = readSection(bytes, view, [at, end], fixed, this.#option);
    if (typeof section === "string") return this.#fail(section);
    this.#section = this.#frame.section = section.number;
    this.#interfaces = [];
    this.#interfaceBytes = 0;
    this.#events.section?.(section);
    return true;
  }

  #readInterface(bytes: Uint8Array, view: DataView, at: number, end: number): boolean {
    if (end - at < FRAMING + 8) {
      return this.#fail(`an interface description of ${end - at} bytes is too short`);
    }
    if (this.#interfaces.length === MOST_INTERFACES) {
      return this.#fail(`the section describes more than ${MOST_INTERFACES} interfaces`);
    }
    this.#interfaceBytes += end - at;
    if (this.#interfaceBytes > MOST_INTERFACE_BYTES) {
      return this.#fail(
        `the section's interface descriptions have more than ${MOST_INTERFACE_BYTES} bytes`,
      );
    }
    this.#option.open(bytes, view, at + 16, end - 4, this.#littleEndian);
    const source = readInterface({
      id: this.#interfaces.length,
      section: this.#section,
      linkType: view.getUint16(at + 8, this.#littleEndian),
      snapLength: view.getUint32(at + 12, this.#littleEndian),
    }, this.#option);
    if (typeof source === "string") return this.#fail(source);
    this.#interfaces.push(source);
    this.#events.interface?.(source.description);
    return true;
  }

  #readNames(bytes: Uint8Array, view: DataView, at: number, end: number): boolean {
    const place = [at, end] as const;
    const problem = checkNames(bytes, view, place, this.#littleEndian, this.#option);
    if (problem !== undefined) return this.#fail(problem);
    const events = this.#events;
    if (events.names === undefined) return true;
    tellNames(bytes, view, place, this.#littleEndian, (names) => events.names?.(names));
    return true;
  }

  #readStatistics(bytes: Uint8Array, view: DataView, at: number, end: number): boolean {
    if (end - at < FRAMING + 12) {
      return this.#fail(`an interface statistics block of ${end - at} bytes is too short`);
    }
    const littleEndian = this.#littleEndian;
    const source = this.#interfaces[view.getUint32(at + 8, littleEndian)];
    if (source === undefined) return true;
    const place = [at, end] as const;
    const found = readStatistics(bytes, view, place, source, littleEndian, this.#option);
    if (typeof found === "string") return this.#fail(found);
    this.#events.statistics?.(found);
    return true;
  }

  #readSecrets(bytes: Uint8Array, view: DataView, at: number, end: number): boolean {
    const fixed = { section: this.#section, littleEndian: this.#littleEndian };
    const secrets = readSecrets(bytes, view, [at, end], fixed, this.#option);
    if (typeof secrets === "string") return this.#fail(secrets);
    this.#events.secrets?.(secrets);
    return true;
  }

  #failInterface(id: number): false {
    const count = this.#interfaces.length;
    return this.#fail(
      `a packet is on interface ${id}, and the section describes ${count === 0 ? "none" : count}`,
    );
  }

  #failLength(captured: number, source: PcapngInterface): false {
    return this.#fail(`a packet of ${captured} bytes is longer than the limit ${source.longest}`);
  }

  #deliver() {
    this.#frame.number = ++this.frames;
    this.#onFrame(this.#frame);
  }

  /** Undoes what an unusual block or option left in the frame. */
  #makeUsual() {
    const frame = this.#frame;
    this.#unusual = false;
    frame.hasTime = true;
    frame.seconds = 0;
    frame.nanoseconds = 0;
    forgetPacketOptions(frame);
    frame.block = "packet";
    frame.enterprise = -1;
    frame.copyable = false;
  }
}
