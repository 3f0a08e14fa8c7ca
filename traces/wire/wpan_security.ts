/**
 * The auxiliary security header of IEEE 802.15.4 (2015 edition, 9.4), and what 2003 frames have in
 * its place (2003 edition, 7.6.2).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { boolean, bytes, define, hex32, hex64, hex8, none, uint32 } from "./field.ts";
import { rule } from "./problem.ts";
import { type WpanFrame, WpanType, WpanVersion } from "./wpan_frame.ts";

const LEVELS = {
  0: "No Security",
  1: "32-bit Message Integrity Code",
  2: "64-bit Message Integrity Code",
  3: "128-bit Message Integrity Code",
  4: "Encryption",
  5: "Encryption with 32-bit Message Integrity Code",
  6: "Encryption with 64-bit Message Integrity Code",
  7: "Encryption with 128-bit Message Integrity Code",
};
const KEY_ID_MODES = {
  0: "Implicit Key",
  1: "Indexed Key using the Default Key Source",
  2: "Explicit Key with 4-octet Key Source",
  3: "Explicit Key with 8-octet Key Source",
};

const F = define({
  "wpan.aux_sec.hdr": none("Auxiliary Security Header"),
  "wpan.aux_sec.security_control_field": hex8("Security Control Field"),
  "wpan.aux_sec.sec_level": hex8("Security Level", { names: LEVELS }),
  "wpan.aux_sec.key_id_mode": hex8("Key Identifier Mode", { names: KEY_ID_MODES }),
  "wpan.aux_sec.frame_counter_suppression": boolean("Frame Counter Suppression"),
  "wpan.aux_sec.asn_in_nonce": boolean("ASN in Nonce"),
  "wpan.aux_sec.reserved": hex8("Reserved"),
  "wpan.aux_sec.frame_counter": uint32("Frame Counter"),
  "wpan.aux_sec.key_source": hex64("Key Source"),
  "wpan.aux_sec.key_source.bytes": bytes("Key Source"),
  "wpan.aux_sec.key_index": hex8("Key Index"),
  "wpan.sec_frame_counter": hex32("Frame Counter"),
  "wpan.sec_key_sequence_counter": hex8("Key Sequence Counter"),
});

const LEVEL_WITHOUT_AUTHENTICATION = rule(
  "wpan",
  "note",
  "frame is encrypted but not authenticated, which the 2015 edition no longer allows",
  "IEEE 802.15.4-2015, Table 9-6",
);

/** Reads the header that follows the addresses into `frame`. */
export function decodeWpanSecurity(d: Dissection, frame: WpanFrame): void {
  const at = d.pos;
  const control = d.u8();
  if (d.failed !== 0) return;
  frame.securityLevel = control & 7;
  frame.keyIdMode = control >>> 3 & 3;
  const modern = frame.version === WpanVersion.V2015 || frame.type === WpanType.Multipurpose;
  frame.counterSuppressed = modern && (control & 0x20) !== 0;
  frame.asnInNonce = modern && (control & 0x60) !== 0;
  d.putNone(F["wpan.aux_sec.hdr"], at, headerLength(frame));
  d.push();
  d.put(F["wpan.aux_sec.security_control_field"], control, at, 1);
  d.push();
  d.put(F["wpan.aux_sec.sec_level"], control & 7, at, 1);
  d.put(F["wpan.aux_sec.key_id_mode"], frame.keyIdMode, at, 1);
  d.putFlag(F["wpan.aux_sec.frame_counter_suppression"], control, 0x20, at, 1);
  d.putFlag(F["wpan.aux_sec.asn_in_nonce"], control, 0x40, at, 1);
  d.put(F["wpan.aux_sec.reserved"], control >>> 7, at, 1);
  d.pop();
  if (!frame.counterSuppressed) frame.frameCounter = d.u32le(F["wpan.aux_sec.frame_counter"]);
  if (frame.keyIdMode !== 0) readKeyId(d, frame);
  d.pop();
  if (frame.securityLevel === 4 && frame.version === WpanVersion.V2015) {
    d.problem(LEVEL_WITHOUT_AUTHENTICATION, at);
  }
}

function headerLength(frame: WpanFrame): number {
  const counter = frame.counterSuppressed ? 0 : 4;
  const key = frame.keyIdMode === 0 ? 0 : frame.keyIdMode === 1 ? 1 : frame.keyIdMode === 2 ? 5 : 9;
  return 1 + counter + key;
}

function readKeyId(d: Dissection, frame: WpanFrame): void {
  const length = frame.keyIdMode === 2 ? 4 : frame.keyIdMode === 3 ? 8 : 0;
  if (length > 0) {
    const at = d.pos;
    d.uint(length, F["wpan.aux_sec.key_source"]);
    if (d.failed !== 0) return;
    d.putBytes(F["wpan.aux_sec.key_source.bytes"], at, length);
    frame.keySourceHi = length === 8 ? word32(d.data, at) : 0;
    frame.keySourceLo = word32(d.data, at + length - 4);
  }
  frame.keyIndex = d.u8(F["wpan.aux_sec.key_index"]);
}

function word32(data: Uint8Array, at: number): number {
  return (data[at]! << 24 | data[at + 1]! << 16 | data[at + 2]! << 8 | data[at + 3]!) >>> 0;
}

/**
 * The frame counter and key sequence counter before the encrypted payload of a 2003 frame, with the
 * security suite AES-CCM-64 (which a frame doesn't tell; it is the most common one).
 */
export function decodeWpanSecurity2003(d: Dissection, frame: WpanFrame): void {
  frame.securityLevel = 6;
  frame.frameCounter = d.u32le(F["wpan.sec_frame_counter"]);
  frame.keySequenceCounter = d.u8(F["wpan.sec_key_sequence_counter"]);
}
