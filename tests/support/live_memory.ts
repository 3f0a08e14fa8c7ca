/**
 * Memory that is held: what is left after a garbage collection. A leak shows in it long before it
 * shows in what the heap happens to hold.
 *
 * @module
 */
import v8 from "node:v8";
import vm from "node:vm";

v8.setFlagsFromString("--expose-gc");
/** Only contexts made from now on have it. */
const collect: () => void = vm.runInNewContext("gc");

/** Bytes held. */
export interface LiveMemory {
  /** By objects. */
  readonly heap: number;
  /** By buffers beside the heap. */
  readonly buffers: number;
}

/** Collects garbage, which takes some milliseconds, and says what is left of this thread's memory. */
export function liveMemory(): LiveMemory {
  collect();
  const { heapUsed, external } = Deno.memoryUsage();
  return { heap: heapUsed, buffers: external };
}
