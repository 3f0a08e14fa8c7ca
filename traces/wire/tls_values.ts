/**
 * Names of the numbers in TLS: IANA registries "Transport Layer Security (TLS) Parameters" and
 * "TLS Extensions", as of 2025.
 *
 * @module
 */

/** Protocol versions (RFC 8446, 4.1.2 and D; 0x0300 is SSL 3.0, RFC 6101). */
export const VERSION_NAMES = {
  0x0002: "SSL 2.0",
  0x0300: "SSL 3.0",
  0x0301: "TLS 1.0",
  0x0302: "TLS 1.1",
  0x0303: "TLS 1.2",
  0x0304: "TLS 1.3",
};

export const Version = { Unknown: 0, Ssl3: 0x0300, Tls10: 0x0301, Tls12: 0x0303, Tls13: 0x0304 };

/** Content types (RFC 8446, 5.1; RFC 6520; RFC 9146). */
export const Content = {
  ChangeCipherSpec: 20,
  Alert: 21,
  Handshake: 22,
  ApplicationData: 23,
  Heartbeat: 24,
  ConnectionId: 25,
} as const;

export const CONTENT_NAMES = {
  20: "Change Cipher Spec",
  21: "Alert",
  22: "Handshake",
  23: "Application Data",
  24: "Heartbeat",
  25: "Connection ID",
};

/** Handshake messages (RFC 8446, 4; RFC 5246, 7.4; RFC 8879). */
export const Message = {
  HelloRequest: 0,
  ClientHello: 1,
  ServerHello: 2,
  NewSessionTicket: 4,
  EndOfEarlyData: 5,
  HelloRetryRequest: 6,
  EncryptedExtensions: 8,
  Certificate: 11,
  ServerKeyExchange: 12,
  CertificateRequest: 13,
  ServerHelloDone: 14,
  CertificateVerify: 15,
  ClientKeyExchange: 16,
  Finished: 20,
  CertificateStatus: 22,
  KeyUpdate: 24,
  CompressedCertificate: 25,
} as const;

export const MESSAGE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, "Hello Request"],
  [1, "Client Hello"],
  [2, "Server Hello"],
  [3, "Hello Verify Request"],
  [4, "New Session Ticket"],
  [5, "End of Early Data"],
  [6, "Hello Retry Request"],
  [8, "Encrypted Extensions"],
  [11, "Certificate"],
  [12, "Server Key Exchange"],
  [13, "Certificate Request"],
  [14, "Server Hello Done"],
  [15, "Certificate Verify"],
  [16, "Client Key Exchange"],
  [20, "Finished"],
  [21, "Client Certificate URL"],
  [22, "Certificate Status"],
  [23, "Supplemental Data"],
  [24, "Key Update"],
  [25, "Compressed Certificate"],
  [67, "Next Protocol"],
]);

export const ALERT_LEVEL_NAMES: ReadonlyMap<number, string> = new Map([
  [1, "Warning"],
  [2, "Fatal"],
]);

/** Alerts (RFC 8446, 6; RFC 5246, 7.2). */
export const ALERT_NAMES: ReadonlyMap<number, string> = new Map([
  [0, "Close Notify"],
  [10, "Unexpected Message"],
  [20, "Bad Record MAC"],
  [21, "Decryption Failed"],
  [22, "Record Overflow"],
  [30, "Decompression Failure"],
  [40, "Handshake Failure"],
  [41, "No Certificate"],
  [42, "Bad Certificate"],
  [43, "Unsupported Certificate"],
  [44, "Certificate Revoked"],
  [45, "Certificate Expired"],
  [46, "Certificate Unknown"],
  [47, "Illegal Parameter"],
  [48, "Unknown CA"],
  [49, "Access Denied"],
  [50, "Decode Error"],
  [51, "Decrypt Error"],
  [60, "Export Restriction"],
  [70, "Protocol Version"],
  [71, "Insufficient Security"],
  [80, "Internal Error"],
  [86, "Inappropriate Fallback"],
  [90, "User Canceled"],
  [100, "No Renegotiation"],
  [109, "Missing Extension"],
  [110, "Unsupported Extension"],
  [111, "Certificate Unobtainable"],
  [112, "Unrecognized Name"],
  [113, "Bad Certificate Status Response"],
  [114, "Bad Certificate Hash Value"],
  [115, "Unknown PSK Identity"],
  [116, "Certificate Required"],
  [120, "No Application Protocol"],
]);

/** Extensions with a layout known here (RFC 8446, 4.2; RFC 6066; others by name). */
export const Extension = {
  ServerName: 0,
  MaxFragmentLength: 1,
  StatusRequest: 5,
  SupportedGroups: 10,
  EcPointFormats: 11,
  SignatureAlgorithms: 13,
  Heartbeat: 15,
  Alpn: 16,
  SignedCertificateTimestamp: 18,
  ClientCertificateType: 19,
  ServerCertificateType: 20,
  Padding: 21,
  EncryptThenMac: 22,
  ExtendedMasterSecret: 23,
  CompressCertificate: 27,
  RecordSizeLimit: 28,
  DelegatedCredentials: 34,
  PreSharedKey: 41,
  EarlyData: 42,
  SupportedVersions: 43,
  Cookie: 44,
  PskKeyExchangeModes: 45,
  CertificateAuthorities: 47,
  PostHandshakeAuth: 49,
  SignatureAlgorithmsCert: 50,
  KeyShare: 51,
  /** draft-vvv-tls-alps, 4. */
  ApplicationSettings: 17513,
  RenegotiationInfo: 0xff01,
} as const;

export const EXTENSION_NAMES = {
  0: "server_name",
  1: "max_fragment_length",
  2: "client_certificate_url",
  3: "trusted_ca_keys",
  4: "truncated_hmac",
  5: "status_request",
  6: "user_mapping",
  7: "client_authz",
  8: "server_authz",
  9: "cert_type",
  10: "supported_groups",
  11: "ec_point_formats",
  12: "srp",
  13: "signature_algorithms",
  14: "use_srtp",
  15: "heartbeat",
  16: "application_layer_protocol_negotiation",
  17: "status_request_v2",
  18: "signed_certificate_timestamp",
  19: "client_certificate_type",
  20: "server_certificate_type",
  21: "padding",
  22: "encrypt_then_mac",
  23: "extended_master_secret",
  24: "token_binding",
  25: "cached_info",
  27: "compress_certificate",
  28: "record_size_limit",
  34: "delegated_credentials",
  35: "session_ticket",
  41: "pre_shared_key",
  42: "early_data",
  43: "supported_versions",
  44: "cookie",
  45: "psk_key_exchange_modes",
  47: "certificate_authorities",
  48: "oid_filters",
  49: "post_handshake_auth",
  50: "signature_algorithms_cert",
  51: "key_share",
  54: "connection_id",
  57: "quic_transport_parameters",
  17513: "application_settings",
  13172: "next_protocol_negotiation",
  65037: "encrypted_client_hello",
  65281: "renegotiation_info",
};

/** Groups (RFC 8446, 4.2.7; RFC 7919; RFC 8422). */
export const GROUP_NAMES = {
  19: "secp192r1",
  21: "secp224r1",
  22: "secp256k1",
  23: "secp256r1",
  24: "secp384r1",
  25: "secp521r1",
  26: "brainpoolP256r1",
  27: "brainpoolP384r1",
  28: "brainpoolP512r1",
  29: "x25519",
  30: "x448",
  256: "ffdhe2048",
  257: "ffdhe3072",
  258: "ffdhe4096",
  259: "ffdhe6144",
  260: "ffdhe8192",
  4587: "SecP256r1MLKEM768",
  4588: "X25519MLKEM768",
  25497: "X25519Kyber768Draft00",
};

/** Signature schemes (RFC 8446, 4.2.3). */
export const SIGNATURE_NAMES = {
  0x0201: "rsa_pkcs1_sha1",
  0x0203: "ecdsa_sha1",
  0x0401: "rsa_pkcs1_sha256",
  0x0403: "ecdsa_secp256r1_sha256",
  0x0501: "rsa_pkcs1_sha384",
  0x0503: "ecdsa_secp384r1_sha384",
  0x0601: "rsa_pkcs1_sha512",
  0x0603: "ecdsa_secp521r1_sha512",
  0x0804: "rsa_pss_rsae_sha256",
  0x0805: "rsa_pss_rsae_sha384",
  0x0806: "rsa_pss_rsae_sha512",
  0x0807: "ed25519",
  0x0808: "ed448",
  0x0809: "rsa_pss_pss_sha256",
  0x080a: "rsa_pss_pss_sha384",
  0x080b: "rsa_pss_pss_sha512",
};

/** Hash and signature of a TLS 1.2 pair (RFC 5246, 7.4.1.4.1). */
export const HASH_NAMES = {
  0: "None",
  1: "MD5",
  2: "SHA1",
  3: "SHA224",
  4: "SHA256",
  5: "SHA384",
  6: "SHA512",
};
export const SIGNER_NAMES = { 0: "Anonymous", 1: "RSA", 2: "DSA", 3: "ECDSA" };
