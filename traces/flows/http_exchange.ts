/**
 * Requests and the responses that belong to them (RFC 9112, 9.2, 9.3.2).
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import type { HttpHead } from "../wire/http_head.ts";
import { F } from "../wire/http_fields.ts";
import { nanosecondsSince } from "./elapsed.ts";

/** Requests that may wait for a response; the oldest is dropped beyond. */
const MOST = 128;

/** One request and its final response. */
export interface Exchange {
  /** Counts from 1 in the conversation. */
  readonly number: number;
  readonly method: string;
  /** With scheme and host when they are known. */
  readonly uri: string;
  /** Frame and time of the request; 0 when it was not seen. */
  readonly frame: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Frame of the response; 0 before. */
  answer: number;
  /** The exchange before: frames of its request and response. */
  readonly before: { readonly frame: number; readonly answer: number } | undefined;
  /** The head of a request that asks for WebSocket. */
  readonly upgrade: HttpHead | undefined;
}

export class HttpExchanges {
  readonly #waiting: Exchange[] = [];
  #last: Exchange | undefined = undefined;
  #count = 0;

  /** Method of the request that the next response answers; "" when it was not seen. */
  get nextMethod(): string {
    return this.#waiting[0]?.method ?? "";
  }

  request(d: Dissection, head: HttpHead, uri: string, upgrades: boolean): Exchange {
    const exchange = this.#add(d, head.method, uri, upgrades ? head : undefined);
    if (this.#waiting.length === MOST) this.#waiting.shift();
    this.#waiting.push(exchange);
    return exchange;
  }

  /** An interim response (1xx except 101) leaves the request waiting (RFC 9110, 15.2). */
  response(d: Dissection, head: HttpHead): Exchange {
    const interim = head.status >= 100 && head.status < 200 && head.status !== 101;
    const exchange = (interim ? this.#waiting[0] : this.#waiting.shift()) ??
      this.#add(undefined, "", "", undefined);
    if (!interim) exchange.answer = d.frame;
    return exchange;
  }

  /** What was sent is not known any more. */
  forget(): void {
    this.#waiting.length = 0;
  }

  #add(
    d: Dissection | undefined,
    method: string,
    uri: string,
    upgrade: HttpHead | undefined,
  ): Exchange {
    const last = this.#last;
    const before = last === undefined ? undefined : { frame: last.frame, answer: last.answer };
    const { frame, seconds, nanoseconds } = d ?? { frame: 0, seconds: 0, nanoseconds: 0 };
    const number = ++this.#count;
    this.#last = { number, method, uri, frame, seconds, nanoseconds, answer: 0, before, upgrade };
    return this.#last;
  }
}

/** Seconds from the request to the frame being decoded. */
export function sinceRequest(d: Dissection, { seconds, nanoseconds }: Exchange): number {
  return nanosecondsSince(d, seconds, nanoseconds) / 1e9;
}

/** Writes the fields that link a request to others. */
export function linkRequest(d: Dissection, exchange: Exchange): void {
  d.put(F["http.request"], 1, d.pos, 0);
  d.put(F["http.request_number"], exchange.number, d.pos, 0);
  const before = exchange.before?.frame ?? 0;
  if (before !== 0) d.put(F["http.prev_request_in"], before, d.pos, 0);
}

/** Writes the fields that link a response to its request and others. */
export function linkResponse(d: Dissection, exchange: Exchange): void {
  d.put(F["http.response"], 1, d.pos, 0);
  d.put(F["http.response_number"], exchange.number, d.pos, 0);
  if (exchange.frame !== 0) d.put(F["http.time"], sinceRequest(d, exchange), d.pos, 0);
  const { before } = exchange;
  if (before !== undefined && before.frame !== 0) {
    d.put(F["http.prev_request_in"], before.frame, d.pos, 0);
  }
  if (before !== undefined && before.answer !== 0) {
    d.put(F["http.prev_response_in"], before.answer, d.pos, 0);
  }
  if (exchange.frame !== 0) d.put(F["http.request_in"], exchange.frame, d.pos, 0);
  if (exchange.uri !== "") d.putObject(F["http.response_for.uri"], exchange.uri, d.pos, 0);
}
