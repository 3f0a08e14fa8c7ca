/**
 * The ciphers of a TLS connection from its secrets (RFC 8446, 7.2 and 7.3; RFC 5246, 6.3).
 *
 * @module
 */
import { expandLabel, prf } from "../wire/tls_key_schedule.ts";
import type { TlsSession } from "../wire/tls_session.ts";
import { type Suite, suiteOf } from "../wire/tls_suites.ts";
import { Version } from "../wire/tls_values.ts";
import { TlsCipher } from "./tls_cipher.ts";

const NONE = new Uint8Array(0);

/** Whether records of the suite can be decrypted here, given the keys. */
export function canDecrypt(suite: Suite | undefined, version: number): suite is Suite {
  if (suite === undefined) return false;
  if (suite.mode === "cbc") return version >= Version.Tls10 && version <= Version.Tls12;
  return version >= Version.Tls12;
}

/** The cipher of one direction of TLS 1.3, from a traffic secret; undefined when unsupported. */
export function trafficCipher(suiteNumber: number, secret: Uint8Array): TlsCipher | undefined {
  const suite = suiteOf(suiteNumber);
  if (suiteNumber >> 8 !== 0x13 || !canDecrypt(suite, Version.Tls13)) return undefined;
  const key = expandLabel(suite.hash, secret, "key", NONE, suite.key);
  const iv = expandLabel(suite.hash, secret, "iv", NONE, 12);
  return new TlsCipher(Version.Tls13, suite, { key, iv, mac: NONE }, false);
}

/** The traffic secret after a KeyUpdate. */
export function nextTrafficSecret(suiteNumber: number, secret: Uint8Array): Uint8Array {
  const hash = suiteOf(suiteNumber)?.hash ?? "sha256";
  return expandLabel(hash, secret, "traffic upd", NONE, secret.length);
}

/**
 * The ciphers of client and server up to TLS 1.2, from the master secret; undefined when the suite
 * is unsupported or a hello was not seen.
 */
export function masterCiphers(
  session: TlsSession,
  master: Uint8Array,
): readonly [TlsCipher, TlsCipher] | undefined {
  const { clientRandom, serverRandom, version } = session;
  const suite = suiteOf(session.suite);
  if (clientRandom === undefined || serverRandom === undefined) return undefined;
  if (!canDecrypt(suite, version)) return undefined;
  const seed = new Uint8Array(64);
  seed.set(serverRandom);
  seed.set(clientRandom, 32);
  const mac = suite.mode === "cbc" ? suite.tag : 0;
  const hash = version < Version.Tls12 ? "md5sha1" : suite.hash;
  const block = prf(hash, master, "key expansion", seed, 2 * (mac + suite.key + suite.fixed));
  const part = (at: number, length: number) => block.subarray(at, at + length);
  const direction = (n: number) => ({
    mac: part(n * mac, mac),
    key: part(2 * mac + n * suite.key, suite.key),
    iv: part(2 * (mac + suite.key) + n * suite.fixed, suite.fixed),
  });
  const cipher = (n: number) =>
    new TlsCipher(version, suite, direction(n), suite.mode === "cbc" && session.encryptThenMac);
  return [cipher(0), cipher(1)];
}
