/**
 * What a hello offers for exchanging keys: key shares and pre-shared keys (RFC 8446, 4.2.8, 4.2.9 and
 * 4.2.11).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, none, uint16, uint32, uint8 } from "./field.ts";
import { GROUP_NAMES, Message } from "./tls_values.ts";
import { beginVector, bytesVector, endVector } from "./tls_vector.ts";

const F = define({
  "tls.handshake.extensions.psk.identities.length": uint16("Identities Length"),
  "tls.handshake.extensions.psk.identity.identity_length": uint16("Identity Length"),
  "tls.handshake.extensions.psk.identity.identity": bytes("Identity"),
  "tls.handshake.extensions.psk.identity.obfuscated_ticket_age": uint32("Obfuscated Ticket Age"),
  "tls.handshake.extensions.psk.binders_len": uint16("PSK Binders length"),
  "tls.handshake.extensions.psk.binders": none("PSK Binders"),
  "tls.handshake.extensions.psk.identity.selected": uint16("Selected Identity"),
  "tls.extension.psk_ke_modes_length": uint8("PSK Key Exchange Modes Length"),
  "tls.extension.psk_ke_mode": uint8("PSK Key Exchange Mode", {
    names: { 0: "PSK-only", 1: "PSK with (EC)DHE" },
  }),
  "tls.handshake.extensions_key_share_client_length": uint16("Client Key Share Length"),
  "tls.handshake.extensions_key_share_group": uint16("Group", { names: GROUP_NAMES }),
  "tls.handshake.extensions_key_share_key_exchange_length": uint16("Key Exchange Length"),
  "tls.handshake.extensions_key_share_key_exchange": bytes("Key Exchange"),
  "tls.handshake.extensions_key_share_selected_group": uint16("Selected Group", {
    names: GROUP_NAMES,
  }),
});

/** @param message one of `Message` */
export function decodePreSharedKey(d: Dissection, message: number): void {
  if (message === Message.ServerHello) {
    d.u16(F["tls.handshake.extensions.psk.identity.selected"]);
    return;
  }
  if (message !== Message.ClientHello) return;
  if (!beginVector(d, F["tls.handshake.extensions.psk.identities.length"], 2, 7)) return;
  while (d.has(1)) {
    const whole = bytesVector(
      d,
      F["tls.handshake.extensions.psk.identity.identity_length"],
      2,
      F["tls.handshake.extensions.psk.identity.identity"],
      1,
    );
    if (!whole) break;
    d.u32(F["tls.handshake.extensions.psk.identity.obfuscated_ticket_age"]);
  }
  endVector(d);
  if (!beginVector(d, F["tls.handshake.extensions.psk.binders_len"], 2, 33)) return;
  d.putNone(F["tls.handshake.extensions.psk.binders"], d.pos, d.end - d.pos);
  d.widen();
}

/** The ways in which the client takes a pre-shared key. */
export function decodePskModes(d: Dissection): void {
  if (!beginVector(d, F["tls.extension.psk_ke_modes_length"], 1, 1)) return;
  while (d.has(1)) d.u8(F["tls.extension.psk_ke_mode"]);
  endVector(d);
}

/** @param message one of `Message` */
export function decodeKeyShare(d: Dissection, message: number): void {
  if (d.pos === d.end) return;
  if (message === Message.HelloRetryRequest) {
    d.u16(F["tls.handshake.extensions_key_share_selected_group"]);
  } else if (message === Message.ServerHello) {
    keyShareEntry(d);
  } else if (message === Message.ClientHello) {
    if (!beginVector(d, F["tls.handshake.extensions_key_share_client_length"], 2)) return;
    while (d.has(4)) keyShareEntry(d);
    endVector(d);
  }
}

function keyShareEntry(d: Dissection): void {
  d.u16(F["tls.handshake.extensions_key_share_group"]);
  bytesVector(
    d,
    F["tls.handshake.extensions_key_share_key_exchange_length"],
    2,
    F["tls.handshake.extensions_key_share_key_exchange"],
    1,
  );
}
