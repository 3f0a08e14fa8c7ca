/**
 * One handshake message of TLS, whole: header and body (RFC 8446, 4; RFC 5246, 7.4; RFC 5077; RFC
 * 8879). Collecting it from records is not done here.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, none, uint16, uint24, uint32, uint8 } from "./field.ts";
import { decodeCertificate, decodeCertificateRequest } from "./tls_certificate.ts";
import { decodeExtensions } from "./tls_extensions.ts";
import { decodeClientHello, decodeServerHello } from "./tls_hello.ts";
import { decodeClientKeyExchange, decodeServerKeyExchange } from "./tls_key_exchange.ts";
import type { TlsSession } from "./tls_session.ts";
import { decodeCertificateVerify } from "./tls_signature.ts";
import { Message, MESSAGE_NAMES, Version } from "./tls_values.ts";
import { beginVector, bytesVector } from "./tls_vector.ts";

/** Bytes of a message's header. */
export const MESSAGE_HEADER = 4;

const F = define({
  "tls.handshake": none("Handshake Protocol"),
  "tls.handshake.type": uint8("Handshake Message Type", { names: MESSAGE_NAMES }),
  "tls.handshake.length": uint24("Length"),
  "tls.handshake.verify_data": none("Verify Data"),
  "tls.handshake.md5_hash": none("MD5 Hash"),
  "tls.handshake.sha_hash": none("SHA-1 Hash"),
  "tls.handshake.session_ticket_lifetime_hint": uint32("Session Ticket Lifetime Hint", {
    unit: " s",
  }),
  "tls.handshake.session_ticket_age_add": uint32("Session Ticket Age Add"),
  "tls.handshake.session_ticket_nonce_length": uint8("Session Ticket Nonce Length"),
  "tls.handshake.session_ticket_nonce": bytes("Session Ticket Nonce"),
  "tls.handshake.session_ticket_length": uint16("Session Ticket Length"),
  "tls.handshake.session_ticket": bytes("Session Ticket"),
  "tls.handshake.key_update.request_update": uint8("Key Update Request", {
    names: { 0: "update_not_requested", 1: "update_requested" },
  }),
  "tls.handshake.extensions_status_request_type": uint8("Certificate Status Type", {
    names: { 1: "OCSP", 2: "OCSP Multi" },
  }),
  "tls.handshake.ocsp_response_len": uint24("OCSP Response Length"),
  "tls.compress_certificate.algorithm": uint16("Algorithm", {
    names: { 1: "zlib", 2: "brotli", 3: "zstd" },
  }),
  "tls.compress_certificate.uncompressed_length": uint24("Uncompressed Length"),
  "tls.compress_certificate.compressed_certificate_message.length": uint24("Length"),
  "tls.compress_certificate.compressed_certificate_message": bytes(
    "Compressed Certificate Message",
  ),
});

/** Part of a message that cannot be read (encrypted) or goes on in another record: named only. */
export function nameHandshake(d: Dissection, length: number): void {
  d.putNone(F["tls.handshake"], d.pos, length);
}

/**
 * The message at the cursor, of which all bytes are there; the cursor ends behind it.
 *
 * @returns its type, one of `Message` or unknown
 */
export function decodeHandshake(d: Dissection, session: TlsSession): number {
  const length = d.data[d.pos + 1]! << 16 | d.data[d.pos + 2]! << 8 | d.data[d.pos + 3]!;
  d.putNone(F["tls.handshake"], d.pos, MESSAGE_HEADER + length);
  d.push();
  const depth = d.depth;
  const type = d.u8(F["tls.handshake.type"]);
  d.u24(F["tls.handshake.length"]);
  d.narrow(length);
  decodeBody(d, session, type);
  d.widen();
  d.depth = depth;
  d.pop();
  return type;
}

function decodeBody(d: Dissection, session: TlsSession, type: number): void {
  switch (type) {
    case Message.ClientHello:
      return decodeClientHello(d, session);
    case Message.ServerHello:
      return decodeServerHello(d, session);
    case Message.NewSessionTicket:
      return newSessionTicket(d, session);
    case Message.EncryptedExtensions:
      return decodeExtensions(d, session, type);
    case Message.Certificate:
      return decodeCertificate(d, session);
    case Message.ServerKeyExchange:
      return decodeServerKeyExchange(d, session);
    case Message.CertificateRequest:
      return decodeCertificateRequest(d, session);
    case Message.ServerHelloDone:
      session.resumed = false;
      return;
    case Message.CertificateVerify:
      return decodeCertificateVerify(d, session.version);
    case Message.ClientKeyExchange:
      return decodeClientKeyExchange(d, session);
    case Message.Finished:
      return finished(d, session);
    case Message.CertificateStatus:
      return certificateStatus(d);
    case Message.KeyUpdate:
      d.u8(F["tls.handshake.key_update.request_update"]);
      return;
    case Message.CompressedCertificate:
      return compressedCertificate(d);
  }
}

function newSessionTicket(d: Dissection, session: TlsSession): void {
  const tls13 = session.version === Version.Tls13;
  d.u32(F["tls.handshake.session_ticket_lifetime_hint"]);
  if (tls13) {
    d.u32(F["tls.handshake.session_ticket_age_add"]);
    if (!beginVector(d, F["tls.handshake.session_ticket_nonce_length"], 1)) return;
    d.bytes(d.end - d.pos, F["tls.handshake.session_ticket_nonce"]);
    d.widen();
  }
  const field = F["tls.handshake.session_ticket"];
  const least = tls13 ? 1 : 0;
  if (!bytesVector(d, F["tls.handshake.session_ticket_length"], 2, field, least)) return;
  if (tls13) decodeExtensions(d, session, Message.NewSessionTicket);
}

function finished(d: Dissection, session: TlsSession): void {
  if (session.version === Version.Ssl3) {
    d.putNone(F["tls.handshake.md5_hash"], d.pos, 16);
    d.putNone(F["tls.handshake.sha_hash"], d.pos + 16, 20);
  } else {
    d.putNone(F["tls.handshake.verify_data"], d.pos, d.end - d.pos);
  }
}

function certificateStatus(d: Dissection): void {
  const type = d.u8(F["tls.handshake.extensions_status_request_type"]);
  if (type === 1 && beginVector(d, F["tls.handshake.ocsp_response_len"], 3, 1)) d.widen();
}

function compressedCertificate(d: Dissection): void {
  d.u16(F["tls.compress_certificate.algorithm"]);
  d.u24(F["tls.compress_certificate.uncompressed_length"]);
  bytesVector(
    d,
    F["tls.compress_certificate.compressed_certificate_message.length"],
    3,
    F["tls.compress_certificate.compressed_certificate_message"],
    1,
  );
}
