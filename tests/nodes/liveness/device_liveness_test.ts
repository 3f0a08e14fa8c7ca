import assert from "node:assert/strict";
import { World } from "./world.ts";

/** Numbers that look random and are the same each time. */
function lottery(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 2246822507) + 0x9e3779b9 | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

Deno.test("a device is online from its first packet, late and lost by its own interval", () => {
  const world = new World();
  const node = world.monitor.node("n");
  const slow = world.monitor.device("slow");
  const other = world.monitor.device("other");
  const hear = (device = slow) => {
    node.frames(world.time);
    device.heard(node, world.time, false);
  };
  const others: [number, () => void] = [1000, () => hear(other)];
  world.run(40 * 60_000, [[60_000, () => hear()], others]);
  assert.equal(world.news().join(), "");
  assert.ok(Math.abs(slow.interval! - 60) < 1, `${slow.interval}`);
  world.run(2 * 60_000, [others]);
  assert.equal(slow.state, "online", "a missing packet is nothing");
  world.run(6 * 60_000, [others]);
  assert.deepEqual(world.news(), ["slow late: silent"]);
  world.run(20 * 60_000, [others]);
  assert.deepEqual(world.news(), ["slow lost: silent"]);
  assert.match(slow.liveness.detail!, /^not heard for \d+ min, usually every 60 s$/);
  hear();
  assert.deepEqual(world.news(), ["slow online"]);
});

Deno.test("bounds: a fast device is not late before 5 s, a slow one after an hour", () => {
  const world = new World();
  const node = world.monitor.node("n");
  const fast = world.monitor.device("fast");
  const slow = world.monitor.device("slow");
  const frames: [number, () => void] = [1000, () => node.frames(world.time)];
  const hearFast: [number, () => void] = [100, () => fast.heard(node, world.time, false)];
  world.run(10_000, [frames, hearFast]);
  assert.deepEqual([fast.lateMs, fast.lostMs], [5000, 15_000]);
  world.run(4900, [frames]);
  assert.equal(fast.state, "online");
  world.run(600, [frames]);
  assert.deepEqual(world.news(), ["fast late: silent"]);
  world.run(10_000, [frames]);
  assert.deepEqual(world.news(), ["fast lost: silent"]);
  world.run(40 * 3e6, [frames, [3e6, () => slow.heard(node, world.time, false)]]);
  assert.equal(slow.lateMs, 3_600_000);
  assert.ok(slow.lostMs <= 86_400_000);
});

Deno.test("a trigger based device has the long bound alone", () => {
  const world = new World();
  const node = world.monitor.node("n");
  const button = world.monitor.device("button");
  const frames: [number, () => void] = [10_000, () => node.frames(world.time)];
  world.run(60_000, [frames, [1000, () => button.heard(node, world.time, true)]]);
  world.run(23 * 3_600_000, [frames]);
  assert.deepEqual(world.news(), []);
  assert.equal(button.interval, undefined);
  world.run(2 * 3_600_000, [frames]);
  assert.deepEqual(world.news(), ["button lost: silent"]);
});

Deno.test("10,000 devices that lose half of their packets do not flap", () => {
  const world = new World();
  const random = lottery(7);
  const nodes = [world.monitor.node("a"), world.monitor.node("b")];
  const devices = Array.from({ length: 10_000 }, (_, i) => {
    const interval = 2 ** (i % 7) * 1000;
    return {
      live: world.monitor.device(`d${i}`),
      interval,
      next: world.time + random() * interval,
    };
  });
  let ticks = 0;
  let spent = 0;
  for (let second = 0; second < 1800; second++) {
    for (const device of devices) {
      if (device.next > world.time) continue;
      device.next += device.interval * (0.95 + random() / 10);
      let heard = false;
      for (const node of nodes) {
        // The loss of both together is a half.
        if (random() < 0.7071) continue;
        node.frames(world.time);
        device.live.heard(node, world.time, false, heard);
        heard = true;
      }
    }
    world.time += 1000;
    const begin = performance.now();
    world.monitor.tick();
    spent += performance.now() - begin;
    ticks++;
  }
  const news = world.news();
  assert.ok(news.length <= 10, `${news.length} changes in half an hour`);
  assert.ok(spent / ticks < 5, `${spent / ticks} ms for a look at 10,000 devices`);
  const { interval } = devices[24 * 7]!.live;
  assert.ok(interval! > 0.9 && interval! < 1.6, `${interval}`);
});

Deno.test("a device that was away is learned anew within a few packets", () => {
  const world = new World();
  const node = world.monitor.node("n");
  const device = world.monitor.device("d");
  const frames: [number, () => void] = [500, () => node.frames(world.time)];
  const heard: [number, () => void] = [1000, () => device.heard(node, world.time, false)];
  world.run(120_000, [frames, heard]);
  world.run(8 * 3_600_000, [frames]);
  assert.deepEqual(world.news(), ["d late: silent", "d lost: silent"]);
  world.run(300_000, [frames, heard]);
  assert.ok(device.lostMs < 60_000, `${device.lostMs} ms after five minutes`);
});

Deno.test("a new interval of minutes is learned though each gap looks like a loss", () => {
  const world = new World();
  const node = world.monitor.node("n");
  const device = world.monitor.device("d");
  const frames: [number, () => void] = [1000, () => node.frames(world.time)];
  const hear = () => device.heard(node, world.time, false);
  world.run(120_000, [frames, [1000, hear]]);
  world.run(3_600_000, [frames, [600_000, hear]]);
  world.news();
  world.run(3_600_000, [frames, [600_000, hear]]);
  assert.deepEqual(world.news(), []);
});

Deno.test("receivers lost: every node that heard it lately is gone, and they are named", () => {
  const world = new World();
  const [a, b, c] = ["a", "b", "c"].map((name) => world.monitor.node(name)) as [
    ReturnType<World["monitor"]["node"]>,
    ReturnType<World["monitor"]["node"]>,
    ReturnType<World["monitor"]["node"]>,
  ];
  const device = world.monitor.device("d");
  const frames = (node: typeof a): [number, () => void] => [500, () => node.frames(world.time)];
  const heardBy = (node: typeof a): [number, () => void] => [
    1000,
    () => device.heard(node, world.time, false),
  ];
  // `c` heard it an hour ago, and has gone since; it has no part in what follows.
  world.run(60_000, [frames(a), frames(b), frames(c), heardBy(c)]);
  world.run(60_000, [frames(a), frames(b), frames(c), heardBy(a), heardBy(b)]);
  world.news();
  a.status({ state: "offline", will: true }, world.time);
  world.run(60_000, [frames(b), frames(c), heardBy(b)]);
  assert.deepEqual(world.news(), ["a lost: last will"]);
  b.status({ state: "offline", will: false }, world.time);
  world.run(60_000, [frames(c)]);
  assert.deepEqual(world.news(), [
    "b lost: said goodbye",
    "d late: receivers lost",
    "d lost: receivers lost",
  ]);
  assert.match(device.liveness.detail!, /^b: said goodbye; not heard for 15 s/);
  b.status({ state: "online" }, world.time);
  world.run(60_000, [frames(b), frames(c)]);
  assert.deepEqual(world.news(), ["b online", "d lost: silent"], "b is back and does not hear it");
});

Deno.test("a node that hears nothing at all is no witness of a device's silence", () => {
  const world = new World();
  const node = world.monitor.node("n");
  const device = world.monitor.device("d");
  const status: [number, () => void] = [
    10_000,
    () => node.status({ state: "online", period: 10 }, world.time),
  ];
  const heard: [number, () => void] = [1000, () => {
    node.frames(world.time);
    device.heard(node, world.time, false);
  }];
  world.run(60_000, [status, heard]);
  world.run(60_000, [status]);
  const news = world.news();
  assert.deepEqual(news.filter((line) => line.includes("lost")), [
    "n lost: radio deaf",
    "d lost: receivers lost",
  ]);
  assert.match(device.liveness.detail!, /^n: radio deaf;/);
});

Deno.test("what a node of another dialect says of a device counts", () => {
  const world = new World();
  const node = world.monitor.node("z2m");
  const device = world.monitor.device("lamp");
  node.status({ state: "online" }, world.time);
  device.availability(true, world.time, node);
  world.run(48 * 3_600_000, [[60_000, () => node.heard(world.time)]]);
  assert.deepEqual(world.news(), []);
  device.availability(false, world.time, node);
  assert.deepEqual(world.news(), ["lamp lost: silent"]);
  assert.equal(device.liveness.detail, "as its node says");
  device.availability(true, world.time, node);
  assert.deepEqual(world.news(), ["lamp online"]);
  node.status({ state: "offline", will: false }, world.time);
  world.run(3_600_000);
  assert.deepEqual(world.news(), ["z2m lost: said goodbye", "lamp lost: receivers lost"]);
});

Deno.test("times are those of the clock on the wall now, whatever it was set to meanwhile", () => {
  const world = new World();
  const node = world.monitor.node("n");
  const device = world.monitor.device("d");
  const act: [number, () => void][] = [[1000, () => {
    node.frames(world.time);
    device.heard(node, world.time, false);
  }]];
  world.run(60_000, act);
  world.offset -= 20 * 365 * 86_400_000;
  world.run(60_000, act);
  world.offset += 40 * 365 * 86_400_000;
  world.run(60_000, act);
  assert.deepEqual(world.news(), []);
  const { since, lastSeen } = device.liveness;
  assert.equal(lastSeen, world.time + world.offset);
  assert.equal(since, world.time + world.offset - 179_000);
});

Deno.test("at most so many devices; the one unheard for longest goes", () => {
  const world = new World({ maxDevices: 10 });
  const node = world.monitor.node("n");
  for (let i = 0; i < 12; i++) {
    world.time += 1000;
    world.monitor.device(`d${i}`).heard(node, world.time, false);
  }
  assert.equal(world.monitor.counts().device.online, 10);
  assert.equal(world.monitor.findDevice("d1"), undefined);
  assert.notEqual(world.monitor.findDevice("d2"), undefined);
  world.monitor.forgetDevice("d2");
  assert.equal(world.monitor.findDevice("d2"), undefined);
});

Deno.test("a node whose clock was set back makes nobody late", () => {
  const world = new World();
  const node = world.monitor.node("n");
  const device = world.monitor.device("d");
  let behind = 0;
  const act: [number, () => void][] = [[1000, () => {
    node.frames(world.time);
    device.heard(node, world.time - behind, false);
  }]];
  world.run(60_000, act);
  behind = 50_000;
  world.run(120_000, act);
  assert.deepEqual(world.news(), []);
  assert.equal(device.liveness.lastSeen, world.time + world.offset);
  assert.ok(Math.abs(device.interval! - 1) < 0.1, `${device.interval}`);
});
