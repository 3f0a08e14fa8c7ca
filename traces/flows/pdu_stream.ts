/**
 * One direction of a byte stream, cut into the PDUs of the protocol that rides on it. Bytes of a PDU
 * that is not complete wait here, at most `MAX_WAITING` of them, and no more than have arrived.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { conclude } from "../wire/failure.ts";
import { rule } from "../wire/problem.ts";
import type { Assembly } from "./assembly.ts";
import type { Conversation, Side } from "./conversation.ts";
import type { HeldSegment } from "./held_segments.ts";
import { PduParts } from "./pdu_parts.ts";
import { MAX_WAITING, type StreamBudget } from "./stream_budget.ts";
import {
  type Carrier,
  FOLLOW,
  MORE,
  type StreamProtocol,
  TAKEN,
  UNTIL_END,
} from "./stream_protocol.ts";

const FIRST_SIZE = 256;
/** Longest piece that is copied byte by byte. */
const SMALL = 64;

const TOO_LONG = rule("stream", "note", "a message is too long to be put together; passed over");
const CROWDED = rule("stream", "note", "too much waits to be put together; a message passed over");

export class PduStream {
  #waiting: Uint8Array | undefined = undefined;
  /** Bytes in `#waiting`. */
  #kept = 0;
  /** Bytes of the waiting PDU that arrived. */
  #arrived = 0;
  /** Length of the PDU that waits; or MORE, UNTIL_END, FOLLOW. */
  #need = MORE;
  /** Bytes of the PDU that are worth keeping. */
  #keep = Infinity;
  /** Bytes still to pass over. */
  #skip = 0;
  #parts: PduParts | undefined = undefined;
  /** Bytes in front of the next ones, in the same segment, that are known already. */
  #known = 0;
  readonly #budget: StreamBudget;
  readonly #assembly: Assembly;
  readonly #carrier: Carrier;

  /** @param carrier who knows what rides on the stream; both directions have the same */
  constructor(budget: StreamBudget, assembly: Assembly, carrier: Carrier) {
    this.#budget = budget;
    this.#assembly = assembly;
    this.#carrier = carrier;
  }

  /** Bytes of a PDU that waits for its rest. */
  get waiting(): number {
    return this.#arrived;
  }

  /**
   * Decodes the bytes from `d.pos` to `d.end`; they are this side's next ones. Bytes from `d.end` to
   * `d.limit` were sent but are not in the capture; they need not be reported by `lose`.
   */
  feed(d: Dissection, conversation: Conversation, side: Side): void {
    if (this.#skip > 0) this.#pass(d);
    while (this.#arrived > 0 && d.pos < d.end) {
      const at = d.pos;
      const known = this.#known;
      const complete = this.#join(d, side);
      this.#assembly.part?.(d, at - known, d.pos - at + known);
      if (complete) this.#readJoined(d, conversation, side);
    }
    if (d.pos < d.end) this.#readDirect(d, conversation, side);
    if (d.limit > d.end) this.#cut(d, conversation, side);
  }

  /**
   * As `feed`, and `held` are the segments that follow these bytes and came before them. `next` is
   * the sequence number behind the bytes of `d`.
   */
  feedHeld(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    held: readonly HeldSegment[],
    next: number,
  ): void {
    if (this.#skip > 0) this.#pass(d);
    if (this.#need === FOLLOW || this.#keep !== Infinity) {
      return this.#feedEach(d, conversation, side, held, next);
    }
    if (d.pos < d.end) {
      this.#assembly.part?.(d, d.pos - this.#known, d.end - d.pos + this.#known);
      if (this.#append(d, d.data, d.pos, d.end - d.pos, d.frame)) d.pos = d.end;
    }
    for (const { sequence, data, frame } of held) {
      const old = Math.max(0, Math.min(next - sequence | 0, data.length));
      const fresh = data.length - old;
      const passed = Math.min(this.#skip, fresh);
      this.#skip -= passed;
      if (old > 0) this.repeated(next - this.#arrived - sequence | 0, data.length, frame);
      const before = passed > 0 ? 0 : old;
      const left = fresh - passed;
      if (left > 0 && !this.#append(d, data, old + passed, left, frame, before)) {
        this.#skip = Math.max(0, this.#skip - left);
      }
      next = next + fresh | 0;
    }
    if (this.#arrived > 0) this.#readJoined(d, conversation, side);
  }

  /** The same one after the other, for a PDU of which not all is kept. */
  #feedEach(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    held: readonly HeldSegment[],
    next: number,
  ): void {
    this.feed(d, conversation, side);
    for (const { sequence, data } of held) {
      const old = Math.max(0, Math.min(next - sequence | 0, data.length));
      const fresh = data.length - old;
      next = next + fresh | 0;
      if (fresh === 0 || !d.enter("Segment", data, old, fresh)) continue;
      this.feed(d, conversation, side);
      d.leave();
    }
  }

  /**
   * A segment came again, all of whose bytes are known, and some wait here.
   *
   * @param before how many bytes in front of the first waiting one it begins; negative if behind
   */
  repeated(before: number, length: number, frame: number): void {
    if (before > 0 || this.#arrived === 0) return;
    this.#parts?.add(frame, -before, length);
  }

  /**
   * The next bytes are of a segment that begins with bytes that came before, and all of those wait
   * here.
   *
   * @param length how many
   * @returns false when not all of them wait here
   */
  repeatedInFront(length: number): boolean {
    if (length > this.#arrived) return false;
    this.#known = length;
    return true;
  }

  /** How many more bytes the waiting PDU needs, 0 when that is not known. */
  get missing(): number {
    return this.#arrived > 0 && this.#need > 0 ? this.#need - this.#arrived : 0;
  }

  /** `length` bytes of this side are missing in the capture. */
  lose(d: Dissection, conversation: Conversation, side: Side, length: number): void {
    let aligned = false;
    if (this.#skip > 0) {
      aligned = this.#skip >= length;
      this.#skip = Math.max(0, this.#skip - length);
    } else if (this.#arrived > 0 && this.#need > 0) {
      const rest = this.#need - this.#arrived;
      aligned = rest >= length;
      this.#skip = Math.max(0, rest - length);
    }
    this.#drop();
    this.#carrier.protocol?.lost?.(d, conversation, side, length, aligned);
  }

  /** This side sends no more: what waits for the end of the stream is decoded now. */
  end(d: Dissection, conversation: Conversation, side: Side): void {
    const { protocol } = this.#carrier;
    protocol?.end?.(d, conversation, side);
    if (this.#arrived > 0 && this.#need === UNTIL_END) {
      const { frames } = this.#parts!;
      if (frames[frames.length - 1] !== d.frame) this.#parts!.add(d.frame, this.#arrived, 0);
      this.#readJoined(d, conversation, side);
      const next = this.#carrier.protocol;
      if (next !== protocol) next?.end?.(d, conversation, side);
    }
    this.#drop();
  }

  /** Nothing of it is wanted any more. */
  discard(): void {
    this.#drop();
  }

  #pass(d: Dissection): void {
    const passed = Math.min(this.#skip, d.end - d.pos);
    this.#skip -= passed;
    d.pos += passed;
  }

  /** Adds to what waits; true when the PDU may be complete. */
  #join(d: Dissection, side: Side): boolean {
    const need = this.#need;
    let taken = d.end - d.pos;
    let complete = need === MORE;
    if (need > 0) {
      taken = Math.min(taken, need - this.#arrived);
      complete = this.#arrived + taken === need;
    } else if (need === FOLLOW) {
      const start = d.pos;
      const rest = this.#carrier.protocol?.follow?.(d, side) ?? MORE;
      d.pos = start;
      complete = rest >= 0;
      if (complete && rest < taken) taken = rest;
    }
    if (!this.#append(d, d.data, d.pos, taken, d.frame)) return false;
    d.pos += taken;
    return complete;
  }

  #readJoined(d: Dissection, conversation: Conversation, side: Side): void {
    const data = this.#waiting!;
    const kept = this.#kept;
    const parts = this.#parts!;
    const { tree, sourceCount } = d;
    const entries = tree.count;
    if (!d.enter(this.#assembly.name, data, 0, kept)) return this.#drop();
    d.limit = this.#arrived;
    this.#assembly.joined(d, parts.frames, parts.offsets, parts.lengths);
    const need = this.#readAll(d, conversation, side);
    const used = d.pos;
    d.leave();
    if (used === 0) {
      // Nothing was complete: the joined bytes are not shown.
      tree.count = entries;
      d.sourceCount = sourceCount;
      this.#expect(need);
      if (this.#need > 0 && this.#need <= this.#arrived) this.#need = MORE;
      return;
    }
    if (used < this.#arrived) this.#assembly.split?.(d, entries, used);
    // The joined bytes belong to the frame now; what is left over is copied anew.
    this.#drop();
    if (used >= kept || need === TAKEN) return;
    this.#expect(need);
    if (this.#append(d, data, used, kept - used, d.frame)) this.#parts = parts.behind(used);
  }

  #readDirect(d: Dissection, conversation: Conversation, side: Side): void {
    const need = this.#readAll(d, conversation, side);
    if (need === TAKEN || d.pos >= d.end) return;
    if (need > 0 && d.limit > d.end) return this.#readCut(d, conversation, side, need);
    this.#expect(need);
    const at = d.pos;
    const length = d.end - at;
    if (!this.#append(d, d.data, at, length, d.frame)) return;
    this.#assembly.part?.(d, at, length);
    d.pos = d.end;
  }

  /**
   * Decodes PDUs as long as they are complete.
   *
   * @returns what the first incomplete one at `d.pos` needs, or TAKEN when nothing is left
   */
  #readAll(d: Dissection, conversation: Conversation, side: Side): number {
    const carrier = this.#carrier;
    while (d.pos < d.end) {
      const protocol = carrier.protocol ?? this.#recognised(d, conversation, side);
      if (protocol === undefined) {
        decodeData(d);
        d.pos = d.end;
        return TAKEN;
      }
      const start = d.pos;
      const need = protocol.read(d, conversation, side, carrier);
      if (need === TAKEN) {
        if (d.failed !== 0) conclude(d);
        if (d.pos > start || carrier.protocol !== protocol) continue;
      }
      d.pos = start;
      return need === TAKEN ? MORE : need;
    }
    return TAKEN;
  }

  #recognised(d: Dissection, conversation: Conversation, side: Side): StreamProtocol | undefined {
    const start = d.pos;
    const carrier = this.#carrier;
    carrier.protocol = this.#assembly.recognise?.(d, conversation, side, carrier);
    d.pos = start;
    return carrier.protocol;
  }

  /** Decodes as much of a PDU as the capture holds of the segment that begins it. */
  #readCut(d: Dissection, conversation: Conversation, side: Side, need: number): void {
    const start = d.pos;
    const limit = d.limit;
    d.limit = start + need;
    const carrier = this.#carrier;
    const left = carrier.protocol!.read(d, conversation, side, carrier);
    if (d.failed !== 0) conclude(d);
    d.limit = limit;
    d.pos = left === TAKEN ? start + need : d.end;
  }

  /** Bytes up to `d.limit` are not in the capture. */
  #cut(d: Dissection, conversation: Conversation, side: Side): void {
    const missing = d.limit - d.end;
    const beyond = d.pos - d.end;
    if (beyond > missing) {
      this.#skip = beyond - missing;
      this.#tell(d, conversation, side, missing);
    } else if (beyond > 0) {
      if (beyond < missing) this.lose(d, conversation, side, missing - beyond);
      else this.#tell(d, conversation, side, missing);
    } else {
      this.lose(d, conversation, side, missing);
    }
    d.pos = d.end;
  }

  #tell(d: Dissection, conversation: Conversation, side: Side, length: number): void {
    this.#carrier.protocol?.lost?.(d, conversation, side, length, true);
  }

  #expect(need: number): void {
    const keep = this.#carrier.protocol?.keep;
    this.#need = need === TAKEN ? MORE : need;
    this.#keep = keep === undefined || keep === 0 || this.#need === MORE ? Infinity : keep;
  }

  /**
   * Keeps what is worth keeping of the next `length` bytes; false when there is no room.
   *
   * @param before bytes of the same segment in front of them
   */
  #append(
    d: Dissection,
    data: Uint8Array,
    at: number,
    length: number,
    frame: number,
    before = 0,
  ): boolean {
    const wanted = Math.min(length, Math.max(0, this.#keep - this.#kept));
    const size = this.#kept + wanted;
    const budget = this.#budget;
    const least = Math.min(this.#need, this.#keep);
    const tooLong = size > MAX_WAITING || least > MAX_WAITING;
    if (tooLong || !budget.hasRoom(wanted)) {
      d.problem(tooLong ? TOO_LONG : CROWDED);
      this.#giveUp(d);
      return false;
    }
    let waiting = this.#waiting;
    if (waiting === undefined || size > waiting.length) {
      const bigger = new Uint8Array(Math.max(FIRST_SIZE, size, 2 * this.#kept));
      if (waiting !== undefined) bigger.set(waiting.subarray(0, this.#kept));
      this.#waiting = waiting = bigger;
    }
    copy(data, at, waiting, this.#kept, wanted);
    this.#parts ??= new PduParts();
    if (before === 0) {
      this.#parts.add(frame, this.#arrived - this.#known, length + this.#known);
      this.#known = 0;
    }
    this.#kept = size;
    this.#arrived += length;
    budget.waiting += wanted;
    return true;
  }

  /** Passes over the PDU that does not fit; what is here of it when its length is unknown. */
  #giveUp(d: Dissection): void {
    this.#skip = this.#need > 0 ? this.#need - this.#arrived : d.end - d.pos;
    this.#drop();
    this.#pass(d);
  }

  #drop(): void {
    this.#budget.waiting -= this.#kept;
    this.#waiting = undefined;
    this.#kept = 0;
    this.#arrived = 0;
    this.#need = MORE;
    this.#keep = Infinity;
    this.#parts = undefined;
    this.#known = 0;
  }
}

function copy(from: Uint8Array, at: number, to: Uint8Array, into: number, length: number): void {
  if (length > SMALL) {
    to.set(from.subarray(at, at + length), into);
    return;
  }
  for (let i = 0; i < length; i++) to[into + i] = from[at + i]!;
}
