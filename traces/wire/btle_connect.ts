/**
 * LLData of connection requests: how the connection will go on (Core 6.0, Vol 6, Part B, 2.3.3.1).
 *
 * @module
 */
import type { AdvertisingPdu } from "./advertising_pdu.ts";
import { bitField, putBits } from "./bit_fields.ts";
import { channelMap } from "./btcommon.ts";
import type { Dissection } from "./dissection.ts";
import { bytes, define, hex24, hex32, none, uint16, uint8 } from "./field.ts";
import { rule } from "./problem.ts";

const L = "btle.link_layer_data";

const F = define({
  [L]: none("Link layer data"),
  [`${L}.access_address`]: hex32("Access address"),
  [`${L}.crc_init`]: hex24("CRC preset"),
  [`${L}.window_size`]: uint8("Window size", { unit: " * 1.25 ms" }),
  [`${L}.window_offset`]: uint16("Window offset", { unit: " * 1.25 ms" }),
  [`${L}.interval`]: uint16("Interval", { unit: " * 1.25 ms" }),
  [`${L}.latency`]: uint16("Latency", { unit: " events" }),
  [`${L}.timeout`]: uint16("Timeout", { unit: " * 10 ms" }),
  [`${L}.channel_map`]: bytes("Channel map"),
  [`${L}.hop`]: uint8("Hop"),
  [`${L}.sleep_clock_accuracy`]: uint8("Sleep clock accuracy", {
    names: [
      "251 to 500 ppm",
      "151 to 250 ppm",
      "101 to 150 ppm",
      "76 to 100 ppm",
      "51 to 75 ppm",
      "31 to 50 ppm",
      "21 to 30 ppm",
      "0 to 20 ppm",
    ],
  }),
});

const HOP_BITS = [bitField(F[`${L}.hop`], 0x1f), bitField(F[`${L}.sleep_clock_accuracy`], 0xe0)];

const BAD_INTERVAL = rule(
  "btle",
  "warning",
  "connection interval outside 6 to 3200",
  "Core 6.0, Vol 6, Part B, 4.5.1",
);
const BAD_HOP = rule(
  "btle",
  "warning",
  "hop increment outside 5 to 16",
  "Core 6.0, Vol 6, Part B, 4.5.8.2",
);
const FEW_CHANNELS = rule(
  "btle",
  "warning",
  "channel map uses fewer than two channels",
  "Core 6.0, Vol 6, Part B, 1.4.1",
);

/** Length of LLData, in bytes (2.3.3.1). */
const LINK_LAYER_DATA_LENGTH = 22;

/** Reads the data; `pdu` gets the link it tells of. */
export function linkLayerData(d: Dissection, pdu: AdvertisingPdu): void {
  if (d.failed !== 0) return;
  d.putNone(F[L], d.pos, LINK_LAYER_DATA_LENGTH);
  d.push();
  const accessAddress = d.u32le(F[`${L}.access_address`]);
  const crcInit = d.u24le(F[`${L}.crc_init`]);
  d.u8(F[`${L}.window_size`]);
  d.u16le(F[`${L}.window_offset`]);
  const interval = d.u16le(F[`${L}.interval`]);
  d.u16le(F[`${L}.latency`]);
  d.u16le(F[`${L}.timeout`]);
  const mapAt = d.pos;
  channelMap(d, F[`${L}.channel_map`], true);
  const hopAt = d.pos;
  const hop = d.u8();
  if (d.failed === 0) {
    putBits(d, HOP_BITS, hop, hopAt, 1);
    pdu.linkAddress = accessAddress;
    pdu.linkCrcInit = crcInit;
    if (interval < 6 || interval > 3200) d.problem(BAD_INTERVAL, hopAt - 11, `${interval}`);
    if ((hop & 0x1f) < 5 || (hop & 0x1f) > 16) d.problem(BAD_HOP, hopAt, `${hop & 0x1f}`);
    if (!usesTwo(d.data, mapAt)) d.problem(FEW_CHANNELS, mapAt);
  }
  d.pop();
}

/** Whether at least two of the 37 channels of the map at `at` are used. */
function usesTwo(data: Uint8Array, at: number): boolean {
  let used = 0;
  for (let i = 0; i < 37 && used < 2; i++) used += data[at + (i >> 3)]! >> (i & 7) & 1;
  return used >= 2;
}
