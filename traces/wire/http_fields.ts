/**
 * The fields of HTTP/1.1 heads.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  define,
  frameNumber,
  none,
  protocol,
  relativeTime,
  string,
  uint16,
  uint32,
  uint64,
} from "./field.ts";

export const HTTP = protocol("http", "HTTP", "Hypertext Transfer Protocol");

export const F = define({
  "http.chat": none("Start line"),
  "http.request": boolean("Request"),
  "http.response": boolean("Response"),
  "http.request.method": string("Request Method"),
  "http.request.uri": string("Request URI"),
  "http.request.uri.path": string("Request URI Path"),
  "http.request.uri.query": string("Request URI Query"),
  "http.request.uri.query.parameter": string("Request URI Query Parameter"),
  "http.request.version": string("Request Version"),
  "http.request.line": string("Request line"),
  "http.request.full_uri": string("Full request URI"),
  "http.request_number": uint32("Request number"),
  "http.response.version": string("Response Version"),
  "http.response.code": uint16("Status Code"),
  "http.response.code.desc": string("Status Code Description"),
  "http.response.phrase": string("Response Phrase"),
  "http.response.line": string("Response line"),
  "http.response_for.uri": string("Request URI"),
  "http.response_number": uint32("Response number"),
  "http.request_in": frameNumber("Request in frame"),
  "http.prev_request_in": frameNumber("Request before in frame"),
  "http.prev_response_in": frameNumber("Response before in frame"),
  "http.time": relativeTime("Time since request"),
  "http.content_length": uint64("Content length"),
  "http.authbasic": string("Credentials"),
  "http.cookie_pair": string("Cookie pair"),
  "http.bad_header_name": none("Header name with characters that it must not have"),
});

const NAMED = {
  "authorization": "Authorization",
  "proxy-authorization": "Proxy-Authorization",
  "proxy-authenticate": "Proxy-Authenticate",
  "www-authenticate": "WWW-Authenticate",
  "content-type": "Content-Type",
  "content-length": "Content-Length",
  "content-encoding": "Content-Encoding",
  "transfer-encoding": "Transfer-Encoding",
  "upgrade": "Upgrade",
  "user-agent": "User-Agent",
  "host": "Host",
  "connection": "Connection",
  "cookie": "Cookie",
  "accept": "Accept",
  "referer": "Referer",
  "accept-language": "Accept-Language",
  "accept-encoding": "Accept Encoding",
  "date": "Date",
  "cache-control": "Cache-Control",
  "server": "Server",
  "location": "Location",
  "sec-websocket-accept": "Sec-WebSocket-Accept",
  "sec-websocket-extensions": "Sec-WebSocket-Extensions",
  "sec-websocket-key": "Sec-WebSocket-Key",
  "sec-websocket-protocol": "Sec-WebSocket-Protocol",
  "sec-websocket-version": "Sec-WebSocket-Version",
  "set-cookie": "Set-Cookie",
  "last-modified": "Last-Modified",
  "x-forwarded-for": "X-Forwarded-For",
  "http2-settings": "HTTP2-Settings",
} as const;

/** A header that has a field of its own. */
export interface NamedHeader {
  /** In lower case. */
  readonly name: string;
  readonly field: number;
}

/** By hash of the name in lower case. */
const BY_HASH: ReadonlyMap<number, NamedHeader> = new Map(
  Object.entries(NAMED).map(([name, label]) => {
    const suffix = name === "content-length" ? "content_length_header" : name.replaceAll("-", "_");
    const field = define({ [`http.${suffix}`]: string(label) })[`http.${suffix}`]!;
    const bytes = new TextEncoder().encode(name);
    return [hashOf(bytes, 0, bytes.length), { name, field }];
  }),
);

/** Of letters in lower case; other characters may be mixed up, which the caller finds out. */
function hashOf(data: Uint8Array, at: number, end: number): number {
  let hash = 0;
  for (let i = at; i < end; i++) hash = Math.imul(hash, 31) + (data[i]! | 0x20) | 0;
  return hash;
}

/** The header whose name is `data[at, end)`, if it has a field of its own. */
export function namedHeader(data: Uint8Array, at: number, end: number): NamedHeader | undefined {
  const found = BY_HASH.get(hashOf(data, at, end));
  if (found === undefined || found.name.length !== end - at) return undefined;
  for (let i = at; i < end; i++) {
    const byte = data[i]!;
    const lower = byte > 0x40 && byte < 0x5b ? byte | 0x20 : byte;
    if (lower !== found.name.charCodeAt(i - at)) return undefined;
  }
  return found;
}

/** Names HTTP in `frame.protocols` only: its conversation has gone over to another protocol. */
export function nameHttp(d: Dissection): void {
  if (d.layerCount < d.layers.length) d.layers[d.layerCount++] = HTTP;
}

/** Status codes (IANA registry of HTTP status codes, 2024). */
export const STATUS: Readonly<Record<number, string>> = {
  100: "Continue",
  101: "Switching Protocols",
  102: "Processing",
  103: "Early Hints",
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  207: "Multi-Status",
  208: "Already Reported",
  226: "IM Used",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  305: "Use Proxy",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Time-out",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Request Entity Too Large",
  414: "Request-URI Too Long",
  415: "Unsupported Media Type",
  416: "Requested Range Not Satisfiable",
  417: "Expectation Failed",
  418: "I'm a teapot",
  421: "Misdirected Request",
  422: "Unprocessable Entity",
  423: "Locked",
  424: "Failed Dependency",
  425: "Too Early",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Time-out",
  505: "HTTP Version not supported",
  506: "Variant Also Negotiates",
  507: "Insufficient Storage",
  508: "Loop Detected",
  511: "Network Authentication Required",
};
