/**
 * HTTP/1.1 on a stream of bytes (RFC 9112): heads are decoded where their body ends; bodies are
 * counted, not kept. After 101 Switching Protocols to WebSocket the carrier goes over to that.
 *
 * @module
 */
import { dataWanted, decodeData, nameData } from "../wire/data.ts";
import { type Dissection, Failure } from "../wire/dissection.ts";
import {
  beginsHttp,
  decodeHttpHead,
  findHeadEnd,
  httpInfo,
  httpLayer,
  NO_END,
} from "../wire/http.ts";
import { BodyFraming, ChunkScanner, isTyped, readFraming } from "../wire/http_body.ts";
import { F, nameHttp } from "../wire/http_fields.ts";
import type { HttpHead } from "../wire/http_head.ts";
import { HTTP_RULES } from "../wire/http_rules.ts";
import { isTextType, textLines, textLinesWanted } from "../wire/text_lines.ts";
import type { Conversation, Side } from "./conversation.ts";
import { HttpExchanges, linkRequest, linkResponse, sinceRequest } from "./http_exchange.ts";
import { ProtocolRun } from "./protocol_run.ts";
import type { StreamContext } from "./stream_context.ts";
import {
  type Carrier,
  FOLLOW,
  MORE,
  type StreamProtocol,
  TAKEN,
  UNTIL_END,
} from "./stream_protocol.ts";
import {
  checkUpgradeRequest,
  checkUpgradeResponse,
  isWebSocketUpgrade,
} from "./websocket_upgrade.ts";
import { WebSocketStream } from "./websocket_stream.ts";

/** Bytes that a head may have. */
const MAX_HEAD = 256 * 1024;

/** Bytes of a body that are kept when somebody wants to see it. */
const BODY_KEPT = 64 * 1024;
/** Announced lengths from here on may be those of a channel of RPC over HTTP. */
const ENDLESS = 128 * 1024;

/** How far one side has come. */
class HttpSide {
  /** Bytes of the waiting head that hold no end of it. */
  scanned = 0;
  chunks: ChunkScanner | undefined = undefined;
  /** It sends no more. */
  ended = false;
  /** In the middle of a message. */
  waiting = false;

  next(): void {
    this.scanned = 0;
    this.chunks = undefined;
    this.waiting = false;
  }
}

/** Of the head being looked at. */
const framing = new BodyFraming();

export class HttpStream implements StreamProtocol {
  readonly name = "http";
  keep = 0;
  readonly #context: StreamContext;
  readonly #secure: boolean;
  readonly #sides: readonly [HttpSide, HttpSide] = [new HttpSide(), new HttpSide()];
  readonly #exchanges = new HttpExchanges();
  readonly #run = new ProtocolRun();
  /** Switched to a protocol that is not known here. */
  #opaque = false;
  /** A request was seen. */
  #seen = false;

  /** @param secure whether it rides on TLS */
  constructor(context: StreamContext, secure = false) {
    this.#context = context;
    this.#secure = secure;
  }

  read(d: Dissection, conversation: Conversation, side: Side, carrier: Carrier): number {
    const own = this.#sides[side];
    const start = d.pos;
    if (this.#opaque) return this.#passOver(d);
    // An empty line before a message is passed over (RFC 9112, 2.2).
    const blank = d.peek16() === 0x0d0a && d.end - start > 3 ? 2 : 0;
    d.pos = start + blank;
    const isHttp = beginsHttp(d);
    d.pos = start;
    if (!isHttp) {
      own.next();
      return this.#passOver(d);
    }
    let end = findHeadEnd(d.data, start + Math.max(blank, own.scanned), d.end);
    const cut = end === NO_END && d.limit > d.end;
    if (end === NO_END) {
      if (!cut) return this.#wait(d, own);
      end = d.end;
    }
    readFraming(d.data, start + blank, end, framing);
    const total = cut ? d.limit - start : this.#measure(d, own, start, end);
    // Bodies are shown as text or, without a type, as data, which somebody may want.
    const shown = !framing.chunked && (framing.typed ? textLinesWanted(d) : dataWanted(d));
    this.keep = end - start + (shown ? BODY_KEPT : 0);
    if (total < 0) return total;
    if (d.limit - start < total) {
      own.waiting = true;
      return total;
    }
    own.next();
    d.pos = start + blank;
    this.#decode(d, conversation, side, carrier, end - d.pos, cut ? 0 : start + total - end);
    if (cut) d.failed = Failure.Cut;
    d.pos = start + total;
    return TAKEN;
  }

  follow(d: Dissection, side: Side): number {
    const { chunks } = this.#sides[side];
    return chunks === undefined ? MORE : chunks.scan(d.data, d.pos, d.end);
  }

  lost(
    _d: Dissection,
    _conversation: Conversation,
    side: Side,
    _length: number,
    aligned: boolean,
  ): void {
    this.#sides[side].next();
    if (!aligned) this.#exchanges.forget();
  }

  end(d: Dissection, _conversation: Conversation, side: Side): void {
    const own = this.#sides[side];
    own.ended = true;
    if (own.waiting) d.problem(HTTP_RULES.cutShort);
  }

  release(): void {
    this.#exchanges.forget();
  }

  #wait(d: Dissection, own: HttpSide): number {
    // The end may begin with the last bytes that are there.
    own.scanned = Math.max(0, d.end - d.pos - 2);
    if (own.scanned < MAX_HEAD) return MORE;
    d.problem(HTTP_RULES.longHead);
    own.next();
    return this.#passOver(d);
  }

  /**
   * The message's length, the head ending at `end`; `UNTIL_END` or `FOLLOW` when its end has not
   * come (RFC 9112, 6.3).
   */
  #measure(d: Dissection, own: HttpSide, start: number, end: number): number {
    const { isRequest, contentLength, chunked, encoded } = framing;
    if (!isRequest && this.#isBodiless()) return end - start;
    if (chunked) {
      if (own.chunks?.done === true) return d.limit - start;
      own.chunks = new ChunkScanner();
      const body = own.chunks.scan(d.data, end, d.end);
      own.waiting = true;
      return body < 0 ? FOLLOW : end - start + body;
    }
    if (contentLength >= 0 && !encoded) {
      // RPC over HTTP announces lengths that it does not keep ([MS-RPCH], 2.1.2.1).
      const endless = contentLength >= ENDLESS && beginsRpc(d, start);
      return endless ? d.limit - start : end - start + contentLength;
    }
    if (isRequest) return end - start;
    return own.ended ? d.limit - start : UNTIL_END;
  }

  #isBodiless(): boolean {
    const { status } = framing;
    const method = this.#exchanges.nextMethod;
    return method === "HEAD" || method === "CONNECT" && status >= 200 && status < 300 ||
      status >= 100 && status < 200 || status === 204 || status === 304;
  }

  #decode(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    carrier: Carrier,
    length: number,
    body: number,
  ): void {
    const at = d.pos;
    httpLayer(d, length, !this.#run.begins(d));
    if (d.columns) {
      d.protocolColumn = "HTTP";
      d.infoColumn = httpInfo(d, at, length);
    }
    const head = decodeHttpHead(d, length);
    if (head.isRequest) this.#seen = true;
    const { observer } = this.#context;
    observer.httpHead(conversation, side, head.isRequest, length, body);
    if (body > 0) observer.httpBody(conversation, side, body);
    if (head.isRequest) this.#request(d, conversation, side, head, at);
    else this.#response(d, conversation, side, head, at, carrier);
    if (body > 0) decodeBody(d, head, body);
  }

  #request(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    head: HttpHead,
    at: number,
  ): void {
    if (!conversation.clientKnown) {
      conversation.client = side;
      conversation.clientKnown = true;
    }
    const whole = /^https?:\/\//i.test(head.uri) || head.method === "CONNECT" ||
      head.host === undefined;
    const uri = whole ? head.uri : `http${this.#secure ? "s" : ""}://${head.host}${head.uri}`;
    if (head.host !== undefined) d.putObject(F["http.request.full_uri"], uri, d.pos, 0);
    const upgrades = isWebSocketUpgrade(head);
    if (upgrades) checkUpgradeRequest(head, (rule, detail) => d.problem(rule, at, detail));
    linkRequest(d, this.#exchanges.request(d, head, uri, upgrades));
  }

  #response(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    head: HttpHead,
    at: number,
    carrier: Carrier,
  ): void {
    const exchange = this.#exchanges.response(d, head);
    linkResponse(d, exchange);
    if (exchange.frame !== 0 && exchange.answer !== 0) {
      const seconds = sinceRequest(d, exchange);
      this.#context.observer.roundTrip(conversation, "http request", seconds, d.frame);
    }
    if (exchange.method === "CONNECT" && head.status >= 200 && head.status < 300) {
      carrier.protocol = undefined;
    }
    if (head.status !== 101) return;
    if (!isWebSocketUpgrade(head)) {
      this.#opaque = true;
      return;
    }
    const { subprotocol, deflate } = checkUpgradeResponse(
      exchange.upgrade,
      head,
      (rule, detail) => d.problem(rule, at, detail),
    );
    const client = (side ^ 1) as Side;
    const agreement = { client, subprotocol, deflate, httpRun: this.#run };
    carrier.protocol = new WebSocketStream(this.#context, agreement);
  }

  /** What is no head: the rest of something whose beginning is missing. */
  #passOver(d: Dissection): number {
    if (this.#opaque) {
      if (this.#run.begins(d)) nameHttp(d);
    } else {
      if (this.#seen) httpLayer(d, d.end - d.pos, !this.#run.begins(d));
      d.problem(HTTP_RULES.noHead);
    }
    if (d.columns && this.#seen) {
      d.protocolColumn = "HTTP";
      d.infoColumn = "Continuation";
    }
    decodeData(d);
    d.pos = d.end;
    return TAKEN;
  }
}

/** Whether an "RPC_IN_DATA" or "RPC_OUT_DATA" request begins at `at`. */
function beginsRpc(d: Dissection, at: number): boolean {
  return d.data[at] === 0x52 && d.data[at + 1] === 0x50 && d.data[at + 3] === 0x5f;
}

/** The body, of `length` bytes at the cursor as far as it was kept; a body in chunks is only named. */
function decodeBody(d: Dissection, head: HttpHead, length: number): void {
  if (head.contentType !== undefined && isTyped(head.contentType)) {
    if (isTextType(head.contentType)) textLines(d, length);
  } else if (head.chunked || d.end - d.pos < length) {
    nameData(d);
  } else {
    d.narrow(length);
    decodeData(d);
    d.widen();
  }
}
