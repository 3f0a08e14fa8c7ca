/**
 * The heads of HTTP/1.1 messages with which a WebSocket begins (RFC 9112; RFC 6455, 4), as bytes and
 * without secrets.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { maskHeader, maskTarget } from "./http_secrets.ts";

/** Names and values in the order in which they are written. */
export type HeaderList = Iterable<readonly [name: string, value: string]>;

export interface RequestHead {
  /** @default "GET" */
  readonly method?: string;
  /** Path and query, or a whole URL. */
  readonly target: string;
  readonly headers: HeaderList;
}

export interface ResponseHead {
  readonly status: number;
  /** @default the reason phrase of RFC 9110 for the commonest, else empty */
  readonly reason?: string;
  readonly headers: HeaderList;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  426: "Upgrade Required",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

/** Names that are not written with one capital per word. */
const SPELLINGS: Readonly<Record<string, string>> = {
  "dnt": "DNT",
  "etag": "ETag",
  "sec-ch-ua": "sec-ch-ua",
  "sec-ch-ua-mobile": "sec-ch-ua-mobile",
  "sec-ch-ua-platform": "sec-ch-ua-platform",
  "sec-gpc": "Sec-GPC",
  "te": "TE",
  "www-authenticate": "WWW-Authenticate",
};

/** `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455, 4.2.2). */
export function acceptOf(key: string): string {
  return createHash("sha1").update(key.trim() + GUID).digest("base64");
}

/** A header name in its usual capitals, as runtimes hand out names in lower case. */
export function headerName(name: string): string {
  const lower = name.toLowerCase();
  if (lower.startsWith("sec-websocket-")) return `Sec-WebSocket-${capitals(lower.slice(14))}`;
  return SPELLINGS[lower] ?? capitals(lower);
}

function capitals(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** A request head, up to and with the empty line; fresh. */
export function requestHead({ method = "GET", target, headers }: RequestHead) {
  return head(`${method} ${maskTarget(target)} HTTP/1.1`, headers);
}

/** A response head, up to and with the empty line; fresh. */
export function responseHead({ status, reason = REASONS[status] ?? "", headers }: ResponseHead) {
  return head(`HTTP/1.1 ${status} ${reason}`, headers);
}

/**
 * The answer that opens a WebSocket.
 *
 * @param key `Sec-WebSocket-Key` of the request; empty or unknown: no `Sec-WebSocket-Accept`
 * @param protocol the subprotocol chosen; empty: none
 * @param more further headers, such as `Sec-WebSocket-Extensions`
 */
export function switchingProtocols(key: string, protocol = "", more: HeaderList = []) {
  const headers: [string, string][] = [["Upgrade", "websocket"], ["Connection", "Upgrade"]];
  if (key !== "") headers.push(["Sec-WebSocket-Accept", acceptOf(key)]);
  if (protocol !== "") headers.push(["Sec-WebSocket-Protocol", protocol]);
  for (const [name, value] of more) headers.push([name, value]);
  return responseHead({ status: 101, headers });
}

function head(first: string, headers: HeaderList): Uint8Array<ArrayBuffer> {
  let text = `${oneLine(first)}\r\n`;
  for (const [name, value] of headers) {
    text += `${oneLine(headerName(name))}: ${oneLine(maskHeader(name, value))}\r\n`;
  }
  return latin1(`${text}\r\n`);
}

/** Control characters would end the line. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, "?");
}

/** Header values are bytes, of which runtimes make one character each (Fetch, "isomorphic"). */
function latin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    bytes[at] = code < 256 ? code : 0x3f;
  }
  return bytes;
}
