/**
 * Signature schemes and signatures in TLS (RFC 8446, 4.2.3; RFC 5246, 4.7 and 7.4.1.4.1).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, hex16, none, uint16, uint8 } from "./field.ts";
import { HASH_NAMES, SIGNATURE_NAMES, SIGNER_NAMES, Version } from "./tls_values.ts";
import { beginVector, bytesVector, endVector } from "./tls_vector.ts";

const F = define({
  "tls.handshake.sig_hash_alg_len": uint16("Signature Hash Algorithms Length"),
  "tls.handshake.sig_hash_algs": none("Signature Algorithms"),
  "tls.handshake.sig_hash_alg": hex16("Signature Algorithm", { names: SIGNATURE_NAMES }),
  "tls.handshake.sig_hash_hash": uint8("Signature Hash Algorithm Hash", { names: HASH_NAMES }),
  "tls.handshake.sig_hash_sig": uint8("Signature Hash Algorithm Signature", {
    names: SIGNER_NAMES,
  }),
  "tls.handshake.sig_len": uint16("Signature Length"),
  "tls.handshake.sig": bytes("Signature"),
  "tls.handshake.client_cert_vrfy.sig_len": uint16("Signature length"),
  "tls.handshake.client_cert_vrfy.sig": bytes("Signature"),
});

/** The list in the extension signature_algorithms and in a CertificateRequest of TLS 1.2. */
export function decodeSignatureSchemes(d: Dissection): void {
  if (!beginVector(d, F["tls.handshake.sig_hash_alg_len"], 2, 2)) return;
  d.putNone(F["tls.handshake.sig_hash_algs"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(2)) scheme(d);
  d.pop();
  endVector(d);
}

/** The signature that ends a ServerKeyExchange. */
export function decodeServerSignature(d: Dissection, version: number): void {
  if (version >= Version.Tls12) scheme(d);
  bytesVector(d, F["tls.handshake.sig_len"], 2, F["tls.handshake.sig"]);
}

/** The body of a CertificateVerify. */
export function decodeCertificateVerify(d: Dissection, version: number): void {
  if (version >= Version.Tls12) scheme(d);
  bytesVector(
    d,
    F["tls.handshake.client_cert_vrfy.sig_len"],
    2,
    F["tls.handshake.client_cert_vrfy.sig"],
  );
}

function scheme(d: Dissection): void {
  const at = d.pos;
  const value = d.u16(F["tls.handshake.sig_hash_alg"]);
  if (d.failed !== 0) return;
  d.push();
  d.put(F["tls.handshake.sig_hash_hash"], value >> 8, at, 1);
  d.put(F["tls.handshake.sig_hash_sig"], value & 0xff, at + 1, 1);
  d.pop();
}
