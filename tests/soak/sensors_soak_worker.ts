/**
 * Decodes the sensor packets of one seed after the other.
 *
 * @module
 */
import { fuzzSensors } from "../traces/support/sensor_fuzz.ts";

/** Packets that one decoder gets, so that what it remembers is tried too. */
export const CHUNK = 10_000;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<number>) => void;
  postMessage(answer: unknown): void;
};

scope.onmessage = ({ data: seed }) => {
  try {
    const result = fuzzSensors(seed, CHUNK);
    const { heapUsed, external } = Deno.memoryUsage();
    scope.postMessage({ ...result, memory: heapUsed + external });
  } catch (error) {
    const { message, cause } = error as Error;
    scope.postMessage({ error: `${message}\n${cause instanceof Error ? cause.stack : ""}` });
  }
};
