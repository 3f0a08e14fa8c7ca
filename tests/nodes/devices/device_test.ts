import assert from "node:assert/strict";
import { Device, Novelty, Repeat } from "../../../gateway/nodes/devices/device.ts";

function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

/** A device and three nodes that hear it. */
class Scene {
  readonly device = new Device(1, "desk");

  /** What becomes of a packet: "new", "same" or "behind". */
  hear(node: string, at: number, content: Uint8Array, sequence = -1, modulus = 0): string {
    const receiver = this.device.receiver(node);
    const repeats = this.device.repeats(receiver, content, 0, content.length, at);
    receiver.signal(-60, at);
    if (repeats !== Repeat.No) return "same";
    const novelty = this.device.settle(receiver, "format", sequence, modulus, false, at);
    return { [Novelty.New]: "new", [Novelty.Same]: "same", [Novelty.Behind]: "behind" }[novelty]!;
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

Deno.test("what carries a number is one, however often it is sent", () => {
  const scene = new Scene();
  assert.equal(scene.hear("a", 0, bytes(1), 5, 256), "new");
  assert.equal(scene.hear("a", 1000, bytes(1), 5, 256), "same");
  // Another node hands the same measurement on in other bytes.
  assert.equal(scene.hear("b", 1010, bytes(9, 1), 5, 256), "same");
  assert.equal(scene.hear("a", 2000, bytes(2), 6, 256), "new");
});

Deno.test("what is older than what is known does not win", () => {
  const scene = new Scene();
  scene.hear("a", 0, bytes(1), 254, 256);
  assert.equal(scene.hear("b", 40, bytes(0), 253, 256), "behind");
  assert.equal(scene.hear("a", 1000, bytes(2), 2, 256), "new");
  assert.equal(scene.hear("b", 1010, bytes(3), 255, 256), "behind");
  // Long after, a number from behind is that of a device that counts anew.
  assert.equal(scene.hear("b", 9000, bytes(4), 0, 256), "new");
});

Deno.test("beacons that take turns with several contents are known again", () => {
  const scene = new Scene();
  for (let i = 0; i < 30; i++) {
    const content = bytes(i % 3);
    assert.equal(scene.hear("a", i * 500, content), "new", `${i}`);
    assert.equal(scene.hear("b", i * 500 + 30, content), "same", `${i}`);
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
    const hear = (format: string, content: Uint8Array, number: number) => {
      const receiver = scene.device.receiver("a");
      const at = i * 1000 + format.length;
      if (scene.device.repeats(receiver, content, 0, content.length, at) !== Repeat.No) return;
      receiver.signal(-60, at);
      scene.device.settle(receiver, format, number, 1 << 24, false, at);
    };
    hear("one", bytes(1, i), 1_000_000 + i);
    hear("another", bytes(2, i), i);
  }
  assert.equal(scene.info("a").loss, 0);
});
