/**
 * ClientHello, ServerHello and HelloRetryRequest (RFC 8446, 4.1; RFC 5246, 7.4.1), with the
 * fingerprints JA3 and JA3S that are made of them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Dissection } from "./dissection.ts";
import { absoluteTime, bytes, define, hex16, none, string, uint16, uint8 } from "./field.ts";
import { decodeExtensions, type HelloLists } from "./tls_extensions.ts";
import type { TlsSession } from "./tls_session.ts";
import { SUITE_NAMES } from "./tls_suites.ts";
import { Extension, Message, Version, VERSION_NAMES } from "./tls_values.ts";
import { beginVector, endVector } from "./tls_vector.ts";

const F = define({
  "tls.handshake.version": hex16("Version", { names: VERSION_NAMES }),
  "tls.handshake.random": bytes("Random"),
  "tls.handshake.random_time": absoluteTime("GMT Unix Time"),
  "tls.handshake.random_bytes": bytes("Random Bytes"),
  "tls.handshake.session_id_length": uint16("Session ID Length"),
  "tls.handshake.session_id": bytes("Session ID"),
  "tls.handshake.cipher_suites_length": uint16("Cipher Suites Length"),
  "tls.handshake.ciphersuites": none("Cipher Suites"),
  "tls.handshake.ciphersuite": hex16("Cipher Suite", { names: SUITE_NAMES }),
  "tls.handshake.comp_methods_length": uint8("Compression Methods Length"),
  "tls.handshake.comp_methods": none("Compression Methods"),
  "tls.handshake.comp_method": uint8("Compression Method", { names: { 0: "null", 1: "DEFLATE" } }),
  "tls.handshake.ja3_full": string("JA3 Fullstring"),
  "tls.handshake.ja3": string("JA3"),
  "tls.handshake.ja3s_full": string("JA3S Fullstring"),
  "tls.handshake.ja3s": string("JA3S"),
});

/** Random of a HelloRetryRequest: SHA-256 of its name (RFC 8446, 4.1.3). */
const RETRY = Uint8Array.from(
  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c".match(/../g)!,
  (pair) => parseInt(pair, 16),
);
const MAX_SESSION_ID = 32;

/** A ClientHello up to the end of the layer. */
export function decodeClientHello(d: Dissection, session: TlsSession): void {
  session.earlyData = false;
  session.serverName = "";
  const version = d.u16(F["tls.handshake.version"]);
  session.clientRandom = random(d, session);
  sessionId(d);
  const lists = wantsFingerprint(d, true) ? emptyLists() : undefined;
  const suites: number[] = [];
  if (!beginVector(d, F["tls.handshake.cipher_suites_length"], 2, 2)) return;
  d.putNone(F["tls.handshake.ciphersuites"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(2)) {
    const suite = d.u16(F["tls.handshake.ciphersuite"]);
    if (lists !== undefined) suites.push(suite);
  }
  d.pop();
  endVector(d);
  if (!beginVector(d, F["tls.handshake.comp_methods_length"], 1, 1)) return;
  d.putNone(F["tls.handshake.comp_methods"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(1)) d.u8(F["tls.handshake.comp_method"]);
  d.pop();
  endVector(d);
  if (d.has(1)) decodeExtensions(d, session, Message.ClientHello, lists);
  // What early data is can only be TLS 1.3 (RFC 8446, 4.2.10).
  if (session.earlyData) session.version = Version.Tls13;
  if (lists !== undefined) {
    const full = [String(version), list(suites), list(lists.extensions), list(lists.groups)];
    full.push(lists.formats.join("-"));
    fingerprint(d, full.join(","), F["tls.handshake.ja3_full"], F["tls.handshake.ja3"]);
  }
}

/** A ServerHello or HelloRetryRequest up to the end of the layer. */
export function decodeServerHello(d: Dissection, session: TlsSession): void {
  const retry = scanServerHello(d, session);
  session.retry = retry;
  session.resumed = true;
  session.encryptThenMac = false;
  const version = d.u16(F["tls.handshake.version"]);
  session.serverRandom = random(d, session);
  const id = sessionId(d);
  session.sessionId = id;
  session.suite = d.u16(F["tls.handshake.ciphersuite"]);
  d.u8(F["tls.handshake.comp_method"]);
  const lists = wantsFingerprint(d, false) ? emptyLists() : undefined;
  if (d.has(1)) {
    const message = retry ? Message.HelloRetryRequest : Message.ServerHello;
    decodeExtensions(d, session, message, lists);
  }
  if (lists !== undefined) {
    const full = `${version},${session.suite},${list(lists.extensions)}`;
    fingerprint(d, full, F["tls.handshake.ja3s_full"], F["tls.handshake.ja3s"]);
  }
}

/**
 * Looks ahead in a ServerHello for the version chosen, which decides how the rest reads.
 *
 * @returns whether it is a HelloRetryRequest
 */
function scanServerHello(d: Dissection, session: TlsSession): boolean {
  const { data, end } = d;
  let at = d.pos;
  if (!d.has(35)) return false;
  let version = d.peek16();
  let retry = version === Version.Tls12;
  for (let i = 0; retry && i < RETRY.length; i++) retry = data[at + 2 + i] === RETRY[i];
  at += 35 + data[at + 34]! + 5;
  while (version === Version.Tls12 && at + 6 <= end) {
    const type = data[at]! << 8 | data[at + 1]!;
    const length = data[at + 2]! << 8 | data[at + 3]!;
    if (type === Extension.SupportedVersions && length === 2) {
      version = data[at + 4]! << 8 | data[at + 5]!;
      break;
    }
    at += 4 + length;
  }
  if (version >= Version.Ssl3 && version <= Version.Tls13) session.version = version;
  // Drafts of TLS 1.3 before RFC 8446 gave themselves 0x7f00 plus their number.
  else if (version >> 8 === 0x7f) session.version = Version.Tls13;
  return retry;
}

function random(d: Dissection, session: TlsSession): Uint8Array | undefined {
  const at = d.pos;
  if (!d.has(32)) {
    d.skip(32);
    return undefined;
  }
  const copy = d.data.slice(at, at + 32);
  d.bytes(32, F["tls.handshake.random"]);
  if (session.version !== Version.Tls13) {
    d.push();
    d.put(F["tls.handshake.random_time"], secondsAt(d, at), at, 4);
    d.putBytes(F["tls.handshake.random_bytes"], at + 4, 28);
    d.pop();
  }
  return copy;
}

function secondsAt(d: Dissection, at: number): number {
  const data = d.data;
  return data[at]! * 0x1000000 + (data[at + 1]! << 16 | data[at + 2]! << 8 | data[at + 3]!);
}

function sessionId(d: Dissection): Uint8Array | undefined {
  const length = d.u8(F["tls.handshake.session_id_length"]);
  const at = d.pos;
  if (length > 0) d.bytes(length, F["tls.handshake.session_id"]);
  const kept = d.failed === 0 && length > 0 && length <= MAX_SESSION_ID;
  return kept ? d.data.slice(at, at + length) : undefined;
}

function wantsFingerprint(d: Dissection, client: boolean): boolean {
  return client
    ? d.want[F["tls.handshake.ja3"]] !== 0 || d.want[F["tls.handshake.ja3_full"]] !== 0
    : d.want[F["tls.handshake.ja3s"]] !== 0 || d.want[F["tls.handshake.ja3s_full"]] !== 0;
}

function emptyLists(): HelloLists {
  return { extensions: [], groups: [], formats: [] };
}

/** Values joined, those of GREASE (RFC 8701, 2) left out. */
function list(values: number[]): string {
  return values.filter((value) => (value & 0x0f0f) !== 0x0a0a || value >> 8 !== (value & 0xff))
    .join("-");
}

function fingerprint(d: Dissection, full: string, fullField: number, hashField: number): void {
  if (d.failed !== 0) return;
  d.putObject(fullField, full);
  if (d.want[hashField] === 0) return;
  d.putObject(hashField, createHash("md5").update(full).digest("hex"));
}
