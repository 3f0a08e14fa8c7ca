/**
 * The page as `web/build.ts` makes it, in `web/dist/assets.js`.
 *
 * @module
 */

/** One file of the page. */
export interface Asset {
  /** The `Content-Type` header. */
  type: string;
  /** The `ETag` header, quotes included. */
  etag: string;
  /** The content, compressed with gzip, in base64. */
  body: string;
  /** The URL names the content, so a browser may keep it forever. */
  immutable?: true;
}

/** Files by URL path, such as `/` and `/icon.svg`. */
export declare const assets: Readonly<Record<string, Asset>>;
