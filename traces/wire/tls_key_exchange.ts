/**
 * ServerKeyExchange and ClientKeyExchange of TLS 1.2 and before (RFC 5246, 7.4.3 and 7.4.7; RFC
 * 8422, 5.4 and 5.7; RFC 4279). How they read depends on the cipher suite.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, hex16, hex8, uint16, uint8 } from "./field.ts";
import type { TlsSession } from "./tls_session.ts";
import { decodeServerSignature } from "./tls_signature.ts";
import { keyExchangeOf } from "./tls_suites.ts";
import { GROUP_NAMES, Version } from "./tls_values.ts";

/** ECCurveType named_curve (RFC 8422, 5.4), the only one still in use. */
const NAMED_CURVE = 3;

const F = define({
  "tls.handshake.server_curve_type": hex8("Curve Type", {
    names: { 1: "explicit_prime", 2: "explicit_char2", 3: "named_curve" },
  }),
  "tls.handshake.server_named_curve": hex16("Named Curve", { names: GROUP_NAMES }),
  "tls.handshake.server_point_len": uint8("Pubkey Length"),
  "tls.handshake.server_point": bytes("Pubkey"),
  "tls.handshake.client_point_len": uint8("Pubkey Length"),
  "tls.handshake.client_point": bytes("Pubkey"),
  "tls.handshake.p_len": uint16("p Length"),
  "tls.handshake.p": bytes("p"),
  "tls.handshake.g_len": uint16("g Length"),
  "tls.handshake.g": bytes("g"),
  "tls.handshake.ys_len": uint16("Pubkey Length"),
  "tls.handshake.ys": bytes("Pubkey"),
  "tls.handshake.yc_len": uint16("Pubkey Length"),
  "tls.handshake.yc": bytes("Pubkey"),
  "tls.handshake.epms_len": uint16("Encrypted PreMaster length"),
  "tls.handshake.epms": bytes("Encrypted PreMaster"),
  "tls.handshake.hint_len": uint16("Hint Length"),
  "tls.handshake.hint": bytes("Hint"),
  "tls.handshake.identity_len": uint16("Identity Length"),
  "tls.handshake.identity": bytes("Identity"),
});

/** The body of a ServerKeyExchange. */
export function decodeServerKeyExchange(d: Dissection, session: TlsSession): void {
  d.push();
  const exchange = keyExchangeOf(session.suite);
  switch (exchange) {
    case "ecdh":
    case "ecdh anonymous":
      if (d.u8(F["tls.handshake.server_curve_type"]) !== NAMED_CURVE) return;
      d.u16(F["tls.handshake.server_named_curve"]);
      d.bytes(d.u8(F["tls.handshake.server_point_len"]), F["tls.handshake.server_point"]);
      if (exchange === "ecdh") decodeServerSignature(d, session.version);
      return;
    case "dh":
    case "dh anonymous":
      d.bytes(d.u16(F["tls.handshake.p_len"]), F["tls.handshake.p"]);
      d.bytes(d.u16(F["tls.handshake.g_len"]), F["tls.handshake.g"]);
      d.bytes(d.u16(F["tls.handshake.ys_len"]), F["tls.handshake.ys"]);
      if (exchange === "dh") decodeServerSignature(d, session.version);
      return;
    case "psk":
      d.bytes(d.u16(F["tls.handshake.hint_len"]), F["tls.handshake.hint"]);
  }
}

/** The body of a ClientKeyExchange. */
export function decodeClientKeyExchange(d: Dissection, session: TlsSession): void {
  d.push();
  switch (keyExchangeOf(session.suite)) {
    case "ecdh":
    case "ecdh anonymous":
      d.bytes(d.u8(F["tls.handshake.client_point_len"]), F["tls.handshake.client_point"]);
      return;
    case "dh":
    case "dh anonymous":
      d.bytes(d.u16(F["tls.handshake.yc_len"]), F["tls.handshake.yc"]);
      return;
    case "rsa":
      // SSL 3.0 has no length here (RFC 5246, 7.4.7.1, implementation note).
      if (session.version === Version.Ssl3) d.bytes(d.end - d.pos, F["tls.handshake.epms"]);
      else d.bytes(d.u16(F["tls.handshake.epms_len"]), F["tls.handshake.epms"]);
      return;
    case "psk":
      d.bytes(d.u16(F["tls.handshake.identity_len"]), F["tls.handshake.identity"]);
  }
}
