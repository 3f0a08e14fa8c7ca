import assert from "node:assert/strict";
import { Device, Heard, Verdict } from "../../../gateway/nodes/devices/device.ts";

function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

const NAMES = { [Verdict.New]: "new", [Verdict.Same]: "same", [Verdict.Behind]: "behind" };

/** A device and the nodes that hear it. */
class Scene {
  readonly device = new Device(1, "desk");

  /** What becomes of a packet. */
  hear(
    node: string,
    at: number,
    content: Uint8Array,
    sequence = -1,
    sequenceModulus = 0,
    event = false,
    format = "format",
  ): "new" | "same" | "behind" {
    const { device } = this;
    const receiver = device.receiver(node);
    const heard = device.hear(receiver, content, 0, content.length, at, -60);
    if (heard !== Heard.Unknown) return "same";
    const said = { format, sequence, sequenceModulus, stale: false };
    const verdict = device.judge(device.content, receiver, said, event, at, -60);
    return NAMES[verdict] as "new" | "same" | "behind";
  }

  info(node: string) {
    return this.device.receiver(node).info(this.device.index, (at) => at);
  }
}

Deno.test("a packet that three nodes hear is one", () => {
  const scene = new Scene();
  assert.equal(scene.hear("a", 0, bytes(1)), "new");
  assert.equal(scene.hear("b", 3, bytes(1)), "same");
  assert.equal(scene.hear("c", 15, bytes(1)), "same");
  assert.equal(scene.hear("b", 1000, bytes(2)), "new");
  assert.equal(scene.hear("a", 1001, bytes(2)), "same");
});

Deno.test("the same bytes again, an interval later, are a new packet", () => {
  const scene = new Scene();
  for (let i = 0; i < 10; i++) {
    const at = i * 1000;
    assert.equal(scene.hear("a", at, bytes(1)), "new", `a at ${at}`);
    assert.equal(scene.hear("b", at + 20, bytes(1)), "same", `b at ${at}`);
  }
  assert.ok(Math.abs(scene.device.interval - 1000) < 50);
});

Deno.test("open, closed, open: what is said again after something else is new", () => {
  const scene = new Scene();
  const [open, closed] = [bytes(1), bytes(0)];
  // A heartbeat a minute, so that the learned interval is long.
  for (let i = 0; i < 5; i++) scene.hear("a", i * 60_000, closed);
  assert.equal(scene.hear("a", 250_000, open), "new");
  assert.equal(scene.hear("a", 252_000, closed), "new");
  assert.equal(scene.hear("a", 254_000, open), "new");
  // The other node brings the same three, late.
  assert.notEqual(scene.hear("b", 250_010, open), "new");
  assert.notEqual(scene.hear("b", 252_010, closed), "new");
  assert.notEqual(scene.hear("b", 254_010, open), "new");
});

Deno.test("what carries a number is one, however often it is sent", () => {
  const scene = new Scene();
  assert.equal(scene.hear("a", 0, bytes(1), 5, 256), "new");
  assert.equal(scene.hear("a", 1000, bytes(1), 5, 256), "same");
  // Another node hands the same measurement on in other bytes.
  assert.equal(scene.hear("b", 1010, bytes(9, 1), 5, 256), "same");
  for (let i = 2; i < 60; i++) assert.equal(scene.hear("a", i * 1000, bytes(1), 5, 256), "same");
  assert.equal(scene.hear("a", 60_000, bytes(2), 6, 256), "new");
});

Deno.test("a sensor that wakes now and then, always with the same number, is heard each time", () => {
  const scene = new Scene();
  for (let wake = 0; wake < 5; wake++) {
    const at = wake * 300_000;
    // Equal bytes as well, every other time.
    assert.equal(scene.hear("a", at, bytes(wake >> 1), 0, 256), "new", `${wake}`);
    assert.equal(scene.hear("a", at + 100, bytes(wake >> 1), 0, 256), "same", `${wake}`);
    assert.equal(scene.hear("b", at + 105, bytes(wake >> 1), 0, 256), "same", `${wake}`);
  }
});

Deno.test("what is older than what is known does not win", () => {
  const scene = new Scene();
  scene.hear("a", 0, bytes(1), 254, 256);
  assert.equal(scene.hear("b", 40, bytes(0), 253, 256), "behind");
  assert.equal(scene.hear("a", 1000, bytes(2), 2, 256), "new");
  assert.equal(scene.hear("b", 1010, bytes(3), 255, 256), "behind");
  // Long after, a number from behind is that of a device that counts anew.
  assert.equal(scene.hear("b", 60_000, bytes(4), 0, 256), "new");
});

Deno.test("what waited in a queue does not win over what is newer, with number or without", () => {
  const scene = new Scene();
  scene.hear("a", 100_000, bytes(22));
  assert.equal(scene.hear("b", 92_000, bytes(21)), "behind");
  const numbered = new Scene();
  numbered.hear("a", 100_000, bytes(22), 40, 65_535);
  assert.equal(numbered.hear("b", 20_000, bytes(21), 28, 65_535), "behind");
  assert.equal(numbered.hear("b", 20_000, bytes(23), 65_000, 65_535), "behind");
});

Deno.test("one node tells in order: its clock may jump, its packets are new all the same", () => {
  const scene = new Scene();
  assert.equal(scene.hear("a", 10_000, bytes(1)), "new");
  assert.equal(scene.hear("a", 9_500, bytes(2)), "new");
});

Deno.test("beacons that take turns with several contents are known again", () => {
  const scene = new Scene();
  for (let i = 0; i < 30; i++) {
    const content = bytes(i % 3);
    assert.equal(scene.hear("a", i * 500, content), "new", `${i}`);
    assert.equal(scene.hear("b", i * 500 + 30, content), "same", `${i}`);
  }
});

Deno.test("a button's presses without numbers: each is one, however often it is sent", () => {
  const scene = new Scene();
  for (let press = 0; press < 7; press++) {
    for (let i = 0; i < 10; i++) {
      const at = press * 3000 + i * 100;
      const expected = i === 0 ? "new" : "same";
      assert.equal(scene.hear("a", at, bytes(1), -1, 0, true), expected, `${press} ${i}`);
      assert.equal(scene.hear("b", at + 7, bytes(1), -1, 0, true), "same", `${press} ${i}`);
    }
  }
});

Deno.test("a node's share is of what anybody heard, its loss by the device's own numbers", () => {
  const scene = new Scene();
  for (let i = 0; i < 200; i++) {
    const content = bytes(i, i >> 8);
    // Nobody hears every tenth; "b" hears every other of the rest.
    if (i % 10 === 9) continue;
    scene.hear("a", i * 1000, content, i, 65_535);
    if (i % 2 === 0) scene.hear("b", i * 1000 + 5, content, i, 65_535);
  }
  const a = scene.info("a");
  const b = scene.info("b");
  assert.equal(a.share, 1);
  assert.ok(Math.abs(a.loss! - 0.1) < 0.02, String(a.loss));
  assert.ok(Math.abs(b.share - 100 / 180) < 0.02, String(b.share));
  assert.ok(Math.abs(b.loss! - 0.5) < 0.02, String(b.loss));
  assert.deepEqual([a.heard, b.heard, a.rssi], [180, 100, -60]);
});

Deno.test("a device that boots loses nothing by that", () => {
  const scene = new Scene();
  for (let i = 60_000; i < 60_300; i++) scene.hear("a", i * 1000, bytes(i, i >> 8), i, 65_535);
  for (let i = 0; i < 30; i++) scene.hear("a", (60_310 + i) * 1000, bytes(i, 77), i, 65_535);
  assert.equal(scene.info("a").loss, 0);
});

Deno.test("a batch that was held back for a while makes no update twice", () => {
  const scene = new Scene();
  for (let i = 0; i < 5; i++) scene.hear("a", i * 1000, bytes(7));
  // Node "b" was without a broker, and tells now of what it heard then.
  for (let i = 0; i < 5; i++) assert.equal(scene.hear("b", i * 1000 + 2, bytes(7)), "same");
});

Deno.test("what is sent again counts as a packet of its own for those who hear it", () => {
  const scene = new Scene();
  for (let i = 0; i < 40; i++) {
    // Ten transmissions of each content; "b" hears every other.
    const content = bytes(Math.floor(i / 10));
    scene.hear("a", i * 1000, content, Math.floor(i / 10), 256);
    if (i % 2 === 0) scene.hear("b", i * 1000 + 10, content, Math.floor(i / 10), 256);
  }
  assert.deepEqual([scene.info("a").heard, scene.info("a").share], [40, 1]);
  assert.deepEqual([scene.info("b").heard, scene.info("b").share], [20, 0.5]);
  assert.equal(scene.info("b").loss, 0);
});

Deno.test("losses are told by the numbers of one format", () => {
  const scene = new Scene();
  for (let i = 0; i < 50; i++) {
    scene.hear("a", i * 1000, bytes(1, i), 1_000_000 + i, 1 << 24, false, "one");
    scene.hear("a", i * 1000 + 10, bytes(2, i), i, 256, false, "another");
  }
  assert.equal(scene.info("a").loss, 0);
});
