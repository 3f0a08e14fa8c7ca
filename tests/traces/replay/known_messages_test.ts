/** Copies among many messages of the same content. */
import assert from "node:assert/strict";
import { LeftOut } from "../../../traces/replay/left_out.ts";
import { CaptureFile, Connection, planOf } from "./capture.ts";

const MANY = 60_000;
/** A quadratic search takes minutes. */
const LIMIT_MS = 15_000;

Deno.test("60,000 times the same within ten seconds, each handed on by the broker", async () => {
  const file = new CaptureFile();
  const heater = new Connection(file, 10);
  const watcher = new Connection(file, 11);
  const step = 10_000 / (MANY / 2);
  for (let n = 0; n < MANY / 2; n++) {
    const time = 100 + n * step;
    file.time = time;
    heater.publish("devices/heater/state", "on");
    file.time = time + step / 2;
    watcher.receive("devices/heater/state", "on");
  }
  const begun = performance.now();
  const { messages, leftOut } = await planOf(file.take());
  assert.equal(messages.length, MANY / 2);
  assert.equal(leftOut.get(LeftOut.Copy), MANY / 2);
  assert.ok(performance.now() - begun < LIMIT_MS, `${performance.now() - begun} ms`);
});
