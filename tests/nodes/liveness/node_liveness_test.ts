import assert from "node:assert/strict";
import { World } from "./world.ts";

type Acts = [number, () => void][];

/** A node with everything that it usually does: a status each 10 s and frames each second. */
function bridge(world: World, client?: string) {
  const node = world.monitor.node("n");
  const online = () => node.status({ state: "online", period: 10, boot: 1 }, world.time, client);
  const frames: Acts[0] = [1000, () => node.frames(world.time, client)];
  const status: Acts[0] = [10_000, online];
  online();
  world.run(60_000, [frames, status]);
  assert.deepEqual(world.news(), []);
  return { node, online, frames, status };
}

Deno.test("last will: held back a second, in case the node connects anew", () => {
  const world = new World();
  const { node, online, frames, status } = bridge(world);
  node.status({ state: "offline", will: true }, world.time);
  world.run(900);
  assert.equal(node.state, "online");
  online();
  world.run(20_000, [frames, status]);
  assert.deepEqual(world.news(), [], "who took his own session over was never gone");
  node.status({ state: "offline", will: true }, world.time);
  world.run(1500);
  assert.deepEqual(world.news(), ["n lost: last will"]);
  online();
  assert.deepEqual(world.news(), ["n online"]);
});

Deno.test("said goodbye counts at once, and so does an offline of unknown origin", () => {
  const world = new World();
  const { node, online } = bridge(world);
  node.status({ state: "offline", will: false }, world.time);
  assert.deepEqual(world.news(), ["n lost: said goodbye"]);
  online();
  node.status({ state: "offline" }, world.time);
  assert.deepEqual(world.news(), ["n online", "n lost: last will"]);
});

Deno.test("a retained offline of a node that nobody heard yet", () => {
  const world = new World();
  world.monitor.node("n").status({ state: "offline", replayed: true }, world.time);
  world.run(60_000);
  assert.deepEqual(world.changes.map(({ before, now }) => [before, now.state]), [[null, "lost"]]);
});

Deno.test("radio deaf: status goes on, frames do not", () => {
  const world = new World();
  const { node, frames, status } = bridge(world);
  world.run(30_000, [status]);
  assert.deepEqual(world.news(), ["n late: radio deaf", "n lost: radio deaf"]);
  assert.match(node.liveness.detail!, /^no frames for 1\d s; it still speaks$/);
  world.run(600_000, [status]);
  assert.deepEqual(world.news(), [], "each status of a deaf node is no news");
  world.run(1000, [frames]);
  assert.deepEqual(world.news(), ["n online"]);
});

Deno.test("a node without a status is deaf when its session still pings", () => {
  const world = new World();
  const node = world.monitor.node("n");
  world.monitor.session("c", "open", "", 20);
  world.run(60_000, [[1000, () => node.frames(world.time, "c")]]);
  world.run(60_000, [[20_000, () => world.monitor.session("c", "alive")]]);
  assert.deepEqual(world.news().at(-1), "n lost: radio deaf");
});

Deno.test("node hung: neither status nor frames", () => {
  const world = new World();
  const { node, frames } = bridge(world);
  world.run(60_000);
  assert.deepEqual(world.news().at(-1), "n lost: node hung");
  assert.match(node.liveness.detail!, /^no frames for \d+ s, nor anything else$/);
  node.frames(world.time);
  world.run(5000, [frames]);
  assert.deepEqual(world.news(), ["n online"]);
});

Deno.test("node hung: its MQTT library pings, but its status is missing", () => {
  const world = new World();
  bridge(world, "c");
  world.run(60_000, [[10_000, () => world.monitor.session("c", "alive")]]);
  assert.deepEqual(world.news().at(-1), "n lost: node hung");
});

Deno.test("a deaf node that then falls silent is hung", () => {
  const world = new World();
  const { status } = bridge(world);
  world.run(60_000, [status]);
  world.run(60_000);
  assert.deepEqual(world.news().slice(-2), ["n lost: radio deaf", "n lost: node hung"]);
});

Deno.test("a node without radio is hung when its repeated status is missing", () => {
  const world = new World();
  const said = world.monitor.node("period");
  const learned = world.monitor.node("learned");
  said.status({ state: "online", period: 60 }, world.time);
  const say: Acts = [[20_000, () => learned.status({ state: "online" }, world.time)]];
  world.run(120_000, [...say, [60_000, () => {
    said.status({ state: "online", period: 60 }, world.time);
  }]]);
  assert.deepEqual(world.news(), []);
  world.run(70_000);
  assert.deepEqual(world.news(), ["learned late: node hung", "learned lost: node hung"]);
  world.run(90_000);
  assert.deepEqual(world.news(), ["period late: node hung", "period lost: node hung"]);
});

Deno.test("a plain publisher with a will is never called hung", () => {
  const world = new World();
  const node = world.monitor.node("plain");
  for (let i = 0; i < 6; i++) {
    // It connects anew now and then, and says its status then.
    world.monitor.session(`c${i}`, "open");
    node.status({ state: "online" }, world.time, `c${i}`);
    world.run(3_600_000);
  }
  world.run(48 * 3_600_000);
  assert.deepEqual(world.news(), []);
});

Deno.test("session closed: how it ended is told, and a moment's reconnect is nothing", () => {
  const world = new World();
  world.monitor.session("c", "open", "", 60);
  const { node, frames } = bridge(world, "c");
  world.monitor.session("c", "closed", "connection lost");
  world.run(800);
  world.monitor.session("c", "open", "", 60);
  node.frames(world.time, "c");
  world.run(15_000, [frames]);
  assert.deepEqual(world.news(), []);
  world.monitor.session("c", "closed", "keepalive");
  world.run(2000);
  assert.deepEqual(world.news(), ["n lost: session closed"]);
  assert.equal(node.liveness.detail, "keepalive");
});

Deno.test("who connects for each message is not lost between two", () => {
  const world = new World();
  const node = world.monitor.node("n");
  let count = 0;
  const publish: Acts[0] = [5000, () => {
    const client = `mosqpub-${count++}`;
    world.monitor.session(client, "open");
    node.frames(world.time, client);
    world.monitor.session(client, "closed", "disconnect");
  }];
  world.run(300_000, [publish]);
  assert.deepEqual(world.news(), []);
  world.run(120_000);
  assert.deepEqual(world.news(), ["n lost: session closed"]);
  assert.equal(node.sessions.size, 1, "old clients are let go");
});

Deno.test("a reboot: another boot id, frames from zero, the same node", () => {
  const world = new World();
  const { node, frames } = bridge(world);
  node.status({ state: "offline", will: true }, world.time);
  world.run(8000);
  assert.deepEqual(world.news(), ["n lost: last will"]);
  const again: Acts[0] = [10_000, () => {
    node.status({ state: "online", period: 10, boot: 2 }, world.time);
  }];
  node.status({ state: "online", period: 10, boot: 2 }, world.time);
  world.run(9000, [again]);
  assert.deepEqual(world.news(), ["n online"], "its radio has time to be set up");
  world.run(300_000, [again, frames]);
  assert.ok(!world.news().some((line) => line.includes("lost")));
  assert.ok(node.framesWithinMs < 20_000, "the pause is not taken for its interval");
});

Deno.test("a reboot after which the radio stays dead", () => {
  const world = new World();
  const { node } = bridge(world);
  const again: Acts[0] = [10_000, () => {
    node.status({ state: "online", period: 10, boot: 2 }, world.time);
  }];
  world.run(60_000, [again]);
  assert.equal(world.news().at(-1), "n lost: radio deaf");
});

Deno.test("our own stall: nobody is lost, deadlines move by its length", () => {
  const world = new World();
  const { node, frames, status } = bridge(world);
  const device = world.monitor.device("d");
  const heard: Acts[0] = [1000, () => device.heard(node, world.time, false)];
  world.run(60_000, [frames, status, heard]);
  world.stall(60_000);
  assert.equal(world.stalls.length, 1);
  assert.ok(Math.abs(world.stalls[0]! - 60_000) < 500, `${world.stalls}`);
  assert.deepEqual([world.monitor.stalls, Math.round(world.monitor.stalledMs / 1000)], [1, 60]);
  // A will and a closed session that came meanwhile; the node is back three seconds later.
  node.status({ state: "offline", will: true }, world.time);
  world.run(3000);
  world.run(120_000, [frames, status, heard]);
  assert.deepEqual(world.news(), []);
  assert.ok(device.interval! < 1.5, `the stall is no gap: ${device.interval}`);
});

Deno.test("who is still gone after the grace is lost, with its reason", () => {
  const world = new World();
  const { node, status, frames } = bridge(world);
  const device = world.monitor.device("d");
  world.run(60_000, [frames, status, [1000, () => device.heard(node, world.time, false)]]);
  world.stall(30_000);
  node.status({ state: "offline", will: true }, world.time);
  world.run(19_000);
  assert.deepEqual(world.news(), []);
  world.run(2000);
  assert.equal(world.news()[0], "n lost: last will");
  world.run(20_000);
  assert.equal(device.reason, "receivers lost");
});

Deno.test("a stall is seen by the first packet behind it, before the timer", () => {
  const world = new World();
  const { node, frames, status } = bridge(world);
  const device = world.monitor.device("d");
  world.run(60_000, [frames, status, [1000, () => device.heard(node, world.time, false)]]);
  world.time += 40_000;
  device.heard(node, world.time, false);
  assert.equal(world.monitor.stalls, 1);
  const seen = device.lastSeen;
  world.monitor.tick();
  assert.equal(world.monitor.stalls, 1, "the timer does not count it again");
  world.time += 250;
  world.monitor.tick();
  assert.ok(seen <= device.lastSeen);
  assert.deepEqual(world.news(), []);
});

Deno.test("a goodbye counts even after a stall", () => {
  const world = new World();
  const { node } = bridge(world);
  world.stall(10_000);
  node.status({ state: "offline", will: false }, world.time);
  assert.deepEqual(world.news(), ["n lost: said goodbye"]);
});

Deno.test("a gateway that is late all the time still says who is gone", () => {
  const world = new World();
  const { node } = bridge(world);
  node.status({ state: "offline", will: true }, world.time);
  for (let i = 0; i < 100; i++) {
    world.stall(1500);
    world.stall(200);
  }
  assert.equal(node.reason, "last will");
});

Deno.test("a radio node that has just come is judged by what was learned, not by what was not", () => {
  const world = new World();
  const node = world.monitor.node("n");
  world.run(20_000, [[1000, () => node.frames(world.time)]]);
  world.run(20_000);
  assert.equal(node.reason, "node hung");
});
