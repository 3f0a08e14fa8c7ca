/**
 * A device of the configuration that is a WebSocket server itself.
 *
 * @module
 */
import * as v from "valibot";

/** What is sent after connecting, at most. */
const MAX_SENT = 100;
/** Values of a message, at most. */
const MAX_VALUES = 100;
/** A JSON Pointer (RFC 6901 section 3). */
const POINTER = /^(?:\/(?:[^/~]|~[01])*)*$/;
/** Of RFC 9110 section 5.6.2: names of headers and of subprotocols. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Headers that the handshake writes itself (RFC 6455, 4.1). */
const OWN_HEADER = /^(?:sec-websocket-.*|connection|upgrade|host)$/i;

/** @returns `null`: it is none */
function webSocketUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^wss?:$/.test(url.protocol) || url.hostname === "") return null;
  // A fragment has no meaning there (RFC 6455, 3).
  return url.hash === "" && !text.endsWith("#") ? url : null;
}

const level = v.pipe(
  v.string("is not text"),
  v.regex(/^[^/+#$\0]+$/, "has to be one topic level, without / + # $"),
);

const pointer = v.pipe(
  v.string("is not a JSON Pointer"),
  v.regex(POINTER, 'is not a JSON Pointer (RFC 6901): write /lux, /1/0, or "" for all of it'),
);

const token = v.pipe(v.string("is not text"), v.regex(TOKEN, "is not the name of a subprotocol"));

const headerName = v.pipe(
  v.string(),
  v.regex(TOKEN, "is not the name of a header"),
  v.check((name) => !OWN_HEADER.test(name), "is a header that the handshake has already"),
);

const headerValue = v.pipe(
  v.string("is not text"),
  v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, "cannot stand in a header"),
);

export const webSocketDevice = v.strictObject({
  /** `ws://` or `wss://`; user name and password in it are sent as HTTP Basic authentication. */
  websocket: v.pipe(
    v.string("is not text"),
    v.check(
      (text) => webSocketUrl(text) !== null,
      "is not the address of a WebSocket: use ws://host:port/path or wss://host/path",
    ),
  ),
  /** Level of its topic, and its channel. */
  channel: level,
  /**
   * Last level of the topic of its messages, `devices/<channel>/<topic>`; absent: `message`, and with
   * `values` messages are not kept as a whole.
   */
  topic: v.optional(level),
  /** Values of its messages by name, the last level of their topics. */
  values: v.optional(v.pipe(
    v.record(level, pointer, "is not a group of names and JSON Pointers"),
    v.check((values) => {
      const count = Object.keys(values).length;
      return count > 0 && count <= MAX_VALUES;
    }, `has to have 1 to ${MAX_VALUES} values`),
  )),
  /** What a message has to have where, by JSON Pointer; others are left out. */
  match: v.optional(v.record(
    pointer,
    v.union([v.string(), v.number(), v.boolean(), v.null()], "is not text, number, true or false"),
    "is not a group of JSON Pointers and values",
  )),
  /** Messages to send after connecting: text as it is, anything else as JSON. */
  send: v.optional(
    v.pipe(
      v.array(v.unknown(), "is not a list of messages"),
      v.maxLength(MAX_SENT, `has more than ${MAX_SENT} messages`),
    ),
    [],
  ),
  /** Of the request that the connection begins with. */
  headers: v.optional(v.record(headerName, headerValue, "is not a group of headers"), {}),
  /** Subprotocols to ask for; the device has to choose one of them. */
  subprotocols: v.optional(
    v.pipe(
      v.array(token, "is not a list"),
      v.check((all) => new Set(all).size === all.length, "names a subprotocol twice"),
    ),
    [],
  ),
  /** Its certificate authority, PEM file. */
  ca: v.optional(v.string("is not text")),
  /** When no message came for so long the connection is made anew, seconds; absent: never. */
  silenceSeconds: v.optional(v.pipe(
    v.number("is not a number"),
    v.minValue(0.1, "is below 0.1"),
    v.maxValue(86_400, "is above 86400"),
  )),
});

export type WebSocketDeviceConfig = v.InferOutput<typeof webSocketDevice>;

/** Whether an entry of `devices` is one of these, not one that bridge nodes hear. */
export function isWebSocketDevice(entry: unknown): entry is { websocket: unknown } {
  return typeof entry === "object" && entry !== null && "websocket" in entry;
}
