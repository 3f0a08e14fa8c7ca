/**
 * Runs bytes of both sides of a conversation through a protocol, without TCP around them.
 *
 * @module
 */
import { Conversation, type Side } from "../../../traces/flows/conversation.ts";
import { Endpoints } from "../../../traces/flows/endpoints.ts";
import { Observer } from "../../../traces/flows/observer.ts";
import type { Assembly } from "../../../traces/flows/assembly.ts";
import { PduStream } from "../../../traces/flows/pdu_stream.ts";
import { StreamContext } from "../../../traces/flows/stream_context.ts";
import type { StreamProtocol } from "../../../traces/flows/stream_protocol.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { allFields } from "../../../traces/wire/field.ts";
import { valueText } from "../../../traces/report/value.ts";

/** What one side sends in one frame. */
export interface Piece {
  readonly side: Side;
  readonly bytes: Uint8Array;
  /** Seconds. */
  readonly time?: number;
  /** Bytes of it that the capture holds. @default all */
  readonly captured?: number;
}

/** What was found in one frame. */
export interface Found {
  readonly layers: readonly string[];
  /** Field name and value, in order. */
  readonly fields: readonly (readonly [string, string])[];
  /** Text of each problem's rule. */
  readonly problems: readonly string[];
}

const ASSEMBLY: Assembly = { name: "Joined", joined() {} };

export class StreamRun {
  readonly d: Dissection;
  readonly conversation: Conversation = new Conversation(0, "tcp", new Endpoints());
  readonly context: StreamContext;
  readonly #streams: readonly [PduStream, PduStream];
  #frame = 0;

  /** @param wanted whether all fields are written */
  constructor(
    make: (context: StreamContext) => StreamProtocol,
    wanted = true,
    observer: Observer = new Observer(),
  ) {
    this.d = new Dissection(allFields().length);
    if (wanted) this.d.want.fill(1, 1);
    this.context = new StreamContext(observer);
    const { budget } = this.context;
    const { conversation } = this;
    conversation.protocol = make(this.context);
    this.#streams = [
      new PduStream(budget, ASSEMBLY, conversation),
      new PduStream(budget, ASSEMBLY, conversation),
    ];
  }

  /** Decodes one frame; the result is in `d`. */
  feed({ side, bytes, time, captured }: Piece): void {
    this.#begin(bytes, time, captured);
    this.#streams[side].feed(this.d, this.conversation, side);
  }

  /** As `feed`, and says what was found. */
  find(piece: Piece): Found {
    this.feed(piece);
    return this.found();
  }

  /** The side sends no more. */
  end(side: Side): Found {
    this.#begin(new Uint8Array(0));
    this.#streams[side].end(this.d, this.conversation, side);
    return this.found();
  }

  /** `length` bytes of the side are missing. */
  lose(side: Side, length: number): Found {
    this.#begin(new Uint8Array(0));
    this.#streams[side].lose(this.d, this.conversation, side, length);
    return this.found();
  }

  found(): Found {
    const { d } = this;
    const names = allFields();
    const fields: [string, string][] = [];
    for (let i = 0; i < d.tree.count; i++) {
      const name = names[d.tree.id[i]!]!.name;
      fields.push([name, valueText(d, i)]);
    }
    const layers = [...d.layers.subarray(0, d.layerCount)].map((id) => names[id]!.name);
    return { layers, fields, problems: d.problems.map(({ rule }) => rule.text) };
  }

  #begin(bytes: Uint8Array, time?: number, captured: number = bytes.length): void {
    const { d } = this;
    d.frame = ++this.#frame;
    d.time = time ?? this.#frame;
    // Bytes around the frame's own show that nothing beyond them is read.
    const around = new Uint8Array(bytes.length + 16).fill(0xee);
    around.set(bytes, 8);
    d.begin(around, 8, captured, bytes.length);
  }
}

/** The values of one field, in order, over all frames. */
export function valuesOf(found: readonly Found[], name: string): string[] {
  return found.flatMap(({ fields }) =>
    fields.filter(([field]) => field === name).map(([, value]) => value)
  );
}

/** All fields and problems in order, whatever frame they are in. */
export function flat(found: readonly Found[]): { fields: string[]; problems: string[] } {
  return {
    fields: found.flatMap(({ fields }) => fields.map(([name, value]) => `${name}=${value}`)),
    problems: found.flatMap(({ problems }) => problems),
  };
}

const encoder = new TextEncoder();

/** Bytes from text (UTF-8), numbers and other bytes, one after the other. */
export function octets(...parts: (string | number | Uint8Array | readonly number[])[]): Uint8Array {
  const pieces = parts.map((part) =>
    typeof part === "string"
      ? encoder.encode(part)
      : typeof part === "number"
      ? Uint8Array.of(part)
      : Uint8Array.from(part)
  );
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
