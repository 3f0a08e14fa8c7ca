/**
 * Who sent an HTTP request: by token (header, query, cookie), or by being on
 * this machine.
 *
 * @module
 */
import { isLocalRequest } from "../access/peer.ts";
import type { Identity, TokenBook } from "../access/tokens.ts";
import type { Config } from "../config/schema.ts";

/** One cookie per port: cookies do not know ports, and two gateways may share a host. */
export function cookieName(url: URL): string {
  return `edgewire_${url.port || (url.protocol === "https:" ? "443" : "80")}`;
}

function decode(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

function cookie(headers: Headers, name: string): string | null {
  for (const part of (headers.get("cookie") ?? "").split(";")) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name && value !== undefined) return decode(value);
  }
  return null;
}

/** @returns The token that the request carries, wherever it does. */
export function presentedToken(request: Request): string | null {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const url = new URL(request.url);
  return url.searchParams.get("token") ?? cookie(request.headers, cookieName(url));
}

/** @returns Who it is; `null` if that cannot be told and the client is not local. */
export function identify(
  request: Request,
  peer: string,
  tokens: TokenBook,
  access: Config["access"],
): Identity | null {
  const token = presentedToken(request);
  const known = token === null ? null : tokens.identify(token);
  if (known !== null) return known;
  const local = access.openLoopback && isLocalRequest(peer, request, access.hosts);
  return local ? { role: "admin" } : null;
}
