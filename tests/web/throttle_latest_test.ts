import assert from "node:assert/strict";
import { ThrottleLatest } from "../../web/app/controls/throttle_latest.ts";
import { Inbox } from "./inbox.ts";

Deno.test("passes the first at once, then the latest of each interval", async () => {
  const passed = new Inbox<[value: number, time: number]>();
  const throttle = new ThrottleLatest<number>(
    20,
    (value) => passed.put([value, performance.now()]),
  );
  for (let i = 1; i <= 5; i++) throttle.push(i);
  const [first, start] = await passed.take();
  const [second, later] = await passed.take();
  assert.deepEqual([first, second], [1, 5]);
  assert(later - start >= 19);
  throttle.push(6);
  throttle.flush();
  assert.equal((await passed.take())[0], 6);
  throttle.push(7);
  throttle.cancel();
  throttle.flush();
});
