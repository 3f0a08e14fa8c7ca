/**
 * Captures that are cut short.
 *
 * @module
 */
import assert from "node:assert/strict";
import { sampleFiles } from "./sample_files.ts";
import { readSync } from "./sync_reader.ts";
import { WholeDecoder } from "./whole_decoder.ts";

/**
 * Decodes prefixes of every sample.
 *
 * @param stepOf How many bytes longer the next prefix of a sample is.
 * @throws {assert.AssertionError} If one has more frames than the whole.
 */
export function decodePrefixes(stepOf: (sample: Uint8Array) => number): void {
  for (const { name, bytes } of sampleFiles()) {
    if (name.endsWith(".gz")) continue;
    const all = frameCount(bytes);
    const step = stepOf(bytes);
    let before = 0;
    for (let length = 0; length <= bytes.length; length += step) {
      const prefix = bytes.subarray(0, length);
      const count = frameCount(prefix);
      assert.ok(count <= all, `${name}: ${length} bytes give more frames than the whole`);
      // The decoder sees frames only: a prefix that has no more of them is nothing new to it.
      if (count > before || length === 0) decodeAll(prefix);
      before = count;
    }
  }
}

function frameCount(bytes: Uint8Array): number {
  let frames = 0;
  readSync(bytes, () => frames++);
  return frames;
}

function decodeAll(bytes: Uint8Array): void {
  const decoder = new WholeDecoder();
  readSync(bytes, (frame) => decoder.frame(frame));
}
