/**
 * Secrets in the head of an HTTP message become `*`; lengths stay, and what is masked once more stays
 * as it is.
 *
 * @module
 */
import type { Upgrade } from "../../taps.ts";
import { isSecretHeader, isSecretParameter } from "./http_names.ts";

/** Subprotocols that are no secrets; some clients send their token as one. */
const SUBPROTOCOLS = new Set(["edgewire.v1", "mqtt", "mqttv3.1"]);

/** Attributes of Set-Cookie stay (RFC 6265, 4.1.1). */
const FIRST_PAIR = /^([^=;]*=)([^;]*)/;
const USER_INFORMATION = /\/\/[^/@?#\s]*@/g;
/** What parameters can be in, and what can be one. */
const PIECE = /[^&#\s"<>]+/g;
const PART = /[^?;,]+/g;
/** An equals sign, encoded: a URL in a parameter has parameters of its own. */
const ENCODED_EQUALS = /%3d/i;
/** URLs in URLs that are looked into. */
const MAX_DEPTH = 3;

const stars = (text: string): string => "*".repeat(text.length);

/** Byte by byte: what is cut short is no reason not to look into it. */
function decoded(text: string): string {
  return text.replace(
    /%[0-9a-f]{2}/gi,
    (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)),
  );
}

/** A request target, or any URL, without the secrets of its parameters and user information. */
export function maskTarget(target: string): string {
  return masked(target, 0);
}

function masked(text: string, depth: number): string {
  return text
    .replace(USER_INFORMATION, (whole) => `//${stars(whole.slice(3))}@`)
    .replace(PIECE, (piece) => maskPiece(piece, depth));
}

/** From the value of a secret on all is hidden: it may have any character. */
function maskPiece(piece: string, depth: number): string {
  if (!piece.includes("=")) return piece;
  for (const { 0: part, index } of piece.matchAll(PART)) {
    const equals = part.indexOf("=");
    if (equals < 1) continue;
    if (isSecret(part.slice(0, equals), part.slice(equals + 1), depth)) {
      const from = index + equals + 1;
      return piece.slice(0, from) + stars(piece.slice(from));
    }
  }
  return piece;
}

function isSecret(name: string, value: string, depth: number): boolean {
  if (isSecretParameter(decoded(name))) return true;
  if (!ENCODED_EQUALS.test(value)) return false;
  const inner = decoded(value);
  return depth === MAX_DEPTH || masked(inner, depth + 1) !== inner;
}

/** The value of a header field, without its secrets. @param name in any case */
export function maskHeader(name: string, value: string): string {
  switch (name.toLowerCase()) {
    case "authorization":
    case "proxy-authorization":
      return maskCredentials(value);
    case "cookie":
      return maskCookies(value);
    case "set-cookie":
      return FIRST_PAIR.test(value)
        ? value.replace(FIRST_PAIR, (_, head, secret) => head + stars(secret))
        : stars(value);
    case "sec-websocket-protocol":
      return value.replace(/[^\s,]+/g, (item) => SUBPROTOCOLS.has(item) ? item : stars(item));
    case "sec-websocket-key":
    case "sec-websocket-accept":
      return value;
    default:
      return isSecretHeader(name) ? stars(value) : maskTarget(value);
  }
}

/** Headers without their secrets; fresh. */
export function maskHeaders(
  headers: Iterable<readonly [name: string, value: string]>,
): [name: string, value: string][] {
  return Array.from(headers, ([name, value]) => [name, maskHeader(name, value)]);
}

/** The exchange without its secrets; fresh. */
export function maskUpgrade({ target, requestHeaders, responseHeaders }: Upgrade): Upgrade {
  return {
    target: maskTarget(target),
    requestHeaders: maskHeaders(requestHeaders),
    responseHeaders: maskHeaders(responseHeaders),
  };
}

/** One without a name is all secret. */
function maskCookies(value: string): string {
  return value.replace(/[^;]+/g, (pair) => {
    const equals = pair.indexOf("=");
    return pair.slice(0, equals + 1) + stars(pair.slice(equals + 1));
  });
}

/** The scheme stays (RFC 9110, 11.4); a value without one is all secret. */
function maskCredentials(value: string): string {
  const space = value.search(/\s/);
  return space < 0 ? stars(value) : value.slice(0, space + 1) + stars(value.slice(space + 1));
}
