/**
 * Names of members, parameters and topics whose values are secrets.
 *
 * @module
 */

/** Whole names; lower case, without `_`, `-` and the like. */
const NAMES = [
  ...["pass", "pwd", "pincode", "psk", "authorization", "cookie", "jwt", "bearer"],
  // Of our own WebSocket: it proves to a later connection who sent which command.
  ...["session", "sessionid"],
];

/** Ends of names, so that `wifi_password` and `mqttPassword` are found too. */
const ENDS = [
  ...["password", "passwd", "passphrase", "passcode", "userpass", "wifipass", "mqttpass"],
  ...["token", "secret", "credential", "credentials", "wifipsk", "presharedkey"],
  ...["apikey", "accesskey", "authkey", "privatekey", "secretkey", "sharedkey", "networkkey"],
  ...["encryptionkey", "bindkey", "linkkey", "masterkey", "sessionkey", "installcode"],
  ...["wifikey", "wpakey", "aeskey", "signingkey"],
];

/** Longest name that is kept whole, bytes; of a longer one its end is. */
const CAPACITY = 64;

interface Entry {
  readonly bytes: Uint8Array;
  readonly whole: boolean;
}

/** By their last letter. */
const TABLE: Entry[][] = Array.from({ length: 128 }, () => []);
for (const [names, whole] of [[NAMES, true], [ENDS, false]] as const) {
  for (const name of names) {
    TABLE[name.charCodeAt(name.length - 1)]!.push({ bytes: new TextEncoder().encode(name), whole });
  }
}

/** A letter or digit in lower case; 0 for ASCII that does not count; others as they are. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x41 && byte <= 0x5a) return byte + 32;
  return byte >= 0x80 || /[a-z0-9]/.test(String.fromCharCode(byte)) ? byte : 0;
});

/** Takes a name piece by piece and says whether it is one of a secret. */
export class SecretName {
  readonly #bytes = new Uint8Array(CAPACITY);
  #length = 0;
  #cut = false;

  clear(): void {
    this.#length = 0;
    this.#cut = false;
  }

  /** Goes on with `bytes[start, end)`. */
  push(bytes: Uint8Array, start: number, end: number): void {
    const into = this.#bytes;
    let length = this.#length;
    for (let at = start; at < end; at++) {
      const folded = FOLDED[bytes[at]!]!;
      if (folded === 0) continue;
      if (length === CAPACITY) {
        into.copyWithin(0, CAPACITY / 2);
        length = CAPACITY / 2;
        this.#cut = true;
      }
      into[length++] = folded;
    }
    this.#length = length;
  }

  /** Whether it is the name of a secret. */
  get secret(): boolean {
    const length = this.#length;
    if (length < 3) return false;
    const entries = TABLE[this.#bytes[length - 1]!];
    if (entries === undefined) return false;
    for (const { bytes, whole } of entries) {
      if (whole ? length === bytes.length && !this.#cut : length >= bytes.length) {
        if (this.#endsWith(bytes)) return true;
      }
    }
    return false;
  }

  /** Whether it is this name, given in lower case. */
  is(name: Uint8Array): boolean {
    return this.#length === name.length && this.#endsWith(name);
  }

  #endsWith(name: Uint8Array): boolean {
    const from = this.#length - name.length;
    for (let at = name.length - 1; at >= 0; at--) {
      if (this.#bytes[from + at] !== name[at]) return false;
    }
    return true;
  }
}

/** Last levels of a topic that say what is done with the thing that the level before them names. */
const VERBS = ["set", "get", "state", "command", "cmnd", "stat", "value"]
  .map((verb) => new TextEncoder().encode(verb));

/** Takes a topic piece by piece and says whether what goes there is a secret. */
export class SecretTopic {
  readonly #level = new SecretName();
  #levelBefore = false;

  clear(): void {
    this.#level.clear();
    this.#levelBefore = false;
  }

  /** Goes on with `bytes[start, end)`. */
  push(bytes: Uint8Array, start: number, end: number): void {
    let level = start;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== 0x2f) continue;
      this.#level.push(bytes, level, at);
      this.#levelBefore = this.#level.secret;
      this.#level.clear();
      level = at + 1;
    }
    this.#level.push(bytes, level, end);
  }

  /** Whether its last level names a secret, or the one before a last level such as `set`. */
  get secret(): boolean {
    return this.#level.secret || this.#levelBefore && VERBS.some((verb) => this.#level.is(verb));
  }
}

const names = new SecretName();
const encoder = new TextEncoder();

/** Whether this is the name of a secret. */
export function isSecretName(name: string): boolean {
  const bytes = encoder.encode(name);
  names.clear();
  names.push(bytes, 0, bytes.length);
  return names.secret;
}
