/**
 * Decodes as the gateway does, in the same worker, and measures what the worker holds: not what the
 * process happens to have, which depends on when garbage is collected.
 *
 * @module
 */
import { DecodeControl } from "../../gateway/http/decode_control.ts";
import {
  type DecodeStart,
  type FromDecoder,
  PIECES_AHEAD,
} from "../../gateway/http/decode_messages.ts";
import type { MostHeld } from "./measured_decode_worker.ts";

/** How a decode ended. */
export interface MeasuredDecode {
  /** Lines of the answer. */
  readonly text: string;
  /** Most bytes that the worker held, in its heap and beside it. */
  readonly mostHeld: number;
}

/**
 * @param start What is asked for.
 * @param pieces The capture; each is the callee's then.
 */
export async function measuredDecode(
  start: Pick<DecodeStart, "args" | "tree">,
  pieces: Iterable<Uint8Array<ArrayBuffer>>,
): Promise<MeasuredDecode> {
  const worker = new Worker(new URL("measured_decode_worker.ts", import.meta.url), {
    type: "module",
  });
  try {
    return await decodeIn(worker, start, pieces[Symbol.iterator]());
  } finally {
    worker.terminate();
  }
}

function decodeIn(
  worker: Worker,
  start: Pick<DecodeStart, "args" | "tree">,
  pieces: Iterator<Uint8Array<ArrayBuffer>>,
): Promise<MeasuredDecode> {
  const control = new DecodeControl();
  const { promise, resolve, reject } = Promise.withResolvers<MeasuredDecode>();
  const decoder = new TextDecoder();
  let text = "";
  let mostHeld = 0;
  const feed = (count: number) => {
    for (let i = 0; i < count; i++) {
      const { value, done } = pieces.next();
      if (done) return worker.postMessage({ tooLarge: undefined });
      worker.postMessage(value, [value.buffer]);
    }
  };
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  worker.onmessage = ({ data }: MessageEvent<FromDecoder | MostHeld>) => {
    if (data instanceof Uint8Array) {
      text += decoder.decode(data, { stream: true });
      control.took(data.length);
    } else if ("mostHeld" in data) mostHeld = data.mostHeld;
    else if (data.kind === "used") feed(data.pieces);
    else if (data.kind === "refused") reject(new Error(data.message));
    else if (data.kind === "done") resolve({ text, mostHeld });
  };
  const { memory } = control;
  worker.postMessage({ ...start, name: "test", size: undefined, progress: false, control: memory });
  feed(PIECES_AHEAD);
  return promise;
}
