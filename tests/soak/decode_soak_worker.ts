/**
 * Decodes the inputs of one seed after the other.
 *
 * @module
 */
import { fuzzChunk } from "../traces/support/fuzz_chunk.ts";
import { makeCorpus } from "../traces/support/fuzz_inputs.ts";
import { sampleFiles } from "../traces/support/sample_files.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<number>) => void;
  postMessage(answer: unknown): void;
};

const samples = sampleFiles().filter(({ name }) => !name.endsWith(".gz"));
const corpus = makeCorpus(samples.map(({ bytes }) => bytes));

scope.onmessage = async ({ data: seed }) => {
  try {
    const result = fuzzChunk(seed, await corpus);
    const { heapUsed, external } = Deno.memoryUsage();
    scope.postMessage({ ...result, memory: heapUsed + external });
  } catch (error) {
    const { message, cause } = error as Error;
    const stack = cause instanceof Error ? cause.stack : "";
    scope.postMessage({
      error: `${message}\n${stack}`,
      frames: 0,
      problems: 0,
      slowest: 0,
      memory: 0,
    });
  }
};
