/**
 * WebSocket on a stream of bytes (RFC 6455), with permessage-deflate (RFC 7692).
 *
 * @module
 */
import { type Dissection, Failure } from "../wire/dissection.ts";
import { define, frameNumber, none, relativeTime, uint32 } from "../wire/field.ts";
import { nameHttp } from "../wire/http_fields.ts";
import { invalidUtf8 } from "../wire/utf8.ts";
import {
  checkWebSocketFrame,
  closeText,
  decodeWebSocketHeader,
  F as W,
  mayClose,
  measureWebSocket,
  Opcode,
  payloadWanted,
  unmask,
  WEBSOCKET,
  WebSocketFrame,
  webSocketInfo,
} from "../wire/websocket.ts";
import type { Deflate } from "../wire/websocket_extensions.ts";
import { WS } from "../wire/websocket_rules.ts";
import type { Conversation, Side } from "./conversation.ts";
import { Inflater, TOO_LONG } from "./inflater_pool.ts";
import { MAX_WAITING, MAX_WAITING_IN_ALL } from "./pdu_stream.ts";
import { ProtocolRun } from "./protocol_run.ts";
import type { StreamContext } from "./stream_context.ts";
import { MORE, type StreamProtocol, TAKEN } from "./stream_protocol.ts";
import { WebSocketPayload } from "./websocket_payload.ts";
import { WebSocketSide } from "./websocket_side.ts";

const F = define({
  "websocket.fragments": none("Reassembled WebSocket message"),
  "websocket.fragment": frameNumber("WebSocket fragment"),
  "websocket.fragment.count": uint32("Fragment count"),
  "websocket.reassembled.length": uint32("Reassembled length"),
  "edgewire.websocket.rtt": relativeTime("Time since the ping"),
});

/** Made bytes up to this length share the dissection's arena. */
const SMALL = 16 * 1024;

/** What the opening handshake settled. */
export interface Agreement {
  readonly client: Side;
  /** "" when none was chosen. */
  readonly subprotocol: string;
  readonly deflate: Deflate | undefined;
  /** Run of the HTTP that the conversation began with. */
  readonly httpRun: ProtocolRun;
}

/** The frame being read; good until the next. */
const frame = new WebSocketFrame();

export class WebSocketStream implements StreamProtocol {
  readonly name = "websocket";
  keep = 0;
  readonly #context: StreamContext;
  readonly #agreement: Agreement | undefined;
  readonly #payload: WebSocketPayload;
  readonly #sides: readonly [WebSocketSide, WebSocketSide] = [
    new WebSocketSide(),
    new WebSocketSide(),
  ];
  readonly #run = new ProtocolRun();
  /** -1 while unknown. */
  #client: number;
  #upgradeTold = false;

  /** @param agreement undefined when the opening handshake is not in the capture */
  constructor(context: StreamContext, agreement?: Agreement) {
    this.#context = context;
    this.#agreement = agreement;
    this.#payload = new WebSocketPayload(context, agreement?.subprotocol ?? "");
    this.#client = agreement?.client ?? -1;
  }

  read(d: Dissection, conversation: Conversation, side: Side): number {
    const start = d.pos;
    const own = this.#sides[side];
    const total = measureWebSocket(d, frame);
    if (own.lost) {
      if (!isPlausible()) return passOver(d);
      own.lost = false;
    }
    if (total < 0) return MORE;
    if (total > Number.MAX_SAFE_INTEGER) return this.#giveUp(d, own);
    if (d.limit - start < total) {
      this.keep = total > MAX_WAITING ? frame.headerLength : 0;
      return total;
    }
    this.#begin(d, start);
    this.#checkSide(d, conversation, side, start);
    if (own.closed) d.problem(WS.afterClose, start);
    const { headerLength, payloadLength, opcode } = frame;
    let inflated = payloadLength;
    if (d.end - d.pos < payloadLength) this.#missing(d, own, total);
    else if (opcode > 7) this.#control(d, conversation, side);
    else inflated = this.#data(d, conversation, side, start);
    this.#context.observer.webSocketFrame(
      conversation,
      side,
      opcode,
      headerLength,
      payloadLength,
      inflated,
    );
    d.pos = start + total;
    return TAKEN;
  }

  lost(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    _length: number,
    aligned: boolean,
  ): void {
    const own = this.#sides[side];
    if (!aligned) own.lost = true;
    this.#breakOff(own);
    this.#payload.lose(d, conversation, side);
  }

  end(d: Dissection, conversation: Conversation, side: Side): void {
    this.#payload.end(d, conversation, side);
    const own = this.#sides[side];
    own.finish(this.#context.budget);
    if (own.inflater !== undefined) this.#context.inflaters.release(own.inflater);
  }

  /** Layer and header fields; the cursor is at the payload then. */
  #begin(d: Dissection, start: number): void {
    if (this.#agreement?.httpRun.begins(d) === true) nameHttp(d);
    const layers = d.layerCount;
    const entry = d.layer(WEBSOCKET);
    if (!this.#run.begins(d)) d.layerCount = layers;
    d.lengthOf(entry, frame.headerLength);
    decodeWebSocketHeader(d, frame, this.#agreement?.deflate !== undefined);
    checkWebSocketFrame(d, frame, start);
    if (d.columns) {
      d.protocolColumn = "WebSocket";
      d.infoColumn = webSocketInfo(frame);
    }
  }

  #checkSide(d: Dissection, conversation: Conversation, side: Side, start: number): void {
    if (this.#client < 0) {
      if (conversation.clientKnown) {
        this.#client = conversation.client;
      } else {
        this.#client = frame.masked ? side : side ^ 1;
        conversation.client = this.#client as Side;
        conversation.clientKnown = true;
      }
    }
    if (!this.#upgradeTold) {
      this.#upgradeTold = true;
      if (this.#agreement === undefined) d.problem(WS.noUpgrade, start);
    }
    if (side === this.#client) {
      if (!frame.masked) d.problem(WS.unmaskedClient, start + 1);
    } else if (frame.masked) {
      d.problem(WS.maskedServer, start + 1);
    }
  }

  // --- payload as a source --------------------------------------------------------------------

  /** Makes the payload, unmasked, what is read next; undone by `#leave`. */
  #enter(d: Dissection): boolean {
    const length = frame.payloadLength;
    if (!frame.masked) {
      d.narrow(length);
      return true;
    }
    const at = d.pos;
    const { data } = d;
    const room = roomFor(d, length);
    unmask(data, at, length, frame.key, room, madeAt);
    return d.enter("Unmasked data", room, madeAt, length);
  }

  #leave(d: Dissection, masked: boolean): void {
    if (masked) d.leave();
    else d.widen();
  }

  /** The capture, or what was worth keeping, ends before the payload does. */
  #missing(d: Dissection, own: WebSocketSide, total: number): void {
    if (total > MAX_WAITING) {
      d.problem(WS.tooLong);
    } else {
      d.putNone(W["websocket.payload"], d.pos, d.end - d.pos);
      d.skip(frame.payloadLength);
      d.failed = Failure.Cut;
    }
    if (frame.opcode < 8) this.#breakOff(own);
  }

  // --- control frames -------------------------------------------------------------------------

  #control(d: Dissection, conversation: Conversation, side: Side): void {
    const own = this.#sides[side];
    const { opcode, payloadLength, masked, rsv } = frame;
    if ((rsv & 4) !== 0 && this.#agreement?.deflate !== undefined) {
      d.problem(WS.compressedControl, d.pos - frame.headerLength);
    } else if (rsv !== 0) {
      d.problem(WS.reservedBits, d.pos - frame.headerLength);
    }
    if (opcode === Opcode.Close) own.closed = true;
    if (payloadLength === 0) {
      if (opcode === Opcode.Close) this.#noteClose(conversation, side, "");
      else if (opcode <= Opcode.Pong) this.#ping(d, conversation, side, opcode);
      return;
    }
    if (!this.#enter(d)) return;
    d.putNone(W["websocket.payload"], d.pos, payloadLength);
    d.push();
    if (opcode === Opcode.Close) this.#close(d, conversation, side);
    else if (opcode > Opcode.Pong) unknown(d, payloadLength);
    else this.#ping(d, conversation, side, opcode);
    d.pop();
    this.#leave(d, masked);
  }

  #close(d: Dissection, conversation: Conversation, side: Side): void {
    const at = d.pos;
    const length = d.end - at;
    d.putNone(W["websocket.payload.close"], at, length);
    if (length === 1) {
      d.problem(WS.closeOneByte, at);
      return;
    }
    d.push();
    const code = d.u16(W["websocket.payload.close.status_code"]);
    if (!mayClose(code)) d.problem(WS.closeCode, at, `code ${code}`);
    if (length > 2) {
      d.text(length - 2, W["websocket.payload.close.reason"]);
      const wrong = invalidUtf8(d.data, at + 2, at + length);
      if (wrong >= 0) d.problem(WS.reasonNotUtf8, wrong);
    }
    d.pop();
    if (d.columns) d.infoColumn += ` ${closeText(code)}`;
    this.#noteClose(conversation, side, ` ${code}`);
  }

  #noteClose(conversation: Conversation, side: Side, code: string): void {
    if (conversation.closed !== "") return;
    const who = side === this.#client ? "client" : "server";
    conversation.closed = `WebSocket close${code} by ${who}`;
  }

  /** A ping or pong, its payload from `d.pos` to `d.end` when there is one. */
  #ping(d: Dissection, conversation: Conversation, side: Side, opcode: number): void {
    const length = frame.payloadLength;
    const hash = hashOf(d.data, d.pos, length);
    if (length > 0) {
      const isPing = opcode === Opcode.Ping;
      d.bytes(length, W[isPing ? "websocket.payload.ping" : "websocket.payload.pong"]);
    }
    if (opcode === Opcode.Ping) {
      this.#sides[side].pinged(d.time, hash);
      return;
    }
    const since = this.#sides[side ^ 1]!.ponged(hash);
    if (since < 0) return;
    d.put(F["edgewire.websocket.rtt"], d.time - since);
    this.#context.observer.roundTrip(conversation, "websocket ping", d.time - since, d.frame);
  }

  // --- messages -------------------------------------------------------------------------------

  /** @returns bytes after decompression, as far as this frame completes a message */
  #data(d: Dissection, conversation: Conversation, side: Side, start: number): number {
    const own = this.#sides[side];
    const { opcode, rsv, fin, payloadLength, masked } = frame;
    const deflate = this.#agreement?.deflate;
    const marked = (rsv & 4) !== 0;
    if (opcode === Opcode.Continuation) {
      if (marked && deflate !== undefined) d.problem(WS.compressedContinuation, start);
      if ((rsv & (deflate === undefined ? 7 : 3)) !== 0) d.problem(WS.reservedBits, start);
      return this.#continue(d, conversation, side);
    }
    // Without the handshake RSV1 may well have been agreed upon.
    const allowed = deflate !== undefined || this.#agreement === undefined ? 4 : 0;
    if ((rsv & ~allowed) !== 0) d.problem(WS.reservedBits, start);
    if (own.opcode >= 0) {
      d.problem(WS.insideMessage, start);
      this.#breakOff(own);
    }
    own.incomplete = false;
    if (opcode > Opcode.Binary) {
      if (payloadLength > 0 && this.#enter(d)) {
        d.putNone(W["websocket.payload"], d.pos, payloadLength);
        unknown(d, payloadLength);
        this.#leave(d, masked);
      }
      return payloadLength;
    }
    if (fin) return this.#single(d, conversation, side, marked);
    own.begin(opcode, marked);
    return this.#fragment(d, own, false);
  }

  /** A message that is one frame. */
  #single(d: Dissection, conversation: Conversation, side: Side, marked: boolean): number {
    const length = frame.payloadLength;
    const { masked, opcode } = frame;
    const compressed = marked && this.#agreement?.deflate !== undefined;
    if (length === 0 && !compressed) return 0;
    const opaque = marked && !compressed;
    if (!compressed && masked && !payloadWanted(d)) {
      if (opaque || this.#payload.mayStayMasked(d, frame)) {
        d.putNone(W["websocket.payload"], d.pos, length);
        d.narrow(length);
        this.#payload.masked(d, frame);
        d.widen();
        return length;
      }
    }
    if (!this.#enter(d)) return length;
    if (length > 0) d.putNone(W["websocket.payload"], d.pos, length);
    let inflated = length;
    if (compressed) inflated = this.#inflate(d, conversation, side, opcode);
    else this.#payload.message(d, conversation, side, opaque ? Opcode.Binary : opcode);
    this.#leave(d, masked);
    return inflated;
  }

  #continue(d: Dissection, conversation: Conversation, side: Side): number {
    const own = this.#sides[side];
    const length = frame.payloadLength;
    if (own.opcode < 0) {
      if (!own.incomplete) d.problem(WS.noStart, d.pos - frame.headerLength);
      const { masked } = frame;
      if (length > 0 && this.#enter(d)) {
        d.putNone(W["websocket.payload"], d.pos, length);
        d.bytes(length, W["websocket.payload.continue"]);
        this.#leave(d, masked);
      }
      return length;
    }
    const { fin } = frame;
    const added = this.#fragment(d, own, !fin);
    return fin ? this.#complete(d, conversation, side) : added;
  }

  /** Keeps a fragment; `show`: as one in the middle. @returns its length, 0 when compressed */
  #fragment(d: Dissection, own: WebSocketSide, show: boolean): number {
    const length = frame.payloadLength;
    const { masked } = frame;
    if (length > 0 && this.#enter(d)) {
      const at = d.pos;
      d.putNone(W["websocket.payload"], at, length);
      const { budget } = this.#context;
      const wasOver = own.overflow;
      if (!own.add(budget, MAX_WAITING_IN_ALL, d.data, at, length, d.frame) && !wasOver) {
        d.problem(WS.tooLong);
      }
      if (show) d.bytes(length, W["websocket.payload.continue"]);
      this.#leave(d, masked);
    }
    return own.compressed ? 0 : length;
  }

  /** The last fragment has been added. */
  #complete(d: Dissection, conversation: Conversation, side: Side): number {
    const own = this.#sides[side];
    const { opcode, compressed, parts, length, fragments, overflow } = own;
    own.finish(this.#context.budget);
    if (overflow) {
      if (own.inflater !== undefined && compressed) own.inflater.broken = own.inflater.keeps;
      return compressed ? 0 : frame.payloadLength;
    }
    const opaque = compressed && this.#agreement?.deflate === undefined;
    let inflated = compressed ? 0 : frame.payloadLength;
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
    const own = this.#sides[side];
    const { clientNoContext, clientBits, serverNoContext, serverBits } = this.#agreement!.deflate!;
    own.inflater ??= side === this.#client
      ? new Inflater(clientBits, !clientNoContext)
      : new Inflater(serverBits, !serverNoContext);
    const { inflaters } = this.#context;
    const broken = own.inflater.broken;
    const length = broken ? -1 : inflaters.inflate(own.inflater, d.data, d.pos, d.end - d.pos);
    if (length < 0) {
      d.putNone(W["websocket.decompression.failed.expert"]);
      d.problem(broken ? WS.contextLost : length === TOO_LONG ? WS.tooLong : WS.notInflatable);
      this.#payload.lose(d, conversation, side);
      return 0;
    }
    const room = roomFor(d, length);
    room.set(inflaters.output.subarray(0, length), madeAt);
    if (!d.enter("Decompressed payload", room, madeAt, length)) return length;
    this.#payload.message(d, conversation, side, opcode);
    d.leave();
    return length;
  }

  // --- gaps -----------------------------------------------------------------------------------

  /** Part of a message is missing. */
  #breakOff(own: WebSocketSide): void {
    own.finish(this.#context.budget);
    own.incomplete = true;
    const { inflater } = own;
    if (inflater?.keeps === true) inflater.broken = true;
    else if (inflater === undefined) this.#breakNew(own);
  }

  /** A window that has not been used yet may miss its first message. */
  #breakNew(own: WebSocketSide): void {
    const deflate = this.#agreement?.deflate;
    if (deflate === undefined) return;
    const isClient = own === this.#sides[this.#client];
    const keeps = isClient ? !deflate.clientNoContext : !deflate.serverNoContext;
    if (!keeps) return;
    own.inflater = new Inflater(isClient ? deflate.clientBits : deflate.serverBits, true);
    own.inflater.broken = true;
  }

  #giveUp(d: Dissection, own: WebSocketSide): number {
    this.#begin(d, d.pos);
    own.lost = true;
    this.#breakOff(own);
    d.pos = d.end;
    return TAKEN;
  }
}

/** Where `roomFor` begins. */
let madeAt = 0;

/** Room for bytes made from the frame: `[madeAt, madeAt + length)` of what is returned. */
function roomFor(d: Dissection, length: number): Uint8Array {
  if (length > SMALL) {
    madeAt = 0;
    return new Uint8Array(length);
  }
  madeAt = d.reserve(length);
  return d.arena;
}

function unknown(d: Dissection, length: number): void {
  d.bytes(length, W["websocket.payload.unknown"]);
  d.putNone(W["websocket.payload.unknown.expert"]);
}

/** Whether the header in `frame` may be one: used behind gaps only. */
function isPlausible(): boolean {
  const { opcode, rsv, payloadLength, fin } = frame;
  if ((rsv & 3) !== 0 || payloadLength > MAX_WAITING) return false;
  if (opcode < 3) return true;
  return opcode >= Opcode.Close && opcode <= Opcode.Pong && fin && payloadLength < 126;
}

function passOver(d: Dissection): number {
  d.problem(WS.resync);
  d.pos = d.end;
  return TAKEN;
}

function hashOf(data: Uint8Array, at: number, length: number): number {
  let hash = length;
  for (let i = 0; i < length; i++) hash = Math.imul(hash, 31) + data[at + i]! | 0;
  return hash;
}
