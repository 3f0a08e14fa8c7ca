/**
 * Sec-WebSocket-Extensions (RFC 6455, 9.1) and the parameters of permessage-deflate (RFC 7692, 7.1).
 *
 * @module
 */
import type { Rule } from "./problem.ts";
import { UPGRADE } from "./websocket_rules.ts";

/** One extension with its parameters, in order; a parameter without value has the value "". */
export interface Extension {
  readonly name: string;
  readonly parameters: readonly (readonly [string, string])[];
}

/** What both sides agreed upon. */
export interface Deflate {
  readonly serverNoContext: boolean;
  readonly clientNoContext: boolean;
  /** 8 to 15. */
  readonly serverBits: number;
  readonly clientBits: number;
}

/** Extensions of one head that are read; more is ignored. */
const MOST = 64;

/** Reads the header's value(s), joined by commas; what is no token is left out. */
export function parseExtensions(text: string, broken: (rule: Rule) => void): Extension[] {
  const found: Extension[] = [];
  for (const part of splitOutsideQuotes(text, ",")) {
    const [name, ...parameters] = splitOutsideQuotes(part, ";");
    if (name === undefined || name.trim() === "") continue;
    if (!TOKEN.test(name.trim())) {
      broken(UPGRADE.syntax);
      continue;
    }
    if (found.length === MOST) break;
    found.push({ name: name.trim(), parameters: parameters.map(readParameter) });
  }
  return found;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function readParameter(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals < 0) return [text.trim().toLowerCase(), ""];
  const value = text.slice(equals + 1).trim();
  return [text.slice(0, equals).trim().toLowerCase(), value.replace(/^"(.*)"$/, "$1")];
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

/**
 * What the response's permessage-deflate says, checked against the offers; undefined when it was not
 * chosen. A parameter that is wrong counts as absent.
 */
export function agreeOnDeflate(
  chosen: readonly Extension[],
  offers: readonly Extension[] | undefined,
  broken: (rule: Rule, detail: string) => void,
): Deflate | undefined {
  const extension = chosen.find(({ name }) => name === "permessage-deflate");
  if (extension === undefined) return undefined;
  const values = readDeflate(extension, broken);
  const serverBits = bits(values, "server_max_window_bits");
  const clientBits = bits(values, "client_max_window_bits");
  if (offers !== undefined) checkOffer(values, serverBits, offers, broken);
  return {
    serverNoContext: values.has("server_no_context_takeover"),
    clientNoContext: values.has("client_no_context_takeover"),
    serverBits,
    clientBits,
  };
}

const bits = (values: Map<string, string>, name: string): number =>
  Number(values.get(name) ?? "15");

function readDeflate(
  extension: Extension,
  broken: (rule: Rule, detail: string) => void,
): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of extension.parameters) {
    if (values.has(name)) {
      broken(UPGRADE.repeated, name);
    } else if (name.endsWith("_no_context_takeover") && /^(server|client)_/.test(name)) {
      if (value !== "") broken(UPGRADE.value, `${name}=${value}`);
      values.set(name, "");
    } else if (name === "server_max_window_bits" || name === "client_max_window_bits") {
      if (/^([89]|1[0-5])$/.test(value)) values.set(name, value);
      else broken(UPGRADE.value, `${name}=${value}`);
    } else {
      broken(UPGRADE.parameter, name);
    }
  }
  return values;
}

/** The response has to accept one of the offers (RFC 7692, 5.1, 7.1). */
function checkOffer(
  values: Map<string, string>,
  serverBits: number,
  offers: readonly Extension[],
  broken: (rule: Rule, detail: string) => void,
): void {
  const ours = offers.filter(({ name }) => name === "permessage-deflate");
  if (ours.length === 0) return;
  const breaches = ours.map((offer) => {
    const asked = new Map(offer.parameters);
    if (values.has("client_max_window_bits") && !asked.has("client_max_window_bits")) {
      return UPGRADE.notOffered;
    }
    const limit = Number(asked.get("server_max_window_bits") || "15");
    if (serverBits > limit) return UPGRADE.window;
    const without = asked.has("server_no_context_takeover");
    return without && !values.has("server_no_context_takeover") ? UPGRADE.takeover : undefined;
  });
  const first = breaches[0];
  if (first !== undefined && !breaches.includes(undefined)) broken(first, "");
}
