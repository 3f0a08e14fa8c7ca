/**
 * IPsec headers: authentication header (RFC 4302, 2) and the clear part of ESP (RFC 4303, 2).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, hex32, protocol, uint32, uint8 } from "./field.ts";
import { hexText } from "./hex_text.ts";
import { IP_PROTOCOLS } from "./ip_protocol.ts";

const AH = protocol("ah", "AH", "Authentication Header");
const ESP = protocol("esp", "ESP", "Encapsulating Security Payload");
const F = define({
  "ah.next_header": uint8("Next header", { names: IP_PROTOCOLS }),
  "ah.length": uint8("Length"),
  "ah.reserved": bytes("Reserved"),
  "ah.spi": hex32("Security parameters index"),
  "ah.sequence": uint32("Sequence number"),
  "ah.icv": bytes("Integrity check value"),
  "esp.spi": hex32("Security parameters index"),
  "esp.sequence": uint32("Sequence number"),
});

/** Reads an authentication header. @returns the next header, -1 when it can't be read */
export function decodeAh(d: Dissection): number {
  const entry = d.layer(AH);
  const next = d.u8(F["ah.next_header"]);
  const words = d.u8(F["ah.length"]);
  d.bytes(2, F["ah.reserved"]);
  const index = d.u32(F["ah.spi"]);
  d.u32(F["ah.sequence"]);
  if (words > 1) d.bytes((words - 1) * 4, F["ah.icv"]);
  d.lengthOf(entry, (words + 2) * 4);
  if (d.columns) {
    d.protocolColumn = "AH";
    d.infoColumn = `AH (SPI=${hexText(index, 8)})`;
  }
  return d.failed === 0 ? next : -1;
}

/** Reads what of ESP is not encrypted; the rest is passed over. */
export function decodeEsp(d: Dissection): void {
  d.layer(ESP);
  const index = d.u32(F["esp.spi"]);
  d.u32(F["esp.sequence"]);
  if (d.columns) {
    d.protocolColumn = "ESP";
    d.infoColumn = `ESP (SPI=${hexText(index, 8)})`;
  }
  d.pos = d.end;
}
