import assert from "node:assert/strict";
import { World } from "./world.ts";

Deno.test("a device that we connect to: why it is lost now, and news only when its state changes", () => {
  const world = new World();
  const link = world.monitor.link("board");
  link.disconnected("connection refused");
  assert.deepEqual(world.changes.map(({ now }) => now.detail), ["connection refused"]);
  link.disconnected("it answers HTTP 404");
  assert.equal(world.changes.length, 1);
  assert.equal(link.liveness.detail, "it answers HTTP 404");
  link.connected();
  assert.deepEqual(world.news(), ["board online"]);
  assert.equal(link.liveness.detail, undefined);
});
