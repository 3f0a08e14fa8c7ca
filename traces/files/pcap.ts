/**
 * Reads classic pcap files (draft-ietf-opsawg-pcap).
 *
 * @module
 */
import type { CaptureFrame, CaptureInterface } from "./capture_frame.ts";
import { longestFrame, pseudoHeaderLength } from "./link_type_rules.ts";
import type { PcapLayout } from "./pcap_layout.ts";
import type { ParserProblem, RecordParser } from "./record_parser.ts";

const BILLION = 1_000_000_000;

/** The one interface that stands for a pcap file. */
export function pcapInterface(layout: PcapLayout): CaptureInterface {
  return {
    id: 0,
    section: 0,
    implied: true,
    linkType: layout.linkType,
    snapLength: layout.snapLength,
    label: "unknown",
    comments: [],
    pseudoHeaderLength: pseudoHeaderLength(layout.linkType),
    timeDigits: layout.nanoseconds === 1 ? 9 : 6,
    options: [],
    ...layout.fcsLength !== undefined && { fcsLength: layout.fcsLength },
  };
}

/** One pass over the records of a pcap file, from after its header on. */
export class PcapParser implements RecordParser {
  readonly format: string;
  readonly unit = "record";
  problem: ParserProblem | undefined = undefined;
  needed: number;
  frames = 0;
  readonly #frame: CaptureFrame;
  readonly #onFrame: (frame: CaptureFrame) => void;
  readonly #littleEndian: boolean;
  readonly #header: number;
  readonly #nanoseconds: number;
  readonly #swapped: PcapLayout["swapped"];
  readonly #padding: number;
  readonly #longest: number;

  constructor(
    layout: PcapLayout,
    source: CaptureInterface,
    frame: CaptureFrame,
    onFrame: (frame: CaptureFrame) => void,
  ) {
    this.format = layout.name;
    this.needed = this.#header = layout.recordHeader;
    this.#littleEndian = layout.littleEndian;
    this.#nanoseconds = layout.nanoseconds;
    this.#swapped = layout.swapped;
    this.#padding = layout.padding;
    this.#longest = longestFrame(layout.linkType);
    this.#onFrame = onFrame;
    this.#frame = frame;
    frame.interface = source;
    frame.linkType = layout.linkType;
    frame.section = 0;
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const header = this.#header;
    const padding = this.#padding;
    const littleEndian = this.#littleEndian;
    const frame = this.#frame;
    const onFrame = this.#onFrame;
    let at = start;
    frame.data = bytes;
    this.needed = header;
    while (end - at >= header) {
      let captured = view.getUint32(at + 8, littleEndian);
      let length = view.getUint32(at + 12, littleEndian);
      if (this.#swapped !== "no" && (this.#swapped === "yes" || captured > length)) {
        const first = captured;
        captured = length;
        length = first;
      }
      if (captured > this.#longest || captured < padding) {
        this.#fail(captured);
        return at;
      }
      if (end - at < header + captured) {
        this.needed = header + captured;
        return at;
      }
      const seconds = view.getUint32(at, littleEndian);
      const nanoseconds = view.getUint32(at + 4, littleEndian) * this.#nanoseconds;
      if (nanoseconds < BILLION) {
        frame.seconds = seconds;
        frame.nanoseconds = nanoseconds;
      } else {
        frame.seconds = seconds + Math.floor(nanoseconds / BILLION);
        frame.nanoseconds = nanoseconds % BILLION;
      }
      frame.start = at + header + padding;
      frame.capturedLength = captured - padding;
      frame.length = Math.max(0, length - padding);
      frame.number = ++this.frames;
      onFrame(frame);
      at += header + captured;
    }
    return at;
  }

  #fail(captured: number) {
    const message = captured > this.#longest
      ? `a packet of ${captured} bytes is longer than the limit ${this.#longest}`
      : `a packet of ${captured} bytes is shorter than its padding`;
    this.problem = { kind: "corrupt", message };
  }
}
