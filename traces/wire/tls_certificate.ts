/**
 * Certificate and CertificateRequest (RFC 8446, 4.3.2 and 4.4.2; RFC 5246, 7.4.2 and 7.4.4). The
 * certificates themselves are shown as bytes.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, none, uint24, uint8 } from "./field.ts";
import { decodeAuthorities } from "./tls_authorities.ts";
import { decodeExtensions } from "./tls_extensions.ts";
import type { TlsSession } from "./tls_session.ts";
import { decodeSignatureSchemes } from "./tls_signature.ts";
import { Message, Version } from "./tls_values.ts";
import { beginVector, bytesVector, endVector } from "./tls_vector.ts";

const F = define({
  "tls.handshake.certificate_request_context_length": uint8("Certificate Request Context Length"),
  "tls.handshake.certificate_request_context": bytes("Certificate Request Context"),
  "tls.handshake.certificates_length": uint24("Certificates Length"),
  "tls.handshake.certificates": none("Certificates"),
  "tls.handshake.certificate_length": uint24("Certificate Length"),
  "tls.handshake.certificate": bytes("Certificate"),
  "tls.handshake.cert_types_count": uint8("Certificate types count"),
  "tls.handshake.cert_types": none("Certificate types"),
  "tls.handshake.cert_type": uint8("Certificate type", {
    names: { 1: "RSA Sign", 2: "DSS Sign", 3: "RSA Fixed DH", 4: "DSS Fixed DH", 64: "ECDSA Sign" },
  }),
});

/** The body of a Certificate. */
export function decodeCertificate(d: Dissection, session: TlsSession): void {
  const tls13 = session.version === Version.Tls13;
  if (tls13 && !requestContext(d)) return;
  if (!beginVector(d, F["tls.handshake.certificates_length"], 3)) return;
  if (d.pos < d.end) d.putNone(F["tls.handshake.certificates"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(1)) {
    const field = F["tls.handshake.certificate"];
    if (!bytesVector(d, F["tls.handshake.certificate_length"], 3, field, 1)) break;
    if (tls13) decodeExtensions(d, session, Message.Certificate);
  }
  d.pop();
  endVector(d);
}

/** The body of a CertificateRequest. */
export function decodeCertificateRequest(d: Dissection, session: TlsSession): void {
  if (session.version === Version.Tls13) {
    if (requestContext(d)) decodeExtensions(d, session, Message.CertificateRequest);
    return;
  }
  if (!beginVector(d, F["tls.handshake.cert_types_count"], 1, 1)) return;
  d.putNone(F["tls.handshake.cert_types"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(1)) d.u8(F["tls.handshake.cert_type"]);
  d.pop();
  endVector(d);
  if (session.version === Version.Tls12) decodeSignatureSchemes(d);
  decodeAuthorities(d);
}

function requestContext(d: Dissection): boolean {
  return bytesVector(
    d,
    F["tls.handshake.certificate_request_context_length"],
    1,
    F["tls.handshake.certificate_request_context"],
  );
}
