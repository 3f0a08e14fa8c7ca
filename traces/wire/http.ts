/**
 * HTTP/1.1 request and response heads (RFC 9112, 2 to 6; field semantics RFC 9110).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { F, HTTP, STATUS } from "./http_fields.ts";
import { ascii, decodeHeaderLine, HttpHead, isBlank, putAscii } from "./http_head.ts";
import { HTTP_RULES } from "./http_rules.ts";

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

/** Returned by `findHeadEnd`: there is no empty line yet. */
export const NO_END = -1;

/**
 * Looks for the empty line that ends a head, from `from` on.
 *
 * @returns the offset behind it, or `NO_END`
 */
export function findHeadEnd(data: Uint8Array, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    if (data[i] !== LF) continue;
    const next = data[i + 1];
    if (next === LF && i + 1 < end) return i + 2;
    if (next === CR && i + 2 < end && data[i + 2] === LF) return i + 3;
  }
  return NO_END;
}

/** Methods as registered with IANA, and those of WebDAV, UPnP and RPC over HTTP. */
const METHODS = (
  "GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE PATCH LABEL MERGE DELETE SEARCH " +
  "UNLOCK REPORT UPDATE NOTIFY BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE " +
  "PROPPATCH BPROPFIND BPROPPATCH UNCHECKOUT MKACTIVITY MKWORKSPACE RPC_CONNECT RPC_IN_DATA " +
  "UNSUBSCRIBE RPC_OUT_DATA VERSION-CONTROL BASELINE-CONTROL SSTP_DUPLEX_POST"
).split(" ");
const STARTS = ["HTTP/", ...METHODS.map((method) => `${method} `)];

/** Whether the bytes begin as a request or response does, as far as they go. */
export function beginsHttp(d: Dissection): boolean {
  const { data, pos, end } = d;
  if (pos >= end) return false;
  const first = data[pos]!;
  if (first < 0x42 || first > 0x56) return false;
  return STARTS.some((start) => beginsWith(data, pos, end, start));
}

/** Bytes of a request line that are looked at for its version. */
const FAR = 8192;

/**
 * Whether a conversation of which nothing is known begins with HTTP/1: the start of a status line, or
 * a request line that names the version as far as it is there.
 */
export function looksLikeHttp(d: Dissection): boolean {
  const { data, pos, end } = d;
  if (end - pos < 5 || !beginsHttp(d)) return false;
  if (beginsWith(data, pos, end, "HTTP/")) return beginsWith(data, pos, end, "HTTP/1.");
  const stop = Math.min(end, pos + FAR);
  for (let i = pos; i < stop; i++) {
    const byte = data[i]!;
    if (byte === LF) return beginsWith(data, contentEnd(data, pos, i + 1) - 8, end, "HTTP/1.");
    if (byte < SPACE && byte !== CR) return false;
  }
  return true;
}

function beginsWith(data: Uint8Array, at: number, end: number, start: string): boolean {
  const length = Math.min(start.length, end - at);
  for (let i = 0; i < length; i++) if (data[at + i] !== start.charCodeAt(i)) return false;
  return true;
}

/**
 * Writes the fields of the head at `d.pos`, which ends at `d.pos + length`, into an entered layer,
 * and leaves the cursor behind it.
 *
 * @param length as `findHeadEnd` found it
 */
export function decodeHttpHead(d: Dissection, length: number): HttpHead {
  const head = new HttpHead();
  head.length = length;
  const end = d.pos + length;
  let at = d.pos;
  let next = lineEnd(d.data, at, end);
  startLine(d, head, at, contentEnd(d.data, at, next), next);
  for (at = next; at < end; at = next) {
    next = lineEnd(d.data, at, end);
    // Lines that begin with a blank continue the one before (RFC 9112, 5.2).
    while (next < end && isBlank(d.data[next]!)) {
      d.problem(HTTP_RULES.folded, next);
      next = lineEnd(d.data, next, end);
    }
    const stop = contentEnd(d.data, at, next);
    if (stop > at) decodeHeaderLine(d, head, at, stop, next);
  }
  d.pos = end;
  if (head.transferEncoding !== undefined && head.contentLength >= 0) {
    d.problem(HTTP_RULES.lengthAndEncoding, end - length);
  }
  return head;
}

function lineEnd(data: Uint8Array, at: number, end: number): number {
  while (at < end && data[at] !== LF) at++;
  return at < end ? at + 1 : end;
}

/** The end of a line without its CR LF. */
function contentEnd(data: Uint8Array, at: number, next: number): number {
  let stop = next;
  if (stop > at && data[stop - 1] === LF) stop--;
  if (stop > at && data[stop - 1] === CR) stop--;
  return stop;
}

function tokenEnd(data: Uint8Array, at: number, stop: number): number {
  while (at < stop && data[at] !== SPACE) at++;
  return at;
}

function startLine(d: Dissection, head: HttpHead, at: number, stop: number, next: number): void {
  d.putNone(F["http.chat"], at, next - at);
  d.push();
  head.isRequest = !beginsWith(d.data, at, stop, "HTTP/");
  if (head.isRequest) requestLine(d, head, at, stop);
  else statusLine(d, head, at, stop);
  d.pop();
  const { version } = head;
  if (version !== "HTTP/1.1" && version !== "HTTP/1.0") {
    d.problem(HTTP_RULES.version, at, version);
  }
}

function requestLine(d: Dissection, head: HttpHead, at: number, stop: number): void {
  const { data } = d;
  const methodEnd = tokenEnd(data, at, stop);
  head.method = ascii(data, at, methodEnd);
  putAscii(d, F["http.request.method"], at, methodEnd);
  const uriAt = Math.min(stop, methodEnd + 1);
  const uriEnd = tokenEnd(data, uriAt, stop);
  head.uri = ascii(data, uriAt, uriEnd);
  putAscii(d, F["http.request.uri"], uriAt, uriEnd);
  splitUri(d, uriAt, uriEnd);
  let versionAt = uriEnd;
  while (versionAt < stop && data[versionAt] === SPACE) versionAt++;
  head.version = ascii(data, versionAt, stop);
  putAscii(d, F["http.request.version"], versionAt, stop);
}

/** Path, query and parameters, when there is a query. */
function splitUri(d: Dissection, at: number, end: number): void {
  const query = d.data.subarray(at, end).indexOf(0x3f);
  if (query < 0 || at + query + 1 >= end) return;
  const queryAt = at + query + 1;
  d.push();
  putAscii(d, F["http.request.uri.path"], at, queryAt - 1);
  putAscii(d, F["http.request.uri.query"], queryAt, end);
  d.push();
  for (let from = queryAt; from < end;) {
    let to = from;
    while (to < end && d.data[to] !== 0x26) to++;
    if (to > from) putAscii(d, F["http.request.uri.query.parameter"], from, to);
    from = to + 1;
  }
  d.pop();
  d.pop();
}

function statusLine(d: Dissection, head: HttpHead, at: number, stop: number): void {
  const { data } = d;
  const versionEnd = tokenEnd(data, at, stop);
  head.version = ascii(data, at, versionEnd);
  putAscii(d, F["http.response.version"], at, versionEnd);
  const codeAt = Math.min(stop, versionEnd + 1);
  const codeEnd = tokenEnd(data, codeAt, stop);
  const digits = /^\d+/.exec(ascii(data, codeAt, Math.min(codeEnd, codeAt + 3)));
  head.status = digits === null ? 0 : Number(digits[0]);
  if (codeEnd - codeAt !== 3 || head.status < 100) d.problem(HTTP_RULES.status, codeAt);
  if (codeEnd - codeAt < 3) return;
  d.put(F["http.response.code"], head.status, codeAt, 3);
  if (d.want[F["http.response.code.desc"]] !== 0) {
    const text = STATUS[head.status] ?? `Unknown (${head.status})`;
    d.putObject(F["http.response.code.desc"], text, codeAt, 3);
  }
  const phraseAt = Math.min(stop, codeEnd + 1);
  if (phraseAt < stop) putAscii(d, F["http.response.phrase"], phraseAt, stop);
}

/** Enters the layer; `again` when the same bytes held a head before (see `frame.protocols`). */
export function httpLayer(d: Dissection, length: number, again: boolean): void {
  const layers = d.layerCount;
  const entry = d.layer(HTTP);
  if (again) d.layerCount = layers;
  d.lengthOf(entry, length);
}

/** The text report's words for a head. */
export function httpInfo(d: Dissection, at: number, length: number): string {
  const next = lineEnd(d.data, at, at + length);
  return ascii(d.data, at, contentEnd(d.data, at, next));
}
