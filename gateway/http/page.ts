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

/** Instead of the page, for a browser that shows no token. */
const NO_TOKEN = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Edgewire: an access token is needed</title>
<h1>An access token is needed</h1>
<p>Open one of the links that this gateway prints when it starts; they end in <code>?token=</code>
and the token. The browser remembers it.</p>
</html>
`;

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

/** @returns The answer to who shows no token, if a person may read it, else `null`. */
export function noTokenPage(request: Request): Response | null {
  if (!/\btext\/html\b/.test(request.headers.get("accept") ?? "")) return null;
  return new Response(NO_TOKEN, {
    status: 401,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
  });
}
