/**
 * Decryption of IEEE 802.15.4 frames with given keys (IEEE 802.15.4-2015, 9.3; 2003 edition, 7.6).
 *
 * @module
 */
import { AesCcm } from "../wire/aes_ccm.ts";
import type { Dissection } from "../wire/dissection.ts";
import { define, none, uint8 } from "../wire/field.ts";
import { type Rule, rule } from "../wire/problem.ts";
import { WpanAddress, type WpanFrame, WpanType, WpanVersion } from "../wire/wpan_frame.ts";
import type { WpanClosed } from "./wpan_observer.ts";

/** A key of the MAC layer. */
export interface WpanKey {
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** Key index it is for, 0 to 255; without it, any. Frames with implicit key count as index 0. */
  readonly index?: number;
  /**
   * Extended address of the sender that it is for, as a number or its 8 bytes as written; without
   * it, any. Keys for a sender are tried before those for any.
   */
  readonly source?: bigint | Uint8Array;
  /**
   * The sender's network and short address, where its frames hold that alone: `source` then goes
   * into the nonce. Both or none, and only with `source`.
   */
  readonly pan?: number;
  readonly short?: number;
}

/** A key as it is tried. */
interface TriedKey {
  /** Its place among those given: `wpan.key_number`. */
  readonly number: number;
  readonly cipher: AesCcm;
  /** -1: any. */
  readonly index: number;
  /** Whether it is for one sender, and who that is. */
  readonly bound: boolean;
  readonly hi: number;
  readonly lo: number;
  /** PAN and short address of the sender, -1 without. */
  readonly short: number;
}

const F = define({
  "wpan.key_number": uint8("Key Number"),
  "wpan.decrypt_error": none("Decryption error"),
});

const NO_KEY = rule("wpan", "note", "no key is given for this frame; its payload stays closed");
const WRONG_KEY = rule(
  "wpan",
  "warning",
  "integrity code is wrong with every key given",
  "IEEE 802.15.4-2015, 9.3.6",
);
const NO_ADDRESS = rule(
  "wpan",
  "note",
  "extended address of the sender is not known; the payload stays closed",
  "IEEE 802.15.4-2015, 9.3.2",
);

const CLOSED: Readonly<Record<WpanClosed, Rule>> = {
  "no key": NO_KEY,
  "wrong key": WRONG_KEY,
  "no address": NO_ADDRESS,
};

/** Address and key of Thread's well-known key (Thread 1.1, 7.2.2.3). */
const THREAD_INDEX = 0xff;
const THREAD_SOURCE = 0xffffffff;
const THREAD_HI = 0x3506feb8;
const THREAD_LO = 0x23d48712;
/** Upper half of the address that stands for a short source in TSCH (2015 edition, 9.3.2.2). */
const SHORT_HI = 0xba55ec00;

export class WpanDecryptor {
  /** Those for one sender first. */
  readonly #keys: readonly TriedKey[];
  readonly #nonce = new Uint8Array(13);
  #sourceHi = 0;
  #sourceLo = 0;
  /** Why the last frame stayed closed. */
  closed: WpanClosed = "no key";

  /** @throws {RangeError} when a key is not 16 bytes long, or an extended address not 8 */
  constructor(keys: readonly WpanKey[]) {
    this.#keys = keys.map(triedKey).sort((a, b) => Number(b.bound) - Number(a.bound));
  }

  /**
   * Opens the payload, which is what is left of the layer without the integrity code. An encrypted
   * one is entered as a source of its own; then `entered` is true, and the caller has to leave it.
   * Sets `frame.authenticated` when there is an integrity code, all of it, and it fits.
   *
   * @returns whether the payload can be read
   */
  open(d: Dissection, frame: WpanFrame): boolean {
    this.entered = false;
    const checked = frame.micLength > 0 && d.end === d.limit;
    if (this.#keys.length === 0) return this.#closed(d, "no key");
    const known = this.#findSource(frame);
    let tried = false;
    let unknown = false;
    for (let i = 0; i < this.#keys.length; i++) {
      const key = this.#keys[i]!;
      const { cipher, index, number } = key;
      if (index >= 0 && index !== frame.keyIndex) continue;
      const byShort = key.bound && !known && isShort(key, frame);
      if (key.bound && !byShort && !(known && isFrom(key, frame))) continue;
      if (!known && !byShort) {
        unknown = true;
        continue;
      }
      if (byShort) {
        this.#sourceHi = key.hi;
        this.#sourceLo = key.lo;
      }
      tried = true;
      this.#fillNonce(frame);
      if (
        frame.encrypted ? this.#decrypt(d, frame, cipher, number) : this.#verify(d, frame, cipher)
      ) {
        if (!this.entered) d.put(F["wpan.key_number"], number, frame.start, 0);
        frame.authenticated = checked;
        return true;
      }
    }
    return this.#closed(d, tried ? "wrong key" : unknown ? "no address" : "no key");
  }

  /** Whether `open` entered a source of decrypted bytes. */
  entered = false;

  #closed(d: Dissection, reason: WpanClosed): false {
    this.closed = reason;
    d.problem(CLOSED[reason], d.pos);
    d.putNone(F["wpan.decrypt_error"]);
    return false;
  }

  #findSource(frame: WpanFrame): boolean {
    if (frame.keyIndex === THREAD_INDEX && frame.keySourceLo === THREAD_SOURCE) {
      this.#sourceHi = THREAD_HI;
      this.#sourceLo = THREAD_LO;
    } else if (frame.sourceMode === WpanAddress.Extended) {
      this.#sourceHi = frame.source64Hi;
      this.#sourceLo = frame.source64Lo;
    } else if (frame.sourceMode === WpanAddress.Short && frame.asnInNonce) {
      this.#sourceHi = SHORT_HI;
      this.#sourceLo = (frame.sourcePan << 16 | frame.source16) >>> 0;
    } else {
      this.#sourceHi = frame.learnedHi;
      this.#sourceLo = frame.learnedLo;
      return frame.learned;
    }
    return true;
  }

  /** Source address, then frame counter and level, or the slot number (2015 edition, 9.3.2). */
  #fillNonce(frame: WpanFrame): void {
    const nonce = this.#nonce;
    write32(nonce, 0, this.#sourceHi);
    write32(nonce, 4, this.#sourceLo);
    if (frame.asnInNonce) {
      nonce[8] = frame.asnHi;
      write32(nonce, 9, frame.asnLo);
      return;
    }
    write32(nonce, 8, frame.frameCounter);
    const old = frame.version === WpanVersion.V2003 && frame.type !== WpanType.Multipurpose;
    nonce[12] = old ? frame.keySequenceCounter : frame.securityLevel;
  }

  #decrypt(d: Dissection, frame: WpanFrame, cipher: AesCcm, number: number): boolean {
    const whole = d.end === d.limit;
    const mic = whole ? frame.micLength : 0;
    // Of a frame that was cut short only the beginning of the payload is there, unchecked.
    const end = whole ? d.end : Math.min(d.end, d.limit - frame.micLength);
    const length = end - d.pos - mic;
    const at = d.reserve(length);
    const open = cipher.open(
      this.#nonce,
      d.data.subarray(frame.start, d.pos),
      d.data.subarray(d.pos, end),
      mic,
      d.arena,
      at,
    );
    if (!open) return false;
    d.put(F["wpan.key_number"], number, frame.start, 0);
    const reported = d.limit - frame.micLength - d.pos;
    if (!d.enter("Decrypted IEEE 802.15.4 payload", d.arena, at, length)) return false;
    d.limit = d.pos + reported;
    this.entered = true;
    return true;
  }

  #verify(d: Dissection, frame: WpanFrame, cipher: AesCcm): boolean {
    const mic = frame.micLength;
    if (mic === 0 || d.end < d.limit) return true;
    const end = d.limit - mic;
    return cipher.open(
      this.#nonce,
      d.data.subarray(frame.start, end),
      d.data.subarray(end, d.limit),
      mic,
      d.arena,
    );
  }
}

function triedKey({ key, index, source, pan, short }: WpanKey, number: number): TriedKey {
  const [hi, lo] = source === undefined ? [0, 0] : halvesOf(source);
  return {
    number,
    cipher: new AesCcm(key),
    index: index ?? -1,
    bound: source !== undefined,
    hi,
    lo,
    short: pan === undefined || short === undefined ? -1 : pan * 0x10000 + short,
  };
}

function halvesOf(source: bigint | Uint8Array): readonly [hi: number, lo: number] {
  if (typeof source === "bigint") {
    return [Number(BigInt.asUintN(32, source >> 32n)), Number(BigInt.asUintN(32, source))];
  }
  if (source.length !== 8) {
    throw new RangeError(`take 802.15.4 key: an extended address of ${source.length} bytes, not 8`);
  }
  const view = new DataView(source.buffer, source.byteOffset, 8);
  return [view.getUint32(0), view.getUint32(4)];
}

/** Whether the frame's own extended address, or the one learned for its short one, is the key's. */
function isFrom(key: TriedKey, frame: WpanFrame): boolean {
  if (frame.sourceMode === WpanAddress.Extended) {
    return key.hi === frame.source64Hi && key.lo === frame.source64Lo;
  }
  if (frame.learned) return key.hi === frame.learnedHi && key.lo === frame.learnedLo;
  return isShort(key, frame);
}

function isShort(key: TriedKey, frame: WpanFrame): boolean {
  return frame.sourceMode === WpanAddress.Short &&
    key.short === frame.sourcePan * 0x10000 + frame.source16;
}

function write32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
