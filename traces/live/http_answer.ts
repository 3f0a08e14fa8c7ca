/**
 * One GET over HTTP or HTTPS. Node's client where it can be used: it tells the port on our side, so
 * that a capture of the wire can leave out the trace's own connection, and takes a self-signed
 * certificate for its own authority. For the system's authorities it wants to see all of `sys`;
 * `fetch` does not.
 *
 * @module
 */
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/** A gateway and how to get in. */
export interface GatewayAddress {
  /** Base of its addresses; without query. */
  readonly url: URL;
  readonly token: string | undefined;
  /** Certificate authority, PEM text. */
  readonly ca: string | undefined;
}

/** An answer whose body is still to be read. */
export interface HttpAnswer {
  readonly status: number;
  /** Where it is to be had instead. */
  readonly location: string | undefined;
  /** The body; throws when the connection breaks, or is called off. */
  readonly chunks: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** TCP port on this side, if it is known. */
  readonly localPort: number | undefined;
}

/** A peer that is gone without a word is found out after a few times this, ms. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Sends a request.
 *
 * @param path With the query; behind the base address.
 * @param signal Ends it, also later while the body is read.
 * @throws {Error} when there is no answer
 */
export function ask(
  gateway: GatewayAddress,
  path: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { url, ca } = gateway;
  const whole = url.pathname.replace(/\/$/, "") + path;
  return url.protocol === "https:" && ca === undefined
    ? askByFetch(gateway, whole, signal)
    : askByNode(gateway, whole, signal);
}

function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function askByFetch(
  { url, token }: GatewayAddress,
  path: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const headers = authorization(token);
  const response = await fetch(new URL(path, url), { headers, signal, redirect: "manual" });
  return {
    status: response.status,
    location: response.headers.get("location") ?? undefined,
    chunks: response.body ?? new Blob().stream(),
    localPort: undefined,
  };
}

async function askByNode(
  { url, token, ca }: GatewayAddress,
  path: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = {
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port || (url.protocol === "https:" ? 443 : 80),
    path,
    // A connection of its own, closed with the answer.
    agent: false,
    headers: { host: url.host, accept: "*/*", ...authorization(token) },
  } as const;
  const request = ca === undefined ? requestHttp(options) : requestHttps({ ...options, ca });
  const stop = () => request.destroy();
  signal.addEventListener("abort", stop, { once: true });
  request.on("response", resolve);
  request.on("error", reject);
  request.on("close", () => reject(new Error("the connection was closed")));
  request.end();
  if (signal.aborted) stop();
  const response = await promise;
  response.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location,
    chunks: response as AsyncIterable<Uint8Array<ArrayBuffer>>,
    localPort: response.socket.localPort,
  };
}
