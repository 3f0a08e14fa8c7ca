/**
 * Cut and damaged captures: prefixes of samples, and inputs changed at random. The soak tests take
 * every prefix, and millions of inputs.
 */
import assert from "node:assert/strict";
import { CaptureReader } from "../../traces/files/capture_reader.ts";
import { fuzzChunk } from "./support/fuzz_chunk.ts";
import { makeCorpus } from "./support/fuzz_inputs.ts";
import { decodePrefixes } from "./support/prefixes.ts";
import { Random } from "./support/random.ts";
import { sampleFiles } from "./support/sample_files.ts";
import { readSync } from "./support/sync_reader.ts";
import { WholeDecoder } from "./support/whole_decoder.ts";

const INPUTS = 2_000;
/** Prefixes of a sample at most. */
const PREFIXES = 150;

Deno.test("prefixes of every sample are decoded as far as they go", () => {
  decodePrefixes((bytes) => Math.ceil(bytes.length / PREFIXES));
});

Deno.test("every frame of every sample, cut anywhere, is decoded as far as it goes", () => {
  for (const { name, bytes } of sampleFiles()) {
    if (name.endsWith(".gz")) continue;
    const decoder = new WholeDecoder(new Random(1));
    readSync(bytes, (frame) => {
      const { capturedLength } = frame;
      const step = Math.max(1, Math.floor(capturedLength / 30));
      for (let length = 0; length < capturedLength; length += step) {
        frame.capturedLength = length;
        decoder.frame(frame);
      }
      frame.capturedLength = capturedLength;
      decoder.frame(frame);
    });
  }
});

Deno.test("a sample read in pieces gives the same frames", async () => {
  for (const { name, bytes } of sampleFiles()) {
    const whole = await framesOf(bytes);
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 97) {
          controller.enqueue(bytes.slice(at, at + 97));
        }
        controller.close();
      },
    });
    assert.equal(await framesOf(pieces), whole, name);
  }
});

async function framesOf(input: Uint8Array | ReadableStream<Uint8Array>): Promise<number> {
  let frames = 0;
  await new CaptureReader(input, () => frames++).read();
  return frames;
}

Deno.test(`${INPUTS} random and changed inputs`, async () => {
  const samples = sampleFiles().filter(({ name }) => !name.endsWith(".gz"));
  const corpus = await makeCorpus(samples.map(({ bytes }) => bytes));
  for (let seed = 1; seed <= INPUTS / 1_000; seed++) fuzzChunk(seed, corpus);
});
