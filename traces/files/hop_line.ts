/**
 * The lines in packet comments that the gateway's traces carry, as
 * `edgewire id=Ab12Cd-1f.3 hop=mqtt dir=in channel=desk seq=7 since_us=120`: one per update.
 *
 * Reading never throws. What a key should not hold counts as not given, further keys are passed
 * over, and lines without a hop are none.
 *
 * @module
 */

/** Hops by number. */
export const HOPS = ["radio", "mqtt", "room", "ws", "uplink"] as const;
export const RADIO = 0;
export const MQTT = 1;
export const ROOM = 2;
export const WS = 3;
export const UPLINK = 4;

const HEAD = "edgewire ";
/** Longest id and longest other value, in characters as written; longer ones count as not given. */
const MAX_ID = 64;
const MAX_VALUE = 1024;
/** Digits that a double holds exactly. */
const MAX_DIGITS = 15;
const LINE_FEED = 10;
const RETURN = 13;
const BLANK = 32;
const ZERO = 48;
const EQUALS = 61;

/** One line; the same object is used for all. Texts are as written, percent-encoded. */
export class HopLine {
  /** Empty when not given. */
  id = "";
  /** Index in `HOPS`. */
  hop = -1;
  /** Away from the gateway. */
  out = false;
  /** Empty when not given, as `node` and `client`. */
  channel = "";
  node = "";
  client = "";
  /** -1 when not given. */
  seq = -1;
  /** Microseconds since the hop before; -1 when not given. */
  sinceUs = -1;
  /** So much earlier than the packet's time it was on the air, microseconds. */
  lateUs = 0;
  /** The packet was made up for the sake of TCP or HTTP. */
  synthetic = false;
  /** The connection was open before the recording began. */
  before = false;
  /** Records that the file lacks before this packet. */
  lost = 0;

  /** Reads what follows "edgewire " in `text[at, end)`. @returns Whether it is such a line. */
  read(text: string, at: number, end: number): boolean {
    this.id =
      this.channel =
      this.node =
      this.client =
        "";
    this.hop = this.seq = this.sinceUs = -1;
    this.out = this.synthetic = this.before = false;
    this.lost = this.lateUs = 0;
    while (at < end) {
      let stop = at;
      let equals = -1;
      for (; stop < end; stop++) {
        const code = text.charCodeAt(stop);
        if (code === BLANK) break;
        if (code === EQUALS && equals < 0) equals = stop;
      }
      if (equals >= 0) this.#take(text, at, equals + 1, stop);
      at = stop + 1;
    }
    return this.hop >= 0;
  }

  /** Takes the value in `text[value, stop)`, of the key that begins at `key`. */
  #take(text: string, key: number, value: number, stop: number): void {
    switch (text.slice(key, value - 1)) {
      case "id":
        if (stop - value <= MAX_ID) this.id = text.slice(value, stop);
        break;
      case "hop":
        this.hop = (HOPS as readonly string[]).indexOf(text.slice(value, stop));
        break;
      case "dir":
        this.out = text.slice(value, stop) === "out";
        break;
      case "channel":
        this.channel = valueOf(text, value, stop);
        break;
      case "node":
        this.node = valueOf(text, value, stop);
        break;
      case "client":
        this.client = valueOf(text, value, stop);
        break;
      case "seq":
        this.seq = numberOf(text, value, stop);
        break;
      case "since_us":
        this.sinceUs = numberOf(text, value, stop);
        break;
      case "lost":
        this.lost = Math.max(0, numberOf(text, value, stop));
        break;
      case "late_us":
        this.lateUs = Math.max(0, numberOf(text, value, stop));
        break;
      case "synthetic":
        this.synthetic = true;
        break;
      case "before":
        this.before = text.slice(value, stop) === "1";
        break;
    }
  }
}

function valueOf(text: string, start: number, end: number): string {
  return end - start <= MAX_VALUE ? text.slice(start, end) : "";
}

/** Decimal digits as a number; -1 when they are something else, or too many. */
function numberOf(text: string, start: number, end: number): number {
  if (end === start || end - start > MAX_DIGITS) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = 10 * value + digit;
  }
  return value;
}

/** Reads the lines of a comment into `line`, one after the other, and calls `take` for each. */
export function readHopLines(comment: string, line: HopLine, take: () => void): void {
  if (!comment.startsWith(HEAD)) return;
  for (let start = 0; start < comment.length;) {
    let end = start;
    while (end < comment.length && comment.charCodeAt(end) !== LINE_FEED) end++;
    const stop = comment.charCodeAt(end - 1) === RETURN ? end - 1 : end;
    if (comment.startsWith(HEAD, start) && line.read(comment, start + HEAD.length, stop)) take();
    start = end + 1;
  }
}

/** A value without its percent-encoding; as it is when that is broken. */
export function decodedValue(raw: string): string {
  if (!raw.includes("%")) return detached(raw);
  try {
    return decodeURIComponent(raw);
  } catch {
    return detached(raw);
  }
}

/** The same text, but no slice that keeps the comment it was cut from. */
export function detached(text: string): string {
  return ` ${text}`.slice(1);
}
