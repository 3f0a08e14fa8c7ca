/**
 * Secrets in the head of an HTTP message become `*`; lengths stay.
 *
 * @module
 */
import { isSecretName } from "./secret_names.ts";

/** Query parameters that are secret beside those of `secret_names.ts`. */
const PARAMETERS = new Set(["key", "code", "sig"]);

/** Subprotocols that are no secrets; some clients send their token as one. */
const SUBPROTOCOLS = new Set(["edgewire.v1", "mqtt", "mqttv3.1"]);

/** Attributes of Set-Cookie stay (RFC 6265, 4.1.1). */
const FIRST_PAIR = /^(\s*[^=;]*=)([^;]*)/;

const stars = (text: string): string => "*".repeat(text.length);

/** A request target, or any URL, without the secrets of its query and user information. */
export function maskTarget(target: string): string {
  const query = target.indexOf("?");
  const head = query < 0 ? target : target.slice(0, query);
  const shown = head.replace(
    /^([a-z][a-z0-9+.-]*:)?\/\/[^/@]*@/i,
    (whole, scheme = "") => `${scheme}//${stars(whole.slice(scheme.length + 3))}@`,
  );
  if (query < 0) return shown;
  const parameters = target.slice(query + 1).replace(/([^&=#?;]+)=([^&#]*)/g, maskParameter);
  return `${shown}?${parameters}`;
}

function maskParameter(whole: string, name: string, value: string): string {
  let plain = name;
  try {
    plain = decodeURIComponent(name);
  } catch {
    // As it is.
  }
  const secret = isSecretName(plain) || PARAMETERS.has(plain.toLowerCase());
  return secret ? `${name}=${stars(value)}` : whole;
}

/** The value of a header field, without its secrets. @param name in any case */
export function maskHeader(name: string, value: string): string {
  switch (name.toLowerCase()) {
    case "authorization":
    case "proxy-authorization":
      return maskCredentials(value);
    case "cookie":
      return value.replace(/([^;=]*=)([^;]*)/g, (_, head, secret) => head + stars(secret));
    case "set-cookie":
      return value.replace(FIRST_PAIR, (_, head, secret) => head + stars(secret));
    case "sec-websocket-protocol":
      return value.replace(/[^\s,]+/g, (item) => SUBPROTOCOLS.has(item) ? item : stars(item));
    case "referer":
    case "location":
      return maskTarget(value);
    default:
      return isSecretName(name) ? stars(value) : value;
  }
}

/** The scheme stays (RFC 9110, 11.4); a value without one is all secret. */
function maskCredentials(value: string): string {
  const space = value.search(/\s/);
  return space < 0 ? stars(value) : value.slice(0, space + 1) + stars(value.slice(space + 1));
}
