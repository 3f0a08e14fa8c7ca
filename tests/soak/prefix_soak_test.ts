/** Captures that are cut short at every byte. */
import { decodePrefixes } from "../traces/support/prefixes.ts";

Deno.test("every prefix of every sample is decoded as far as it goes", () => {
  decodePrefixes(() => 1);
});
