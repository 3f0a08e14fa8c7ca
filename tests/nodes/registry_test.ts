import assert from "node:assert/strict";
import { NodeRegistry } from "../../gateway/nodes/registry.ts";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

Deno.test("NodeRegistry follows the status of nodes", () => {
  const nodes = new NodeRegistry();
  nodes.take("edgewire/v1/n1/status", bytes({ state: "online", boot: 7, radios: ["ble"], x: 1 }));
  const { time, ...node } = nodes.get("n1")!;
  assert.deepEqual(node, { name: "n1", state: "online", boot: 7, radios: ["ble"] });
  assert.ok(Math.abs(time - Date.now()) < 1000);
  nodes.take("edgewire/v1/n1/status", bytes({ state: "offline" }));
  assert.equal(nodes.get("n1")?.state, "offline");
  nodes.take("edgewire/v1/n1/status", new Uint8Array(0));
  assert.deepEqual(nodes.all(), []);
});

Deno.test("NodeRegistry counts what it cannot read, and ignores other topics", () => {
  const nodes = new NodeRegistry();
  nodes.take("edgewire/v1/n1/status", Uint8Array.of(0xff, 0xfe));
  nodes.take("edgewire/v1/n1/status", bytes({ state: "asleep" }));
  nodes.take("edgewire/v1/n1/status", bytes([1]));
  assert.equal(nodes.malformed, 3);
  nodes.take("edgewire/v1/n1/status/x", bytes({ state: "online" }));
  nodes.take("devices/n1/status", bytes({ state: "online" }));
  assert.equal(nodes.malformed, 3);
  assert.deepEqual(nodes.all(), []);
});
