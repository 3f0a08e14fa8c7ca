/**
 * Compares the values of both programs, frame by frame and field by field.
 *
 * @module
 */
import type { ComparedFile, ComparedFrame } from "./compared_file.ts";
import { type Exception, EXCEPTIONS } from "./exceptions.ts";
import { firstForeign } from "./known_protocols.ts";
import { OUT_OF_SCOPE } from "./out_of_scope.ts";

/** A value that is not the same and is no exception. */
export interface Difference {
  readonly file: string;
  /** Number of the frame, from 1. */
  readonly frame: number;
  readonly field: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Fields equal and fields compared. */
export interface Agreement {
  equal: number;
  compared: number;
}

/** Sums over all files compared. */
export class Comparison {
  readonly differences: Difference[] = [];
  /** Files that are neither pcap nor pcapng, or of a link type that tshark refuses. */
  readonly skipped: string[] = [];
  readonly byProtocol: Map<string, Agreement> = new Map();
  /** How often each exception, and what is out of scope, was met. */
  readonly exceptions: Map<string, number> = new Map();

  add(file: ComparedFile): void {
    if (file.own.frames.length !== file.oracle.frames.length) {
      this.#count("frame", false);
      this.#differ(file.frames[0]!, "number of frames", [String(file.own.frames.length)], [
        String(file.oracle.frames.length),
      ]);
    }
    const count = Math.min(file.own.frames.length, file.oracle.frames.length);
    for (let i = 0; i < count; i++) this.#frame(file.frames[i]!);
  }

  #frame(frame: ComparedFrame): void {
    const foreign = firstForeign(frame.layers) < frame.layers.length;
    for (const field of frame.file.fields) {
      const ours = frame.ours(field);
      const theirs = frame.theirs(field);
      if (ours.length === 0 && theirs.length === 0) continue;
      if (foreign && beyond(field)) continue;
      const same = equal(frame, field, ours, theirs, foreign);
      const exception = same ? undefined : exceptionFor(frame, field, ours, theirs);
      if (exception !== undefined) {
        this.exceptions.set(exception.name, (this.exceptions.get(exception.name) ?? 0) + 1);
        continue;
      }
      this.#count(protocolOf(field), same);
      if (!same) this.#differ(frame, field, ours, theirs);
    }
  }

  #count(protocol: string, same: boolean): void {
    let agreement = this.byProtocol.get(protocol);
    if (agreement === undefined) {
      this.byProtocol.set(protocol, agreement = { equal: 0, compared: 0 });
    }
    agreement.compared++;
    if (same) agreement.equal++;
  }

  #differ(
    frame: ComparedFrame,
    field: string,
    ours: readonly string[],
    theirs: readonly string[],
  ): void {
    this.differences.push({
      file: frame.file.name,
      frame: frame.index + 1,
      field,
      ours: ours.join(","),
      theirs: theirs.join(","),
    });
  }
}

/** `tcp` of `tcp.len`, but `tcp.analysis` of `tcp.analysis.flags`. */
function protocolOf(field: string): string {
  if (field.startsWith("tcp.analysis.")) return "tcp.analysis";
  const dot = field.indexOf(".");
  return dot < 0 ? field : field.slice(0, dot);
}

/** Fields of what tshark does not hand to another protocol. */
function beyond(field: string): boolean {
  return field === "data" || field.startsWith("data.") || field === "data-text-lines";
}

function equal(
  frame: ComparedFrame,
  field: string,
  ours: readonly string[],
  theirs: readonly string[],
  foreign: boolean,
): boolean {
  if (field === "frame.protocols" && foreign) {
    const { layers, ownLayers } = frame;
    return layers.slice(0, firstForeign(layers)).every((name, i) => ownLayers[i] === name);
  }
  // A foreign protocol may carry protocols of ours once more.
  if (!foreign && ours.length !== theirs.length) return false;
  if (foreign && ours.length > theirs.length) return false;
  return ours.every((value, i) => value === theirs[i]);
}

function exceptionFor(
  frame: ComparedFrame,
  field: string,
  ours: readonly string[],
  theirs: readonly string[],
): Exception | undefined {
  return [...OUT_OF_SCOPE, ...EXCEPTIONS].find((exception) =>
    exception.fields.test(field) && exception.applies({ frame, field, ours, theirs })
  );
}
