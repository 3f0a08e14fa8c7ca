/**
 * Extensions of TLS messages (RFC 8446, 4.2; RFC 6066; RFC 7301; RFC 8422; RFC 8449; RFC 8879).
 * Those not listed here are shown as bytes.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, hex16, hex8, none, uint16, uint24, uint32, uint8 } from "./field.ts";
import { rule } from "./problem.ts";
import { decodeAuthorities } from "./tls_authorities.ts";
import { decodeKeyShare, decodePreSharedKey, decodePskModes } from "./tls_key_share.ts";
import { decodeAlpn, decodeApplicationSettings, decodeServerName } from "./tls_name_extensions.ts";
import type { TlsSession } from "./tls_session.ts";
import { decodeSignatureSchemes } from "./tls_signature.ts";
import {
  Extension as X,
  EXTENSION_NAMES,
  GROUP_NAMES,
  Message,
  VERSION_NAMES,
} from "./tls_values.ts";
import { beginVector, bytesVector, endVector } from "./tls_vector.ts";

const F = define({
  "tls.handshake.extensions_length": uint16("Extensions Length"),
  "tls.handshake.extension.type": uint16("Type", { names: EXTENSION_NAMES }),
  "tls.handshake.extension.len": uint16("Length"),
  "tls.handshake.extension.data": bytes("Data"),
  "tls.handshake.max_fragment_length": uint8("Maximum Fragment Length", {
    names: { 1: "512", 2: "1024", 3: "2048", 4: "4096" },
  }),
  "tls.handshake.extensions_status_request_type": uint8("Certificate Status Type", {
    names: { 1: "OCSP", 2: "OCSP Multi" },
  }),
  "tls.handshake.extensions_status_request_responder_ids_len": uint16("Responder ID list Length"),
  "tls.handshake.extensions_status_request_exts_len": uint16("Request Extensions Length"),
  "tls.handshake.ocsp_response_len": uint24("OCSP Response Length"),
  "tls.handshake.extensions_supported_groups_length": uint16("Supported Groups List Length"),
  "tls.handshake.extensions_supported_groups": none("Supported Groups List"),
  "tls.handshake.extensions_supported_group": hex16("Supported Group", { names: GROUP_NAMES }),
  "tls.handshake.extensions_ec_point_formats_length": uint8("EC point formats Length"),
  "tls.handshake.extensions_ec_point_formats": none("EC point formats"),
  "tls.handshake.extensions_ec_point_format": uint8("EC point format", {
    names: { 0: "uncompressed", 1: "ansiX962_compressed_prime", 2: "ansiX962_compressed_char2" },
  }),
  "tls.handshake.extension.heartbeat.mode": uint8("Mode", {
    names: { 1: "peer_allowed_to_send", 2: "peer_not_allowed_to_send" },
  }),
  "tls.handshake.cert_type.types_len": uint8("Certificate Type List Length"),
  "tls.handshake.cert_type.types": none("Certificate Type List"),
  "tls.handshake.cert_type.type": hex8("Certificate Type", {
    names: { 0: "X.509", 1: "OpenPGP", 2: "Raw Public Key" },
  }),
  "tls.handshake.extensions_padding_data": bytes("Padding Data"),
  "tls.compress_certificate.algorithms_length": uint8("Algorithms Length"),
  "tls.compress_certificate.algorithm": uint16("Algorithm", {
    names: { 1: "zlib", 2: "brotli", 3: "zstd" },
  }),
  "tls.record_size_limit": uint16("Record Size Limit"),
  "tls.early_data.max_early_data_size": uint32("Maximum Early Data Size"),
  "tls.handshake.extensions.supported_versions_len": uint8("Supported Versions length"),
  "tls.handshake.extensions.supported_version": hex16("Supported Version", {
    names: VERSION_NAMES,
  }),
  "tls.handshake.extensions.cookie_len": uint16("Cookie length"),
  "tls.handshake.extensions.cookie": bytes("Cookie"),
  "tls.handshake.extensions_reneg_info_len": uint8("Renegotiation info extension length"),
  "tls.handshake.extensions_reneg_info": bytes("Renegotiation info"),
});

/** What a hello lists, collected for its fingerprint. */
export interface HelloLists {
  readonly extensions: number[];
  readonly groups: number[];
  readonly formats: number[];
}

const TOO_LONG = rule("tls", "error", "extension is longer than what holds it", "RFC 8446, 4.2");

/**
 * The extensions of a message: their common length, then each.
 *
 * @param message one of `Message`; decides how some extensions read
 */
export function decodeExtensions(
  d: Dissection,
  session: TlsSession,
  message: number,
  lists?: HelloLists,
): void {
  if (!beginVector(d, F["tls.handshake.extensions_length"], 2)) return;
  while (d.has(4)) {
    const size = 4 + d.peek16(2);
    if (!d.has(size)) {
      d.problem(TOO_LONG, d.pos + 2);
      d.skip(size);
      break;
    }
    const type = d.u16(F["tls.handshake.extension.type"]);
    lists?.extensions.push(type);
    d.push();
    if (beginVector(d, F["tls.handshake.extension.len"], 2)) {
      decodeExtension(d, session, message, type, lists);
      endVector(d);
    }
    d.pop();
  }
  endVector(d);
}

function decodeExtension(
  d: Dissection,
  session: TlsSession,
  message: number,
  type: number,
  lists: HelloLists | undefined,
): void {
  switch (type) {
    case X.ServerName:
      return decodeServerName(d, session);
    case X.MaxFragmentLength:
      d.u8(F["tls.handshake.max_fragment_length"]);
      return;
    case X.StatusRequest:
      return statusRequest(d, message);
    case X.SupportedGroups:
      return supportedGroups(d, lists);
    case X.EcPointFormats:
      return pointFormats(d, lists);
    case X.SignatureAlgorithms:
    case X.SignatureAlgorithmsCert:
      return decodeSignatureSchemes(d);
    case X.Heartbeat:
      d.u8(F["tls.handshake.extension.heartbeat.mode"]);
      return;
    case X.Alpn:
      return decodeAlpn(d, session, message);
    case X.ClientCertificateType:
    case X.ServerCertificateType:
      return certificateType(d, message);
    case X.Padding:
      d.bytes(d.end - d.pos, F["tls.handshake.extensions_padding_data"]);
      return;
    case X.EncryptThenMac:
      if (message === Message.ServerHello) session.encryptThenMac = true;
      return;
    case X.ExtendedMasterSecret:
    case X.PostHandshakeAuth:
      return;
    case X.DelegatedCredentials:
      if (message === Message.ClientHello) return decodeSignatureSchemes(d);
      return d.skip(d.end - d.pos);
    case X.ApplicationSettings:
      return decodeApplicationSettings(d, message);
    case X.SignedCertificateTimestamp:
      // Empty in a ClientHello; the timestamps of the server are not taken apart.
      return d.skip(d.end - d.pos);
    case X.CompressCertificate:
      return compressCertificate(d, message);
    case X.RecordSizeLimit:
      d.u16(F["tls.record_size_limit"]);
      return;
    case X.PreSharedKey:
      return decodePreSharedKey(d, message);
    case X.EarlyData:
      if (message === Message.ClientHello) session.earlyData = true;
      if (message === Message.NewSessionTicket) d.u32(F["tls.early_data.max_early_data_size"]);
      return;
    case X.SupportedVersions:
      return supportedVersions(d, message);
    case X.Cookie:
      bytesVector(
        d,
        F["tls.handshake.extensions.cookie_len"],
        2,
        F["tls.handshake.extensions.cookie"],
        1,
      );
      return;
    case X.PskKeyExchangeModes:
      return decodePskModes(d);
    case X.CertificateAuthorities:
      return decodeAuthorities(d);
    case X.KeyShare:
      return decodeKeyShare(d, message);
    case X.RenegotiationInfo:
      bytesVector(
        d,
        F["tls.handshake.extensions_reneg_info_len"],
        1,
        F["tls.handshake.extensions_reneg_info"],
      );
      return;
    default:
      d.bytes(d.end - d.pos, F["tls.handshake.extension.data"]);
  }
}

function statusRequest(d: Dissection, message: number): void {
  if (message !== Message.ClientHello && message !== Message.Certificate) return;
  const type = d.u8(F["tls.handshake.extensions_status_request_type"]);
  if (type !== 1) return;
  if (message === Message.Certificate) {
    if (!beginVector(d, F["tls.handshake.ocsp_response_len"], 3, 1)) return;
    return d.widen();
  }
  if (!beginVector(d, F["tls.handshake.extensions_status_request_responder_ids_len"], 2)) return;
  d.widen();
  if (!beginVector(d, F["tls.handshake.extensions_status_request_exts_len"], 2)) return;
  d.widen();
}

function supportedGroups(d: Dissection, lists: HelloLists | undefined): void {
  if (!beginVector(d, F["tls.handshake.extensions_supported_groups_length"], 2, 2)) return;
  d.putNone(F["tls.handshake.extensions_supported_groups"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(2)) {
    const group = d.u16(F["tls.handshake.extensions_supported_group"]);
    lists?.groups.push(group);
  }
  d.pop();
  endVector(d);
}

function pointFormats(d: Dissection, lists: HelloLists | undefined): void {
  if (!beginVector(d, F["tls.handshake.extensions_ec_point_formats_length"], 1)) return;
  d.putNone(F["tls.handshake.extensions_ec_point_formats"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(1)) {
    const format = d.u8(F["tls.handshake.extensions_ec_point_format"]);
    lists?.formats.push(format);
  }
  d.pop();
  endVector(d);
}

function certificateType(d: Dissection, message: number): void {
  if (message !== Message.ClientHello) {
    d.u8(F["tls.handshake.cert_type.type"]);
    return;
  }
  if (!beginVector(d, F["tls.handshake.cert_type.types_len"], 1, 1)) return;
  d.putNone(F["tls.handshake.cert_type.types"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(1)) d.u8(F["tls.handshake.cert_type.type"]);
  d.pop();
  endVector(d);
}

function compressCertificate(d: Dissection, message: number): void {
  if (message !== Message.ClientHello && message !== Message.CertificateRequest) return;
  if (!beginVector(d, F["tls.compress_certificate.algorithms_length"], 1, 1)) return;
  while (d.has(2)) d.u16(F["tls.compress_certificate.algorithm"]);
  endVector(d);
}

function supportedVersions(d: Dissection, message: number): void {
  if (message === Message.ServerHello || message === Message.HelloRetryRequest) {
    d.u16(F["tls.handshake.extensions.supported_version"]);
    return;
  }
  if (message !== Message.ClientHello) return;
  if (!beginVector(d, F["tls.handshake.extensions.supported_versions_len"], 1, 2)) return;
  while (d.has(2)) d.u16(F["tls.handshake.extensions.supported_version"]);
  endVector(d);
}
