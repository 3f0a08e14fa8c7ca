/**
 * WebSocket messages: fragments put together (RFC 6455, 5.4), permessage-deflate undone (RFC 7692).
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { define, frameNumber, none, uint32 } from "../wire/field.ts";
import {
  F as W,
  Opcode,
  payloadWanted,
  unknownPayload,
  WebSocketFrame,
} from "../wire/websocket.ts";
import type { Deflate } from "../wire/websocket_extensions.ts";
import { WS } from "../wire/websocket_rules.ts";
import type { Conversation, Side } from "./conversation.ts";
import { Inflater, TOO_LONG } from "./inflater_pool.ts";
import type { ProtocolRun } from "./protocol_run.ts";
import type { StreamContext } from "./stream_context.ts";
import type { WebSocketPayload } from "./websocket_payload.ts";
import { WebSocketSide } from "./websocket_side.ts";
import { enterCopy, enterPayload, leavePayload } from "./websocket_source.ts";

const F = define({
  "websocket.fragments": none("Reassembled WebSocket message"),
  "websocket.fragment": frameNumber("WebSocket fragment"),
  "websocket.fragment.count": uint32("Fragment count"),
  "websocket.reassembled.length": uint32("Reassembled length"),
});

/** What the opening handshake settled. */
export interface Agreement {
  readonly client: Side;
  /** "" when none was chosen. */
  readonly subprotocol: string;
  readonly deflate: Deflate | undefined;
  /** Run of the HTTP that the conversation began with. */
  readonly httpRun: ProtocolRun;
}

const NO_FRAME = new WebSocketFrame();

export class WebSocketMessages {
  readonly sides: readonly [WebSocketSide, WebSocketSide] = [
    new WebSocketSide(),
    new WebSocketSide(),
  ];
  readonly #context: StreamContext;
  readonly #agreement: Agreement | undefined;
  readonly #payload: WebSocketPayload;
  /** The frame being decoded. */
  #frame: WebSocketFrame = NO_FRAME;

  constructor(
    context: StreamContext,
    agreement: Agreement | undefined,
    payload: WebSocketPayload,
  ) {
    this.#context = context;
    this.#agreement = agreement;
    this.#payload = payload;
  }

  /**
   * Decodes a data frame that begins at `start`, its payload at the cursor.
   *
   * @returns bytes after decompression, as far as this frame completes a message
   */
  decode(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    frame: WebSocketFrame,
    start: number,
  ): number {
    this.#frame = frame;
    const own = this.sides[side];
    const { opcode, rsv, fin, payloadLength, masked } = this.#frame;
    const deflate = this.#agreement?.deflate;
    const marked = (rsv & 4) !== 0;
    if (opcode === Opcode.Continuation) {
      if (marked && deflate !== undefined) d.problem(WS.compressedContinuation, start);
      if ((rsv & (deflate === undefined ? 7 : 3)) !== 0) d.problem(WS.reservedBits, start);
      return this.#continue(d, conversation, side);
    }
    // Without the handshake RSV1 may well have been agreed upon.
    const allowed = deflate !== undefined || this.#agreement === undefined ? 4 : 0;
    const compressed = (rsv & allowed) !== 0;
    if ((rsv & ~allowed) !== 0) d.problem(WS.reservedBits, start);
    if (own.opcode >= 0) {
      d.problem(WS.insideMessage, start);
      this.breakOff(side);
    }
    own.incomplete = false;
    if (opcode > Opcode.Binary) {
      if (payloadLength > 0 && enterPayload(d, this.#frame)) {
        d.putNone(W["websocket.payload"], d.pos, payloadLength);
        unknownPayload(d, payloadLength);
        leavePayload(d, masked);
      }
      return payloadLength;
    }
    if (fin) return this.#single(d, conversation, side, compressed);
    own.begin(opcode, compressed);
    return this.#fragment(d, own, false);
  }

  /** A message that is one frame. */
  #single(d: Dissection, conversation: Conversation, side: Side, marked: boolean): number {
    const length = this.#frame.payloadLength;
    const { masked, opcode } = this.#frame;
    const compressed = marked && this.#agreement?.deflate !== undefined;
    if (length === 0 && !compressed) return 0;
    const opaque = marked && !compressed;
    if (!compressed && masked && !payloadWanted(d)) {
      if (opaque || this.#payload.mayStayMasked(d, this.#frame)) {
        d.putNone(W["websocket.payload"], d.pos, length);
        d.narrow(length);
        this.#payload.masked(d, this.#frame);
        d.widen();
        return length;
      }
    }
    if (!enterPayload(d, this.#frame)) return length;
    if (length > 0) d.putNone(W["websocket.payload"], d.pos, length);
    let inflated = length;
    if (compressed) inflated = this.#inflate(d, conversation, side, opcode);
    else this.#payload.message(d, conversation, side, opaque ? Opcode.Binary : opcode);
    leavePayload(d, masked);
    return inflated;
  }

  #continue(d: Dissection, conversation: Conversation, side: Side): number {
    const own = this.sides[side];
    const length = this.#frame.payloadLength;
    if (own.opcode < 0) {
      if (!own.incomplete) d.problem(WS.noStart, d.pos - this.#frame.headerLength);
      const { masked } = this.#frame;
      if (length > 0 && enterPayload(d, this.#frame)) {
        d.putNone(W["websocket.payload"], d.pos, length);
        if (this.#frame.fin) unknownPayload(d, length);
        else d.bytes(length, W["websocket.payload.continue"]);
        leavePayload(d, masked);
      }
      return length;
    }
    const { fin } = this.#frame;
    const added = this.#fragment(d, own, !fin);
    return fin ? this.#complete(d, conversation, side) : added;
  }

  /** Keeps a fragment; `show`: as one in the middle. @returns its length, 0 when compressed */
  #fragment(d: Dissection, own: WebSocketSide, show: boolean): number {
    const length = this.#frame.payloadLength;
    const { masked } = this.#frame;
    if (length > 0 && enterPayload(d, this.#frame)) {
      const at = d.pos;
      d.putNone(W["websocket.payload"], at, length);
      const { budget } = this.#context;
      const wasOver = own.overflow;
      if (!own.add(budget, d.data, at, length, d.frame) && !wasOver) {
        d.problem(WS.tooLong);
      }
      if (show) d.bytes(length, W["websocket.payload.continue"]);
      leavePayload(d, masked);
    }
    return own.compressed ? 0 : length;
  }

  /** The last fragment has been added. */
  #complete(d: Dissection, conversation: Conversation, side: Side): number {
    const own = this.sides[side];
    const { opcode, compressed, parts, length, fragments, overflow } = own;
    own.finish(this.#context.budget);
    if (overflow) {
      if (own.inflater !== undefined && compressed) own.inflater.broken = own.inflater.keeps;
      return compressed ? 0 : this.#frame.payloadLength;
    }
    const opaque = compressed && this.#agreement?.deflate === undefined;
    let inflated = compressed ? 0 : this.#frame.payloadLength;
    if (!d.enter("Reassembled Message", parts, 0, length)) return inflated;
    d.putNone(F["websocket.fragments"], 0, length);
    if (d.want[F["websocket.fragment"]] !== 0) {
      for (const number of fragments) d.put(F["websocket.fragment"], number, 0, 0);
    }
    d.put(F["websocket.fragment.count"], fragments.length, 0, 0);
    d.put(F["websocket.reassembled.length"], length, 0, 0);
    if (compressed && !opaque) inflated = this.#inflate(d, conversation, side, opcode);
    else this.#payload.message(d, conversation, side, opaque ? Opcode.Binary : opcode);
    d.leave();
    return inflated;
  }

  /** Decompresses the message from `d.pos` to `d.end`, and decodes it. */
  #inflate(d: Dissection, conversation: Conversation, side: Side, opcode: number): number {
    const own = this.sides[side];
    const inflater = own.inflater ??= this.#inflaterOf(side)!;
    const { inflaters } = this.#context;
    const broken = inflater.broken;
    const length = broken ? -1 : inflaters.inflate(inflater, d.data, d.pos, d.end - d.pos);
    if (length < 0) {
      d.putNone(W["websocket.decompression.failed.expert"]);
      d.problem(broken ? WS.contextLost : length === TOO_LONG ? WS.tooLong : WS.notInflatable);
      this.#payload.lose(d, conversation, side);
      return 0;
    }
    if (!enterCopy(d, "Decompressed payload", inflaters.output, length)) return length;
    this.#payload.message(d, conversation, side, opcode);
    d.leave();
    return length;
  }

  /** Part of a message of this side is missing. */
  breakOff(side: Side): void {
    const own = this.sides[side];
    own.finish(this.#context.budget);
    own.incomplete = true;
    own.inflater ??= this.#inflaterOf(side);
    if (own.inflater?.keeps === true) own.inflater.broken = true;
  }

  /** This side sends no more. */
  end(side: Side): void {
    const own = this.sides[side];
    own.ended = true;
    own.finish(this.#context.budget);
    if (own.inflater !== undefined) this.#context.inflaters.release(own.inflater);
  }

  #inflaterOf(side: Side): Inflater | undefined {
    const agreement = this.#agreement;
    if (agreement?.deflate === undefined) return undefined;
    const { clientBits, clientNoContext, serverBits, serverNoContext } = agreement.deflate;
    return side === agreement.client
      ? new Inflater(clientBits, !clientNoContext)
      : new Inflater(serverBits, !serverNoContext);
  }
}
