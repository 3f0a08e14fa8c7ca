/** The times of updates: the system's clock, and those that a replay tells. */
import assert from "node:assert/strict";
import { Rooms } from "../../gateway/rooms/rooms.ts";
import { Rules } from "../../gateway/rooms/rules.ts";
import { noTaps } from "../../gateway/taps.ts";
import { config, FakeTime } from "../sessions/fake_client.ts";

/** The system's clock, set by the test. */
class SystemClock implements Disposable {
  readonly #real = Date.now;
  #shift = 0;

  constructor() {
    Date.now = () => 1e12 + performance.now() + this.#shift;
  }

  set(shift: number) {
    this.#shift += shift;
  }

  [Symbol.dispose]() {
    Date.now = this.#real;
  }
}

const HOUR = 3_600_000;

Deno.test("times follow the system's clock back; a replay's do not go behind what was", () => {
  using clock = new SystemClock();
  using time = new FakeTime();
  const delays: number[] = [];
  const rooms = new Rooms(config(), new Rules([], []), (delay) => delays.push(delay), noTaps);
  let n = 0;
  const take = (ago?: number) => {
    time.pass(1500);
    rooms.take({
      topic: "a/x",
      payload: new TextEncoder().encode(String(n++)),
      qos: 0,
      replayed: false,
      own: false,
      ...(ago === undefined ? {} : { ago }),
    });
    return rooms.get("a")!.time;
  };
  const first = take();
  const room = rooms.get("a")!;
  room.join({
    info: { member: "m", role: "viewer", since: 0 },
    takesArrays: true,
    deliver() {},
    notice() {},
  });
  assert.equal(take(), first + 1500);
  clock.set(-HOUR);
  const back = take();
  assert.ok(Math.abs(back - (first + 3000 - HOUR)) < 5, "live values have the clock's time");
  assert.ok(Math.abs(take() - back - 1500) < 5);

  const last = room.time;
  assert.equal(take(60_000), last, "a replayed value is not before the one before it");
  assert.ok(Math.abs(take(1000) - last - 2000) < 5);
  room.flush();
  assert.equal(delays.length, 5);
  // The last came now, the others 1.5 s apart before it, whatever their times.
  assert.deepEqual(delays, [6000, 4500, 3000, 1500, 0]);
  rooms.close();
});
