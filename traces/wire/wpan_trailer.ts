/**
 * What IEEE 802.15.4 frames end with: the frame check sequence (IEEE 802.15.4-2015, 7.2.10), or what
 * TI receivers put in its place (CC24xx data sheets).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex32, int8, none, uint8 } from "./field.ts";
import { rule } from "./problem.ts";
import { wpanFcs16, wpanFcs32 } from "./wpan_fcs.ts";

const F = define({
  "wpan.fcs": hex16("FCS"),
  "wpan.fcs32": hex32("FCS"),
  "wpan.fcs_ok": boolean("FCS Valid"),
  "wpan.fcs.bad": none("Bad FCS"),
  "wpan.rssi": int8("RSSI"),
  "wpan.correlation": uint8("LQI Correlation Value"),
});

const BAD_FCS = rule(
  "wpan",
  "error",
  "frame check sequence is wrong",
  "IEEE 802.15.4-2015, 7.2.10",
);

/** Whether the check sequence at `at`, of 2 or 4 bytes, is that of the bytes from the cursor on. */
export function isWpanFcsRight(d: Dissection, at: number, length: number): boolean {
  const sent = fcsAt(d.data, at, length);
  return sent === (length === 2 ? wpanFcs16(d.data, d.pos, at) : wpanFcs32(d.data, d.pos, at));
}

/** Writes the check sequence; `at` is -1 when the capture does not hold it. */
export function putWpanFcs(d: Dissection, at: number, length: number, ok: boolean): void {
  if (at < 0) {
    d.put(F["wpan.fcs_ok"], 1, d.pos, 0);
    return;
  }
  d.put(length === 2 ? F["wpan.fcs"] : F["wpan.fcs32"], fcsAt(d.data, at, length), at, length);
  d.put(F["wpan.fcs_ok"], ok ? 1 : 0, at, length);
  if (!ok) tellBadFcs(d, at, length);
}

/** Writes signal strength and correlation, which stand in place of the check sequence. */
export function putTiTrailer(d: Dissection, at: number, ok: boolean): void {
  if (at < 0) return putWpanFcs(d, at, 2, ok);
  const { data } = d;
  d.put(F["wpan.fcs_ok"], ok ? 1 : 0, at, 1);
  d.put(F["wpan.rssi"], data[at]! << 24 >> 24, at, 1);
  d.put(F["wpan.correlation"], data[at + 1]! & 0x7f, at + 1, 1);
  if (!ok) tellBadFcs(d, at, 2);
}

function fcsAt(data: Uint8Array, at: number, length: number): number {
  const low = data[at]! | data[at + 1]! << 8;
  return length === 2 ? low : (low | data[at + 2]! << 16 | data[at + 3]! << 24) >>> 0;
}

function tellBadFcs(d: Dissection, at: number, length: number): void {
  d.problem(BAD_FCS, at);
  d.putNone(F["wpan.fcs.bad"], at, length);
  if (d.columns) d.infoColumn += ", Bad FCS";
}
