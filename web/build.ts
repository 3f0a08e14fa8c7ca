/**
 * Bundles the page into one module, `web/dist/assets.js`, that the gateway
 * imports; so a compiled gateway carries its page and reads no file for it.
 *
 * Run by `deno task build`. With `--if-stale` it does nothing when the module
 * was made from the sources as they are.
 *
 * @module
 */

import zopfli from "@gfx/zopfli";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { minify } from "terser";
import type { Asset } from "./assets.d.ts";

const ROOT = new URL("../", import.meta.url);
const WEB = new URL("web/", ROOT);
const APP = new URL("app/", WEB);
const DIST = new URL("dist/", WEB);
const MODULE = new URL("assets.js", DIST);
const MARK = "// Made by web/build.ts from sources with the hash ";

/** Files that the page is made from, in a fixed order. */
function sources(): URL[] {
  const found: URL[] = [
    new URL("deno.json", ROOT),
    new URL("gateway/sessions/messages.ts", ROOT),
  ];
  const visit = (folder: URL) => {
    for (const entry of Deno.readDirSync(folder)) {
      if (entry.isDirectory && entry.name !== "dist") visit(new URL(`${entry.name}/`, folder));
      else if (entry.isFile) found.push(new URL(entry.name, folder));
    }
  };
  visit(WEB);
  return found.sort((a, b) => a.href < b.href ? -1 : 1);
}

function hashOf(...parts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** Names and contents of all sources in one hash. */
function sourceHash(): string {
  return hashOf(
    ...sources().flatMap((file) => [file.href.slice(ROOT.href.length), Deno.readFileSync(file)]),
  );
}

/** The hash that the module was made from; `undefined` when there is none. */
function builtHash(): string | undefined {
  try {
    using file = Deno.openSync(MODULE);
    const head = new Uint8Array(MARK.length + 64);
    const length = file.readSync(head) ?? 0;
    const text = new TextDecoder().decode(head.subarray(0, length));
    return text.startsWith(MARK) ? text.slice(MARK.length) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Preact in a browser takes no precompiled JSX, which is for servers: the page
 * would stay empty.
 *
 * @throws {Error} When `deno.json` says so nevertheless.
 */
function checkJsx(): void {
  const { compilerOptions } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  if (compilerOptions?.jsx !== "react-jsx") {
    throw new Error('Cannot build the page: "jsx" in deno.json is not "react-jsx"');
  }
}

/** @throws {Error} With the bundler's messages. */
async function bundle(file: string): Promise<string> {
  const result = await Deno.bundle({
    entrypoints: [fileURLToPath(new URL(file, APP))],
    platform: "browser",
    format: "esm",
    minify: true,
    write: false,
  });
  const [output] = result.outputFiles ?? [];
  if (!result.success || !output) {
    const problems = result.errors.map((error) =>
      `${error.location?.file ?? file}:${error.location?.line ?? 0}: ${error.text}`
    );
    throw new Error(`Cannot bundle ${file}: ${problems.join("\n")}`);
  }
  return output.text();
}

/** A script as small as it gets: what a second minifier finds is 4 % of what browsers load. */
async function script(file: string): Promise<string> {
  const { code } = await minify(await bundle(file), {
    module: true,
    ecma: 2020,
    // Reading a signal is what subscribes to it.
    compress: { passes: 3, pure_getters: false, unsafe_arrows: true },
  });
  return code!;
}

/** gzip, 3 % smaller than zlib makes it. */
async function asset(type: string, text: string, immutable?: true): Promise<Asset> {
  const body = await zopfli.gzipAsync(new TextEncoder().encode(text), {});
  const etag = `"${hashOf(body).slice(0, 16)}"`;
  return { type, etag, body: body.toBase64(), ...(immutable ? { immutable } : {}) };
}

/** A URL that changes with the content, so that it may be kept forever. */
function hashed(name: string, text: string): string {
  return name.replace(/\.(\w+)$/, `.${hashOf(text).slice(0, 10)}.$1`);
}

async function page(): Promise<Record<string, Asset>> {
  const [app, style, mqtt] = await Promise.all([
    script("main.tsx"),
    bundle("styles/app.css"),
    bundle("delay/mqtt_library.ts"),
  ]);
  const read = (name: string) => Deno.readTextFileSync(new URL(name, APP));
  const [scriptUrl, styleUrl] = [hashed("/app.js", app), hashed("/app.css", style)];
  const mqttUrl = hashed("/mqtt.js", mqtt);
  const html = read("index.html").replace("/app.js", scriptUrl).replace("/app.css", styleUrl)
    .replace("/mqtt.js", mqttUrl);
  const javascript = "text/javascript; charset=utf-8";
  return {
    "/": await asset("text/html; charset=utf-8", html),
    [scriptUrl]: await asset(javascript, app, true),
    [styleUrl]: await asset("text/css; charset=utf-8", style, true),
    [mqttUrl]: await asset(javascript, mqtt, true),
    "/icon.svg": await asset("image/svg+xml", read("icon.svg")),
    "/manifest.webmanifest": await asset(
      "application/manifest+json",
      read("manifest.webmanifest"),
    ),
  };
}

async function build(hash: string): Promise<void> {
  checkJsx();
  const assets = await page();
  const module = [
    `${MARK}${hash}`,
    '// @ts-self-types="../assets.d.ts"',
    `export const assets = ${JSON.stringify(assets, null, 2)};`,
    "",
  ].join("\n");
  Deno.mkdirSync(DIST, { recursive: true });
  const temporary = new URL(`assets.${Deno.pid}.tmp`, DIST);
  Deno.writeTextFileSync(temporary, module);
  Deno.renameSync(temporary, MODULE);
  for (const [url, { body }] of Object.entries(assets)) {
    console.log(`${url} ${Math.ceil(body.length * 3 / 4)} bytes compressed`);
  }
}

if (import.meta.main) {
  const hash = sourceHash();
  if (!Deno.args.includes("--if-stale") || builtHash() !== hash) await build(hash);
}
