/**
 * Frames run through the network decoder, all fields wanted, without the protocols above.
 *
 * @module
 */
import { decodeData } from "../../../traces/wire/data.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { allFields, fieldNamed, fieldOf } from "../../../traces/wire/field.ts";
import { conclude } from "../../../traces/wire/failure.ts";
import { Network } from "../../../traces/flows/network.ts";
import { Observer } from "../../../traces/flows/observer.ts";
import { StreamBudget } from "../../../traces/flows/stream_budget.ts";
import { type StreamProtocol, TAKEN } from "../../../traces/flows/stream_protocol.ts";
import { valueText } from "../../../traces/report/value.ts";

/** How a frame was captured. */
export interface Capture {
  readonly linkType?: number;
  /** Microseconds since the first frame. @default 1000 more than the one before */
  readonly at?: number;
  /** Instead of `at`. */
  readonly time?: { readonly seconds: number; readonly nanoseconds: number };
  /** Bytes that the capture kept. @default all */
  readonly kept?: number;
  /** Bytes on the wire. @default all */
  readonly length?: number;
}

const START = 1_700_000_000;

export class NetworkRun {
  readonly d: Dissection = new Dissection(allFields().length);
  readonly budget: StreamBudget = new StreamBudget();
  readonly network: Network;
  #micros = 0;

  /** @param protocol rides on every TCP connection; without, bytes are data */
  constructor(protocol?: StreamProtocol) {
    this.d.want.fill(1, 1);
    this.d.columns = true;
    this.network = new Network({
      observer: new Observer(),
      budget: this.budget,
      recognise: () => protocol ?? UNKNOWN,
      udp: () => false,
    });
  }

  /** Decodes a frame. */
  frame(bytes: Uint8Array, capture: Capture = {}): this {
    const { d } = this;
    const { time, kept = bytes.length, length = bytes.length } = capture;
    this.#micros = capture.at ?? this.#micros + 1000;
    d.frame++;
    d.seconds = time?.seconds ?? START + Math.floor(this.#micros / 1e6);
    d.nanoseconds = time?.nanoseconds ?? this.#micros % 1e6 * 1000;
    d.time = d.seconds + d.nanoseconds / 1e9;
    d.begin(bytes, 0, kept, length);
    this.network.decode(d, capture.linkType ?? 1);
    conclude(d);
    return this;
  }

  /** Values of a field in the last frame, as tshark prints them, joined by commas. */
  text(name: string): string {
    const field = fieldNamed(name);
    if (field === undefined) throw new Error(`no field ${name}`);
    const { tree } = this.d;
    const values: string[] = [];
    for (let i = 0; i < tree.count; i++) {
      if (tree.id[i] === field.id) values.push(valueText(this.d, i));
    }
    return values.join(",");
  }

  /** `frame.protocols` of the last frame. */
  get layers(): string {
    return Array.from(this.d.layers.subarray(0, this.d.layerCount), (id) => fieldOf(id).name)
      .join(":");
  }

  /** Texts of the problems of the last frame. */
  get problems(): string[] {
    return this.d.problems.map(({ rule }) => rule.text);
  }
}

const UNKNOWN: StreamProtocol = {
  name: "data",
  read(d) {
    decodeData(d);
    return TAKEN;
  },
};

/** Messages of a length byte, which counts itself, and text; keeps what it read, per frame. */
export class CountedText implements StreamProtocol {
  readonly name = "counted";
  /** `frame:text` of each. */
  readonly messages: string[] = [];
  readonly holes: number[] = [];

  read(d: Dissection): number {
    const length = Math.max(1, d.peek());
    if (length > d.limit - d.pos) return length;
    const text = new TextDecoder().decode(d.data.subarray(d.pos + 1, d.pos + length));
    this.messages.push(`${d.frame}:${text}`);
    d.skip(length);
    return TAKEN;
  }

  lost(_d: Dissection, _c: unknown, _side: number, length: number): void {
    this.holes.push(length);
  }
}
