import assert from "node:assert/strict";
import { RadioNode } from "../../../gateway/nodes/radio/radio_node.ts";
import { WpanEvents } from "../../../gateway/nodes/radio/wpan_events.ts";

interface Told {
  channel: string;
  kind: string;
  detail: Record<string, unknown>;
}

class Scene {
  time = 1e6;
  readonly told: Told[] = [];
  readonly events = new WpanEvents({
    event: (channel, kind, detail) =>
      this.told.push({ channel, kind, detail: detail as Told["detail"] }),
  }, () => this.time);

  hearing(node: RadioNode) {
    return { node, message: "id", record: 0, at: this.time, time: 0, rssi: -70, channel: 15 };
  }

  of(channel: string, kind: string): Told[] {
    return this.told.filter((told) => told.channel === channel && told.kind === kind);
  }
}

function address(i: number): string {
  return i.toString(16).toUpperCase().padStart(16, "0");
}

const lab = new RadioNode("lab", "edgewire", 0);
const hall = new RadioNode("hall", "edgewire", 1);

Deno.test("beacons in any number of names make few events, and one that counts the rest", () => {
  const scene = new Scene();
  for (let i = 0; i < 5000; i++) scene.events.beacon(scene.hearing(lab), 0x1a62, address(i));
  scene.events.beacon(scene.hearing(hall), 0x1a62, address(7));
  scene.events.associationRequest(scene.hearing(lab), address(7), 0x1a62);
  assert.equal(scene.of("lab", "beacon").length, 10);
  assert.equal(scene.of("hall", "beacon").length, 1);
  assert.equal(scene.of("lab", "association request").length, 1);

  scene.time += 60_000;
  scene.events.beacon(scene.hearing(lab), 0x1a62, address(0x9999));
  assert.deepEqual(scene.told.slice(-2).map(({ kind, detail }) => [kind, detail.leftOut]), [
    ["more: beacon", 4990],
    ["beacon", undefined],
  ]);
});

Deno.test("association requests in any number of names as well", () => {
  const scene = new Scene();
  for (let i = 0; i < 600; i++, scene.time += 100) {
    scene.events.associationRequest(scene.hearing(lab), address(i), 0x1a62);
  }
  assert.equal(scene.of("lab", "association request").length, 10);
  scene.events.associationRequest(scene.hearing(lab), address(1000), 0x1a62);
  assert.equal(scene.of("lab", "more: association request")[0]!.detail.leftOut, 590);
});

Deno.test("one coordinator is told once a minute, with how many beacons there were", () => {
  const scene = new Scene();
  for (let i = 0; i < 181; i++, scene.time += 1000) {
    scene.events.beacon(scene.hearing(lab), 0x1a62, address(1));
  }
  assert.deepEqual(scene.told.map(({ detail }) => detail.beacons), [1, 60, 60, 60]);
});
