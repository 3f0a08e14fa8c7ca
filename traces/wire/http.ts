/**
 * HTTP/1.1 request and response heads (RFC 9112, 2 to 6; field semantics RFC 9110).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { F, HEADER_FIELD, HTTP, STATUS } from "./http_fields.ts";
import { HTTP_RULES } from "./http_rules.ts";

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

/** What a head says, for who follows the conversation. */
export class HttpHead {
  isRequest = true;
  /** Bytes, the empty line included. */
  length = 0;
  method = "";
  uri = "";
  /** "HTTP/1.1". */
  version = "";
  /** Status code; 0 for requests. */
  status = 0;
  host: string | undefined = undefined;
  /** -1: not given, or not a number. */
  contentLength = -1;
  /** Values joined by commas, in lower case; undefined when the field is not there. */
  transferEncoding: string | undefined = undefined;
  connection: string | undefined = undefined;
  upgrade: string | undefined = undefined;
  /** As they are, joined by commas. */
  webSocketKey: string | undefined = undefined;
  webSocketAccept: string | undefined = undefined;
  webSocketVersion: string | undefined = undefined;
  webSocketProtocol: string | undefined = undefined;
  webSocketExtensions: string | undefined = undefined;

  /** Whether the body comes in chunks. */
  get chunked(): boolean {
    return this.transferEncoding !== undefined &&
      /(^|[,\s])chunked\s*$/.test(this.transferEncoding);
  }
}

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

const latin1 = new TextDecoder("latin1");

/** Bytes as text; HTTP heads are ASCII, what is not shows as U+FFFD. */
function ascii(data: Uint8Array, at: number, end: number): string {
  for (let i = at; i < end; i++) {
    if (data[i]! > 0x7f) {
      return latin1.decode(data.subarray(at, end)).replace(/[\u0080-\uffff]/g, "\ufffd");
    }
  }
  return latin1.decode(data.subarray(at, end));
}

function putAscii(d: Dissection, field: number, at: number, end: number): void {
  if (d.want[field] === 0) return;
  for (let i = at; i < end; i++) {
    if (d.data[i]! > 0x7f) return d.putObject(field, ascii(d.data, at, end), at, end - at);
  }
  d.putText(field, at, end - at);
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
    if (stop > at) headerLine(d, head, at, stop, next);
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

const isBlank = (byte: number): boolean => byte === SPACE || byte === TAB;

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
  if (!/^HTTP\/1\.[01]$/.test(head.version)) d.problem(HTTP_RULES.version, at, head.version);
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

/** Characters of a field name (RFC 9110, 5.6.2). */
const TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789") TOKEN[character.charCodeAt(0)] = 1;
for (let i = 0; i < 26; i++) TOKEN[0x41 + i] = TOKEN[0x61 + i] = 1;

function headerLine(d: Dissection, head: HttpHead, at: number, stop: number, next: number): void {
  const { data } = d;
  let colon = at;
  while (colon < stop && TOKEN[data[colon]!] === 1) colon++;
  const line = head.isRequest ? F["http.request.line"] : F["http.response.line"];
  if (colon === at || colon === stop || data[colon] !== COLON) {
    putAscii(d, line, at, next);
    d.putNone(F["http.bad_header_name"], at, next - at);
    d.problem(HTTP_RULES.fieldName, at);
    return;
  }
  const name = ascii(data, at, colon).toLowerCase();
  let valueAt = colon + 1;
  while (valueAt < stop && isBlank(data[valueAt]!)) valueAt++;
  const field = HEADER_FIELD.get(name);
  if (field !== undefined) {
    putAscii(d, field, valueAt, stop);
    keep(d, head, name, valueAt, stop);
  }
  putAscii(d, line, at, next);
}

/** Keeps what the conversation needs, and shows what is inside some values. */
function keep(d: Dissection, head: HttpHead, name: string, at: number, stop: number): void {
  switch (name) {
    case "content-length":
      contentLength(d, head, at, stop);
      return;
    case "transfer-encoding":
      head.transferEncoding = join(head.transferEncoding, valueOf(d, at, stop).toLowerCase());
      return;
    case "connection":
      head.connection = join(head.connection, valueOf(d, at, stop).toLowerCase());
      return;
    case "upgrade":
      head.upgrade = join(head.upgrade, valueOf(d, at, stop).toLowerCase());
      return;
    case "host":
      head.host ??= valueOf(d, at, stop);
      return;
    case "cookie":
      if (d.want[F["http.cookie_pair"]] !== 0) cookies(d, at, stop);
      return;
    case "authorization":
    case "proxy-authorization":
      if (d.want[F["http.authbasic"]] !== 0) credentials(d, at, stop);
      return;
    case "sec-websocket-key":
      head.webSocketKey = join(head.webSocketKey, valueOf(d, at, stop));
      return;
    case "sec-websocket-accept":
      head.webSocketAccept = join(head.webSocketAccept, valueOf(d, at, stop));
      return;
    case "sec-websocket-version":
      head.webSocketVersion = join(head.webSocketVersion, valueOf(d, at, stop));
      return;
    case "sec-websocket-protocol":
      head.webSocketProtocol = join(head.webSocketProtocol, valueOf(d, at, stop));
      return;
    case "sec-websocket-extensions":
      head.webSocketExtensions = join(head.webSocketExtensions, valueOf(d, at, stop));
  }
}

const valueOf = (d: Dissection, at: number, stop: number): string => ascii(d.data, at, stop).trim();

const join = (old: string | undefined, value: string): string =>
  old === undefined ? value : `${old}, ${value}`;

function contentLength(d: Dissection, head: HttpHead, at: number, stop: number): void {
  const text = valueOf(d, at, stop);
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (value < 0) {
    d.problem(HTTP_RULES.contentLength, at, text.slice(0, 40));
    return;
  }
  if (head.contentLength >= 0 && head.contentLength !== value) {
    d.problem(HTTP_RULES.lengths, at);
  }
  head.contentLength = value;
  d.push();
  d.put(F["http.content_length"], value, at, stop - at);
  d.pop();
}

function cookies(d: Dissection, at: number, stop: number): void {
  d.push();
  while (at < stop) {
    while (at < stop && (isBlank(d.data[at]!) || d.data[at] === 0x3b)) at++;
    let to = at;
    while (to < stop && d.data[to] !== 0x3b) to++;
    if (to > at) putAscii(d, F["http.cookie_pair"], at, to);
    at = to;
  }
  d.pop();
}

function credentials(d: Dissection, at: number, stop: number): void {
  const match = /^Basic\s+([A-Za-z0-9+/=]+)/i.exec(valueOf(d, at, stop));
  if (match === null) return;
  try {
    d.push();
    d.putObject(F["http.authbasic"], atob(match[1]!), at, stop - at);
  } catch {
    d.problem(HTTP_RULES.basic, at);
  } finally {
    d.pop();
  }
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
