/**
 * Where a replay publishes.
 *
 * @module
 */
import { decoded, passwordOf } from "../../traces/live/trace_options.ts";
import { UsageError } from "../config/load.ts";

export interface Target {
  /** What `npm:mqtt` connects to: mqtt, mqtts, ws or wss. */
  readonly url: string;
  /** For people, without credentials. */
  readonly shown: string;
  readonly username?: string;
  readonly password?: string;
  /** Certificate authority, PEM. */
  readonly ca?: Uint8Array;
}

export interface Credentials {
  readonly token?: string;
  /** Token where neither `token` nor the address has one. */
  readonly usualToken?: string;
  readonly username?: string;
  readonly ca?: Uint8Array;
}

/** MQTT over WebSocket of a gateway stands at its HTTP address. */
const OF_GATEWAY: Readonly<Record<string, string>> = { "http:": "ws:", "https:": "wss:" };
/** As the address of a broker is often written. */
const HOST_AND_PORT = /^[^/?#\s]+:\d+$/;
const OF_BROKER = ["mqtt:", "mqtts:", "ws:", "wss:"];

/**
 * @param option That gave the address, for messages.
 * @throws {UsageError} when it is no address of a broker or gateway
 */
export function parseTarget(
  text: string,
  { token, usualToken, username, ca }: Credentials = {},
  option = "--to",
): Target {
  const url = URL.parse(HOST_AND_PORT.test(text) ? `mqtt://${text}` : text);
  const webSocket = url && OF_GATEWAY[url.protocol];
  if (url === null || url.hostname === "" || !webSocket && !OF_BROKER.includes(url.protocol)) {
    throw new UsageError(
      `${option}: "${text}" is no address: write mqtt://HOST:PORT, mqtts, ws, wss, http or https`,
    );
  }
  let address = url.href;
  const inQuery = webSocket ? url.searchParams.get("token") : null;
  const password = token || inQuery || passwordOf(url) || usualToken || "";
  const name = username ?? decoded(url.username);
  if (webSocket) {
    const port = url.port || (url.protocol === "https:" ? "443" : "80");
    const query = password === "" ? "" : `?token=${encodeURIComponent(password)}`;
    address = `${webSocket}//${url.hostname}:${port}/mqtt${query}`;
  } else {
    url.username = url.password = "";
    address = url.href;
  }
  const shown = new URL(address);
  shown.search = "";
  return {
    url: address,
    shown: shown.href.replace(/\/$/, ""),
    // A gateway's tokens need no name, but MQTT 3.1.1 allows no password without one.
    ...(name !== "" ? { username: name } : password === "" ? {} : { username: "replay" }),
    ...(password === "" ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
  };
}
