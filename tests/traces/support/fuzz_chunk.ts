/**
 * A run of random inputs through one decoder, checked: no exception, no input that takes long.
 *
 * @module
 */
import { type Corpus, fuzzInput } from "./fuzz_inputs.ts";
import { Random } from "./random.ts";
import { readSync } from "./sync_reader.ts";
import { WholeDecoder } from "./whole_decoder.ts";

/** Inputs that one decoder gets, so that what it keeps between frames is tried too. */
export const CHUNK = 1_000;
/** No input may take longer, ms; they have at most some thousand bytes. */
const SLOW_MS = 1_000;

/** What a chunk did. */
export interface ChunkResult {
  frames: number;
  problems: number;
  /** The slowest input, ms. */
  slowest: number;
}

/**
 * Decodes `count` inputs that follow from `seed`.
 *
 * @throws {Error} With the seed and the number of the input.
 */
export function fuzzChunk(seed: number, corpus: Corpus, count = CHUNK): ChunkResult {
  const random = new Random(seed);
  const decoder = new WholeDecoder(random);
  let slowest = 0;
  for (let i = 0; i < count; i++) {
    const input = fuzzInput(random, corpus);
    const start = performance.now();
    try {
      readSync(input, (frame) => decoder.frame(frame));
    } catch (error) {
      throw new Error(`seed ${seed}, input ${i}, ${hex(input)}`, { cause: error });
    }
    const took = performance.now() - start;
    if (took > SLOW_MS) throw new Error(`seed ${seed}, input ${i} took ${took} ms, ${hex(input)}`);
    slowest = Math.max(slowest, took);
  }
  return { frames: decoder.frames, problems: decoder.problems, slowest };
}

function hex(bytes: Uint8Array): string {
  return `${bytes.length} bytes: ${bytes.toHex()}`;
}
