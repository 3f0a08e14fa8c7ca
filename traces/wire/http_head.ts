/**
 * What HTTP heads say: header lines, and values that matter to the conversation (RFC 9110, 5).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { F, namedHeader } from "./http_fields.ts";
import { HTTP_RULES } from "./http_rules.ts";

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
  /** In lower case, without parameters. */
  contentType: string | undefined = undefined;
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

const latin1 = new TextDecoder("latin1");

/** Texts up to this length are put together character by character, which is faster then. */
const SHORT = 40;

/** Bytes as text; HTTP heads are ASCII, what is not shows as U+FFFD. */
export function ascii(data: Uint8Array, at: number, end: number): string {
  if (end - at <= SHORT) {
    let text = "";
    for (let i = at; i < end; i++) {
      const byte = data[i]!;
      text += byte < 0x80 ? String.fromCharCode(byte) : "\ufffd";
    }
    return text;
  }
  return latin1.decode(data.subarray(at, end)).replace(/[\u0080-\uffff]/g, "\ufffd");
}

/** Writes `d.data[at, end)` as text. */
export function putAscii(d: Dissection, field: number, at: number, end: number): void {
  if (d.want[field] === 0) return;
  for (let i = at; i < end; i++) {
    if (d.data[i]! > 0x7f) return d.putObject(field, ascii(d.data, at, end), at, end - at);
  }
  d.putText(field, at, end - at);
}

/** Whether the byte is a blank within a line. */
export const isBlank = (byte: number): boolean => byte === SPACE || byte === TAB;

/** Characters of a field name (RFC 9110, 5.6.2). */
const TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789") TOKEN[character.charCodeAt(0)] = 1;
for (let i = 0; i < 26; i++) TOKEN[0x41 + i] = TOKEN[0x61 + i] = 1;

/** One header line without its end, from `at` to `stop`; the next begins at `next`. */
export function decodeHeaderLine(
  d: Dissection,
  head: HttpHead,
  at: number,
  stop: number,
  next: number,
): void {
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
  const header = namedHeader(data, at, colon);
  let valueAt = colon + 1;
  while (valueAt < stop && isBlank(data[valueAt]!)) valueAt++;
  if (header !== undefined) {
    putAscii(d, header.field, valueAt, stop);
    keep(d, head, header.name, valueAt, stop);
  }
  putAscii(d, line, at, next);
}

/** Keeps what the conversation needs, and shows what is inside some values. */
function keep(d: Dissection, head: HttpHead, name: string, at: number, stop: number): void {
  switch (name) {
    case "content-type":
      head.contentType = valueOf(d, at, stop).toLowerCase().split(/[;\s]/, 1)[0]!;
      return;
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
