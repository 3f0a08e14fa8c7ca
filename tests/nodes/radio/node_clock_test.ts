import assert from "node:assert/strict";
import { NodeClock } from "../../../gateway/nodes/radio/node_clock.ts";

const KINDS = [{ name: "Unix time", settable: true }, { name: "since boot", settable: false }];
const UNIX = 1_795_000_000_000;
const MINUTE = 60_000;

/** A node whose messages take 5 to 45 ms; all times are ms of our monotonic clock. */
class Node {
  readonly clock: NodeClock;
  now = 100_000;
  /** What its clock says at our time 0. */
  ahead = UNIX;
  /** How much faster its clock runs. */
  drift = 0;
  #messages = 0;

  constructor(settable: boolean) {
    this.clock = new NodeClock({ settable });
  }

  /** Sends what it heard at these times. @returns how much later than that it is told */
  send(heard: readonly number[], now = this.now): number[] {
    const arrival = now + 5 + (this.#messages++ * 17) % 40;
    return heard.map((at) => this.clock.at(at * (1 + this.drift) + this.ahead, arrival) - at);
  }

  /** Runs so long, with four frames in a message. @returns the largest error of the last message */
  run(ms: number, every = 1000): number {
    let error = 0;
    for (const end = this.now + ms; this.now < end;) {
      this.now += every;
      const heard = [0.75, 0.5, 0.25, 0].map((part) => this.now - part * every);
      error = Math.max(...this.send(heard).map(Math.abs));
    }
    return error;
  }

  /** Sends what was heard while nobody took it. @returns the largest error */
  flush(ms: number, speed: number): number {
    const from = this.now;
    let worst = 0;
    let sent = from;
    this.now += ms;
    while (sent + 5000 < this.now) {
      const heard = Array.from({ length: 50 }, () => sent += 100);
      this.now += 5000 / speed;
      worst = Math.max(worst, ...this.send(heard).map(Math.abs));
    }
    return worst;
  }
}

for (const { name, settable } of KINDS) {
  Deno.test(`${name}: a node's times are told on our clock, whatever its own says`, () => {
    const clock = new NodeClock({ settable });
    // Booted 5 s before our clock began; messages take 3 to 40 ms.
    assert.equal(clock.at(6000, 1040), 1040);
    assert.equal(clock.at(7000, 2003), 2003);
    assert.equal(clock.at(8000, 3030), 3003);
  });

  Deno.test(`${name}: no frame was heard after its message came`, () => {
    const clock = new NodeClock({ settable });
    clock.at(0, 1000);
    assert.ok(clock.at(5000, 1500) <= 1500);
  });

  Deno.test(`${name}: a drift of 100 ppm is followed, both ways`, () => {
    for (const drift of [1e-4, -1e-4]) {
      const node = new Node(settable);
      node.drift = drift;
      const error = node.run(60 * MINUTE);
      assert.ok(error < 50, `${drift}: ${error}`);
    }
  });

  Deno.test(`${name}: frames of ten minutes without a broker are as old as they are`, () => {
    // All at once, and so slowly that a minute's frames take 50 s.
    for (const speed of [1000, 20, 1.2]) {
      const node = new Node(settable);
      node.run(MINUTE);
      const worst = node.flush(10 * MINUTE, speed);
      assert.ok(worst < 400, `${speed}: ${worst}`);
      assert.ok(node.run(10 * MINUTE) < 50);
    }
  });

  Deno.test(`${name}: when the first message is a flush, all is right once it is over`, () => {
    const node = new Node(settable);
    node.flush(10 * MINUTE, 100);
    const error = node.run(MINUTE);
    assert.ok(error < 50, String(error));
  });
}

for (const step of [500, 5000, 60 * MINUTE]) {
  Deno.test(`Unix time set forward by ${step} ms is followed at once`, () => {
    const node = new Node(true);
    node.run(MINUTE);
    node.ahead += step;
    const error = node.run(1000);
    assert.ok(error < 800, String(error));
    assert.ok(node.run(MINUTE) < 50);
  });

  Deno.test(`Unix time set back by ${step} ms is followed within seconds, or hurts nobody`, () => {
    const node = new Node(true);
    node.run(MINUTE);
    node.ahead -= step;
    // What is less than a second is followed as a drift.
    const error = node.run(5000);
    assert.ok(error < (step < 1000 ? 600 : 50), String(error));
    assert.ok(node.run(10 * MINUTE) < 50);
  });
}

Deno.test("Unix time set back is followed also where a message comes once a minute", () => {
  const node = new Node(true);
  node.run(10 * MINUTE, MINUTE);
  node.ahead -= 30_000;
  const error = node.run(5 * MINUTE, MINUTE);
  assert.ok(error < 200, String(error));
});

Deno.test("a node whose microseconds since boot have only 32 bits is followed within minutes", () => {
  const node = new Node(false);
  node.run(MINUTE);
  node.ahead -= 2 ** 32 / 1000;
  const error = node.run(2 * MINUTE);
  assert.ok(error < 50, String(error));
});

Deno.test("a clock that was far ahead for one frame is right again soon", () => {
  for (const settable of [true, false]) {
    const node = new Node(settable);
    node.run(MINUTE);
    node.clock.at(node.now + UNIX * 3, node.now + 100);
    const error = node.run(10_000);
    assert.ok(error < 50, String(error));
  }
});
