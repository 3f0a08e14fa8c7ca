/**
 * Bytes that no decoder claims.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, int32, protocol } from "./field.ts";

const DATA = protocol("data", "Data", "Data");
const F = define({
  "data.data": bytes("Data"),
  "data.len": int32("Length"),
});

/** Writes the rest of the layer as data; an empty rest is no layer. */
export function decodeData(d: Dissection): void {
  const at = d.pos;
  const length = d.end - at;
  if (length <= 0) return;
  d.layer(DATA);
  d.bytes(length, F["data.data"]);
  d.put(F["data.len"], length, at, 0);
}

/** As `decodeData`; what follows is written at the same place of the tree as before. */
export function decodeDataWithin(d: Dissection): void {
  const depth = d.depth;
  decodeData(d);
  d.depth = depth;
}

/** Whether somebody wants to see the bytes or their number. */
export function dataWanted(d: Dissection): boolean {
  return d.want[F["data.data"]] !== 0 || d.want[F["data.len"]] !== 0;
}

/** Enters the layer without its fields, for bytes that were not kept. */
export function nameData(d: Dissection): void {
  d.layer(DATA);
}
