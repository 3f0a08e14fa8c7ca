/**
 * `decode_worker.ts`, which says before its end how much memory it held at most.
 *
 * @module
 */
import "../../gateway/http/decode_worker.ts";
import type { FromDecoder } from "../../gateway/http/decode_messages.ts";
import { liveMemory } from "../support/live_memory.ts";

/** What it says beside what decoders say. */
export interface MostHeld {
  /** Bytes, in the heap and beside it. */
  readonly mostHeld: number;
}

/** Pieces of the capture between two looks, each of which takes a garbage collection. */
const PIECES = 50;

const scope = globalThis as unknown as {
  postMessage(message: FromDecoder | MostHeld, transfer?: ArrayBuffer[]): void;
};
const post = scope.postMessage.bind(scope);
let mostHeld = 0;
let pieces = 0;

function look() {
  const { heap, buffers } = liveMemory();
  mostHeld = Math.max(mostHeld, heap + buffers);
}

scope.postMessage = (message, transfer = []) => {
  if ("kind" in message && message.kind === "used") {
    pieces += message.pieces;
    if (pieces >= PIECES) {
      pieces = 0;
      look();
    }
  }
  if ("kind" in message && message.kind === "done") {
    look();
    post({ mostHeld });
  }
  post(message, transfer);
};
