/**
 * Which keys protect the records of a TLS connection, and when they change: with ServerHello,
 * Finished, KeyUpdate and EndOfEarlyData in TLS 1.3 (RFC 8446, 2 and 4.6.3), with ChangeCipherSpec
 * before (RFC 5246, 7.1).
 *
 * Secrets are looked up when the connection comes to need them; a key log that comes later is too
 * late.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { hexText } from "../wire/hex_text.ts";
import { type Rule, rule } from "../wire/problem.ts";
import type { TlsSession } from "../wire/tls_session.ts";
import { SUITE_NAMES, suiteOf } from "../wire/tls_suites.ts";
import { RECORD_HEADER } from "../wire/tls_record.ts";
import { Content, Version } from "../wire/tls_values.ts";
import { type ClientSecrets, type KeyLog, toHex } from "./key_log.ts";
import type { TlsCipher } from "./tls_cipher.ts";
import { canDecrypt, masterCiphers, nextTrafficSecret, trafficCipher } from "./tls_keys.ts";

/** Who sends: 0 the client, 1 the server. */
export type Sender = 0 | 1;

/** Records of TLS are no shorter: header, one byte, tag. */
const LEAST_RECORD = 22;
/** Records in a hole of the capture that are tried for. */
const MAX_BEHIND = 256;
/** Records in a row that may fail before decrypting is given up. */
const MAX_FAILURES = 16;
/** First and last suite of TLS 1.3 tried for early data. */
const FIRST_13 = 0x1301;
const LAST_13 = 0x1305;

const NO_HELLO = rule("tls", "note", "not decrypted: the handshake is not in the capture");
const NO_KEY = rule(
  "tls",
  "note",
  "not decrypted: no key; a key log (--keylog) with this line would give it",
);
const UNSUPPORTED = rule("tls", "note", "not decrypted: the cipher suite is not supported");
const GIVEN_UP = rule("tls", "note", "not decrypted any more: too many records fail");
const NO_TYPE = rule("tls", "error", "record has no content type", "RFC 8446, 5.4");
const FALSE_13 = rule("tls", "error", "record fails authentication", "RFC 8446, 5.2");
const FALSE_GCM = rule("tls", "error", "record fails authentication", "RFC 5288, 3");
const FALSE_CCM = rule("tls", "error", "record fails authentication", "RFC 6655, 3");
const FALSE_CHACHA = rule("tls", "error", "record fails authentication", "RFC 7905, 2");
const FALSE_CBC = rule("tls", "error", "record has a wrong MAC or padding", "RFC 5246, 6.2.3.2");

/** Keys of one direction. */
class Direction {
  cipher: TlsCipher | undefined = undefined;
  /** Secret of the application data keys (TLS 1.3). */
  secret: Uint8Array | undefined = undefined;
  /** A ChangeCipherSpec was sent (before TLS 1.3). */
  protected = false;
  /** The handshake keys of TLS 1.3 are in use. */
  handshake = false;
  /** Early data may still come that other keys protect; it is passed over. */
  early = false;
  /** Records that may be missing before the next one. */
  behind = 0;
  /** Records in a row that could not be decrypted. */
  failures = 0;
  /** Why there is no cipher; noted with the first record it matters for. */
  reason: Rule | undefined = NO_HELLO;
  detail = "";
}

export class TlsDecryption {
  /** Content type of the record opened last (TLS 1.3: what was inside). */
  innerType = 0;
  readonly #session: TlsSession;
  readonly #keys: KeyLog;
  readonly #directions: readonly [Direction, Direction] = [new Direction(), new Direction()];
  /** Ciphers of the handshake under way (before TLS 1.3). */
  #pair: readonly [TlsCipher, TlsCipher] | undefined = undefined;
  #earlyTried = false;

  constructor(session: TlsSession, keys: KeyLog) {
    this.#session = session;
    this.#keys = keys;
  }

  // --- what the handshake tells -------------------------------------------------------------

  clientHello(): void {
    this.#pair = undefined;
    this.#earlyTried = false;
    this.#directions[0].early = this.#session.earlyData;
  }

  /** A ServerHello that is no HelloRetryRequest. */
  serverHello(): void {
    this.#pair = undefined;
    if (this.#session.version !== Version.Tls13) return;
    const secrets = this.#secrets();
    const client = this.#directions[0];
    this.#use(1, secrets?.serverHandshake, "SERVER_HANDSHAKE_TRAFFIC_SECRET");
    this.#directions[1].handshake = true;
    // With keys for early data, the client goes on with them until EndOfEarlyData.
    if (client.early && client.cipher !== undefined) return;
    this.#clientHandshake();
  }

  changeCipherSpec(sender: Sender): void {
    if (this.#session.version === Version.Tls13) return;
    const direction = this.#directions[sender];
    direction.protected = true;
    direction.behind = 0;
    direction.failures = 0;
    this.#pair ??= this.#pairFromMaster();
    direction.cipher = this.#pair?.[sender];
    if (direction.cipher === undefined) this.#explain(direction, "CLIENT_RANDOM");
  }

  finished(sender: Sender): void {
    const direction = this.#directions[sender];
    if (this.#session.version !== Version.Tls13 || !direction.handshake) return;
    const secrets = this.#secrets();
    const secret = sender === 0 ? secrets?.clientTraffic : secrets?.serverTraffic;
    direction.handshake = false;
    direction.secret = secret;
    this.#use(sender, secret, sender === 0 ? "CLIENT_TRAFFIC_SECRET_0" : "SERVER_TRAFFIC_SECRET_0");
  }

  keyUpdate(sender: Sender): void {
    const direction = this.#directions[sender];
    if (direction.secret === undefined) return;
    direction.secret = nextTrafficSecret(this.#session.suite, direction.secret);
    this.#use(sender, direction.secret, "");
  }

  endOfEarlyData(): void {
    this.#directions[0].early = false;
    this.#clientHandshake();
  }

  /** `length` bytes of this sender are not in the capture. */
  lost(sender: Sender, length: number): void {
    const direction = this.#directions[sender];
    const records = Math.floor(length / LEAST_RECORD) + 2;
    direction.behind = Math.min(MAX_BEHIND, direction.behind + records);
  }

  // --- records ------------------------------------------------------------------------------

  /** Whether records of this type are encrypted now. */
  protects(sender: Sender, type: number): boolean {
    if (this.#session.version === Version.Tls13) return type === Content.ApplicationData;
    return this.#directions[sender].protected || type === Content.ApplicationData;
  }

  /** Whether there is any use in having the bytes of an encrypted record. */
  canOpen(sender: Sender): boolean {
    const direction = this.#directions[sender];
    return direction.cipher !== undefined || (direction.early && sender === 0);
  }

  /**
   * Decrypts the body of a record of `type` at the cursor. Says why when it cannot, once.
   *
   * @returns the plaintext; `innerType` is its type
   */
  open(d: Dissection, sender: Sender, type: number, length: number): Uint8Array | undefined {
    const direction = this.#directions[sender];
    this.innerType = type;
    if (direction.early && sender === 0 && type === Content.ApplicationData) {
      const plain = this.#openEarly(direction, d, length);
      if (plain !== undefined) return this.#inner(d, plain);
    }
    const cipher = direction.cipher;
    if (cipher === undefined) {
      this.#tell(d, direction);
      return undefined;
    }
    const plain = this.#search(direction, cipher, d, length);
    if (plain !== undefined) {
      direction.failures = 0;
      direction.early = false;
      return this.#session.version === Version.Tls13 ? this.#inner(d, plain) : plain;
    }
    this.#failed(d, direction, cipher);
    return undefined;
  }

  #search(
    direction: Direction,
    cipher: TlsCipher,
    d: Dissection,
    length: number,
  ): Uint8Array | undefined {
    const first = cipher.sequence;
    for (let ahead = 0; ahead <= direction.behind; ahead++) {
      cipher.sequence = first + ahead;
      const plain = cipher.open(d.data, d.pos, length);
      if (plain !== undefined) {
        cipher.sequence++;
        direction.behind = 0;
        return plain;
      }
    }
    // Rejected early data takes no number of the handshake keys.
    cipher.sequence = direction.early || direction.behind > 0 ? first : first + 1;
    return undefined;
  }

  #failed(d: Dissection, direction: Direction, cipher: TlsCipher): void {
    if (direction.early) return;
    const mode = cipher.suite.mode;
    if (this.#session.version === Version.Tls13) d.problem(FALSE_13);
    else if (mode === "gcm") d.problem(FALSE_GCM);
    else if (mode === "ccm") d.problem(FALSE_CCM);
    else d.problem(mode === "chacha20" ? FALSE_CHACHA : FALSE_CBC);
    if (++direction.failures < MAX_FAILURES) return;
    direction.cipher = undefined;
    direction.reason = GIVEN_UP;
    direction.detail = "";
  }

  #tell(d: Dissection, direction: Direction): void {
    if (direction.reason === undefined) return;
    const detail = direction.detail === "" ? undefined : direction.detail;
    d.problem(direction.reason, d.pos - RECORD_HEADER, detail);
    direction.reason = undefined;
  }

  /** Takes type and padding off the plaintext of TLS 1.3 (RFC 8446, 5.4). */
  #inner(d: Dissection, plain: Uint8Array): Uint8Array | undefined {
    let end = plain.length;
    while (end > 0 && plain[end - 1] === 0) end--;
    if (end === 0) {
      d.problem(NO_TYPE);
      return undefined;
    }
    this.innerType = plain[end - 1]!;
    return plain.subarray(0, end - 1);
  }

  /** Early data; its suite is that of the earlier connection, which only trying tells. */
  #openEarly(direction: Direction, d: Dissection, length: number): Uint8Array | undefined {
    if (direction.handshake) return undefined;
    let plain: Uint8Array | undefined;
    if (!this.#earlyTried) {
      this.#earlyTried = true;
      const secret = this.#secrets()?.clientEarly;
      for (let suite = FIRST_13; secret !== undefined && suite <= LAST_13; suite++) {
        const cipher = trafficCipher(suite, secret);
        plain = cipher?.open(d.data, d.pos, length);
        if (plain === undefined) continue;
        direction.cipher = cipher;
        break;
      }
    } else {
      plain = direction.cipher?.open(d.data, d.pos, length);
    }
    if (plain !== undefined) direction.cipher!.sequence++;
    else if (this.#session.suite !== 0) this.#clientHandshake();
    else this.#explain(direction, "CLIENT_EARLY_TRAFFIC_SECRET");
    return plain;
  }

  // --- keys ---------------------------------------------------------------------------------

  #secrets(): ClientSecrets | undefined {
    const random = this.#session.clientRandom;
    return random === undefined ? undefined : this.#keys.find(random);
  }

  #clientHandshake(): void {
    this.#use(0, this.#secrets()?.clientHandshake, "CLIENT_HANDSHAKE_TRAFFIC_SECRET");
    this.#directions[0].handshake = true;
  }

  #use(sender: Sender, secret: Uint8Array | undefined, label: string): void {
    const direction = this.#directions[sender];
    direction.behind = 0;
    direction.failures = 0;
    direction.cipher = secret === undefined
      ? undefined
      : trafficCipher(this.#session.suite, secret);
    if (direction.cipher === undefined) this.#explain(direction, label);
  }

  #pairFromMaster(): readonly [TlsCipher, TlsCipher] | undefined {
    const id = this.#session.sessionId;
    const known = this.#secrets()?.master;
    const master = known ?? (id === undefined ? undefined : this.#keys.findSession(id));
    if (master === undefined) return undefined;
    if (known !== undefined && id !== undefined) this.#keys.rememberSession(id, known);
    return masterCiphers(this.#session, master);
  }

  /** Finds out why a direction has no cipher. */
  #explain(direction: Direction, label: string): void {
    const { clientRandom, suite, version } = this.#session;
    direction.detail = "";
    if (clientRandom === undefined) {
      direction.reason = NO_HELLO;
    } else if (suite !== 0 && !canDecrypt(suiteOf(suite), version)) {
      direction.reason = UNSUPPORTED;
      direction.detail = SUITE_NAMES.get(suite) ?? hexText(suite, 4);
    } else {
      direction.reason = NO_KEY;
      direction.detail = `${label} ${toHex(clientRandom)} ...`;
    }
  }
}
