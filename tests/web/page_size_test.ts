/** How much a browser has to load before the page works. */
import assert from "node:assert/strict";
import { assets } from "../../web/dist/assets.js";

const MOST_BYTES = 90 * 1024;

function bytesOf(pattern: RegExp): number {
  return Object.entries(assets)
    .filter(([url]) => pattern.test(url))
    .reduce((sum, [, { body }]) => sum + atob(body).length, 0);
}

Deno.test("script and style together are at most 90 KB, gzipped", () => {
  const [script, style] = [bytesOf(/^\/app\..*js$/), bytesOf(/^\/app\..*css$/)];
  assert.ok(script > 0 && style > 0);
  assert.ok(script + style <= MOST_BYTES, `${script} + ${style} bytes`);
});

Deno.test("the MQTT client is a script of its own", () => {
  assert.ok(bytesOf(/^\/mqtt\..*js$/) > 0);
  const page = atob(assets["/"]!.body);
  assert.ok(page.length > 0);
});
