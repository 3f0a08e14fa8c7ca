/**
 * Names of members, parameters and topics whose values are secrets.
 *
 * Some names stand for secrets and for what engineers look for. They count only where the rest says
 * so:
 *
 * - `code`, `pin`: where another member or the topic tells of an alarm, a lock or an action
 *   (`{"action":"disarm","code":"1234"}`), numbers of four digits and more; a radio's
 *   `{"code":12345}` and a GPIO's `{"pin":4}` stay;
 * - `key`, and other names that end so: where the value looks like a key (`looksLikeKey`); the
 *   `{"key":"KEY_1"}` of a remote stays.
 *
 * @module
 */

/** What a name says of the value. */
export const NameKind = {
  None: 0,
  Secret: 1,
  /** A secret in the neighbourhood of a `Guard`. */
  Code: 2,
  /** A secret if it looks like a key. */
  Key: 3,
  /** No secret: makes those of a `Code` beside it. */
  Guard: 4,
} as const;

/** Whole names; lower case, without `_`, `-` and the like. */
const NAMES = [
  ...["pass", "pwd", "authorization", "cookie", "jwt", "bearer"],
  ...["otp", "totp", "puk", "irk", "ltk", "csrk"],
];

/** Whole names that have no plural: `{"sessions":5}` counts them. */
const SINGULAR = [
  // Of our own WebSocket: it proves to a later connection who sent which command.
  ...["session", "sessionid"],
];

/** Ends of names, so that `wifi_password` and `mqttPassword` are found too. */
const ENDS = [
  ...["password", "passwd", "passphrase", "passcode", "userpass", "wifipass", "mqttpass"],
  ...["passwort", "kennwort"],
  ...["token", "secret", "credential", "psk"],
  ...["apikey", "accesskey", "authkey", "privatekey", "secretkey", "sharedkey", "networkkey"],
  ...["encryptionkey", "bindkey", "linkkey", "masterkey", "sessionkey", "localkey"],
  ...["wifikey", "wpakey", "wepkey", "aeskey", "signingkey", "netkey", "devkey", "appkey"],
  ...["nwkkey", "appskey", "nwkskey"],
  ...["pincode", "actioncode", "usercode", "mastercode", "accesscode", "doorcode", "alarmcode"],
  ...["lockcode", "entrycode", "securitycode", "unlockcode", "disarmcode", "verificationcode"],
  ...["pairingcode", "setupcode", "installcode"],
  ...["userpin", "masterpin", "alarmpin", "lockpin", "simpin"],
];

const CODES = ["code", "pin"];
const KEYS = ["key"];
const PUBLIC_KEYS = ["publickey", "pubkey"];
const GUARDS = ["action", "armmode"];
/** `doorlock`, `alarm_panel`. */
const GUARD_ENDS = ["alarm", "lock", "keypad"];
const GUARD_STARTS = ["alarm", "lock", "keypad", "disarm", "unlock"];
/** They end like a guard. */
const NO_GUARDS = ["clock", "block"];

/** Longest name that is kept whole, bytes; of a longer one its end is. */
const CAPACITY = 64;

const S = 0x73;

interface Entry {
  readonly bytes: Uint8Array;
  readonly whole: boolean;
  readonly kind: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** By their last two letters; the first that fits counts. */
const TABLE: (Entry[] | undefined)[] = new Array(1 << 14).fill(undefined);
for (
  const [names, whole, kind] of [
    [[...NAMES, ...SINGULAR], true, NameKind.Secret],
    [ENDS, false, NameKind.Secret],
    [CODES, true, NameKind.Code],
    [PUBLIC_KEYS, false, NameKind.None],
    [KEYS, false, NameKind.Key],
    [NO_GUARDS, false, NameKind.None],
    [GUARDS, true, NameKind.Guard],
    [GUARD_ENDS, false, NameKind.Guard],
  ] as const
) {
  for (const name of names) {
    const bytes = encoder.encode(name);
    (TABLE[slot(bytes, bytes.length)] ??= []).push({ bytes, whole, kind });
  }
}
/** By their first letter. */
const STARTS: (Uint8Array | undefined)[] = new Array(256).fill(undefined);
for (const name of GUARD_STARTS) STARTS[name.charCodeAt(0)] = encoder.encode(name);

/** Where in the table names of this end are; beyond it: nowhere. */
function slot(bytes: Uint8Array, length: number): number {
  return bytes[length - 1]! << 7 | bytes[length - 2]!;
}

/** A letter or digit in lower case; 0 for ASCII that does not count; others as they are. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x41 && byte <= 0x5a) return byte + 32;
  return byte >= 0x80 || /[a-z0-9]/.test(String.fromCharCode(byte)) ? byte : 0;
});

/** Takes a name piece by piece and says what it stands for. */
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

  /** In lower case, without what does not count; of a long one its end. */
  get folded(): string {
    return decoder.decode(this.#bytes.subarray(0, this.#length));
  }

  /** See `NameKind`. `Password2` and `passwords` are like `password`. */
  get kind(): number {
    let length = this.#length;
    while (length > 0 && this.#bytes[length - 1]! <= 0x39) length--;
    if (length < 3) return NameKind.None;
    const kind = this.#kindOf(length);
    if (kind >= 0) return kind;
    if (this.#bytes[length - 1] === S) {
      const one = this.#kindOf(length - 1);
      const counts = one === NameKind.Secret && this.#singular(length - 1);
      if (one > NameKind.None && one !== NameKind.Code && !counts) return one;
    }
    return this.#startsAsGuard(length) ? NameKind.Guard : NameKind.None;
  }

  /** Whether it is the name of a secret, wherever it stands. */
  get secret(): boolean {
    return this.kind === NameKind.Secret;
  }

  /** Whether it is this name, given in lower case. */
  is(name: Uint8Array): boolean {
    return this.#length === name.length && this.#endsWith(name, name.length);
  }

  /** Of its first bytes; -1: none that is known. */
  #kindOf(length: number): number {
    const entries = TABLE[slot(this.#bytes, length)];
    if (entries === undefined) return -1;
    for (const { bytes, whole, kind } of entries) {
      if (whole ? length === bytes.length && !this.#cut : length >= bytes.length) {
        if (this.#endsWith(bytes, length)) return kind;
      }
    }
    return -1;
  }

  #singular(length: number): boolean {
    return SINGULAR.includes(decoder.decode(this.#bytes.subarray(0, length)));
  }

  #startsAsGuard(length: number): boolean {
    const start = STARTS[this.#bytes[0]!];
    return start !== undefined && length >= start.length && this.#endsWith(start, start.length);
  }

  /** Whether its first `length` bytes end so. */
  #endsWith(name: Uint8Array, length: number): boolean {
    const from = length - name.length;
    for (let at = name.length - 1; at >= 0; at--) {
      if (this.#bytes[from + at] !== name[at]) return false;
    }
    return true;
  }
}

/** Shortest key that is taken for one, characters: 8 bytes in hexadecimal. */
const KEY_LENGTH = 16;
const KEY_HEX = /^[0-9a-f:\- ]+$/i;
const KEY_BASE64 = /^[0-9a-z+/_-]+={0,2}$/i;

/**
 * Whether a text can be a key: 16 or more hexadecimal digits, or characters of Base64 with capitals,
 * small letters and digits among them; or a private key of PEM (RFC 7468, 10).
 */
export function looksLikeKey(text: string): boolean {
  if (text.length < KEY_LENGTH) return false;
  if (text.includes("PRIVATE KEY-----")) return true;
  if (KEY_HEX.test(text)) return text.replace(/[^0-9a-f]/gi, "").length >= KEY_LENGTH;
  return KEY_BASE64.test(text) && /[0-9]/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text);
}

const names = new SecretName();

/** What this name says of the value, see `NameKind`. */
export function nameKind(name: string): number {
  const bytes = encoder.encode(name);
  names.clear();
  names.push(bytes, 0, bytes.length);
  return names.kind;
}

/** Whether this is the name of a secret, wherever it stands. */
export function isSecretName(name: string): boolean {
  return nameKind(name) === NameKind.Secret;
}
