/**
 * The page: files that the build embedded in a module, as they are.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";

/** One embedded file. */
export interface Asset {
  /** Content type. */
  type: string;
  etag: string;
  /** Base64 of the gzip-compressed file. */
  body: string;
  /** The path names the content, so it never changes. */
  immutable?: boolean;
}

const ONE_YEAR_SECONDS = 31_536_000;

/** @returns The answer for a path, or `null` if it is not part of the page. */
export function pageAnswer(assets: Record<string, Asset>, request: Request): Response | null {
  const path = new URL(request.url).pathname;
  const asset = Object.hasOwn(assets, path) ? assets[path] : undefined;
  if (asset === undefined) return null;
  const headers = new Headers({
    "content-type": asset.type,
    "etag": asset.etag,
    "vary": "accept-encoding",
    "cache-control": asset.immutable ? `max-age=${ONE_YEAR_SECONDS}, immutable` : "no-cache",
  });
  if (request.headers.get("if-none-match") === asset.etag) {
    return new Response(null, { status: 304, headers });
  }
  const body = Uint8Array.fromBase64(asset.body);
  if (!/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")) {
    return new Response(new Uint8Array(gunzipSync(body)), { headers });
  }
  headers.set("content-encoding", "gzip");
  return new Response(body, { headers });
}
