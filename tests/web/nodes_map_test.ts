/** What the view of nodes makes of the answer before it draws: the map, the search, wishes. */
import assert from "node:assert/strict";
import type { DeviceInfo, NodeInfo, ReceiverInfo } from "../../gateway/nodes/answers.ts";
import { linkWords } from "../../web/app/nodes/link_words.ts";
import { fit, layOut, signalOf } from "../../web/app/nodes/map_layout.ts";
import { matchingDevices, matchingNodes } from "../../web/app/nodes/matching.ts";
import { changes } from "../../web/app/nodes/settings_request.ts";

const NOW = 1_000_000;

function node(name: string, more: Partial<NodeInfo> = {}): NodeInfo {
  return {
    name,
    dialect: "edgewire",
    settings: false,
    state: "online",
    since: 0,
    lastSeen: NOW,
    frames: 0,
    malformed: 0,
    damaged: 0,
    batchesMissed: 0,
    batchesRepeated: 0,
    dropped: 0,
    reboots: 0,
    ...more,
  };
}

function hears(name: string, rssi = -70, more: Partial<ReceiverInfo> = {}): ReceiverInfo {
  return { node: name, rssi, heard: 1, share: 1, lastSeen: NOW, ...more };
}

function device(
  name: string,
  receivers: ReceiverInfo[],
  more: Partial<DeviceInfo> = {},
): DeviceInfo {
  return {
    name,
    formats: ["BTHome v2"],
    receivers,
    findings: 0,
    state: "online",
    since: 0,
    lastSeen: NOW,
    ...more,
  };
}

function many(count: number, nodes: NodeInfo[]): DeviceInfo[] {
  return Array.from({ length: count }, (_, i) => {
    const by = [nodes[i % nodes.length]!, nodes[(i * 7 + 1) % nodes.length]!];
    return device(`d${i}`, by.map(({ name }) => hears(name)));
  });
}

Deno.test("devices stand by who hears them, and stay where they are when signals change", () => {
  const nodes = [node("east"), node("west")];
  const devices = (rssi: number) => [
    device("c", [hears("west", rssi)]),
    device("b", [hears("east", -rssi - 150), hears("west", rssi)]),
    device("d", []),
    device("a", [hears("east", rssi)]),
  ];
  const names = (rssi: number) =>
    layOut(nodes, devices(rssi), undefined).devices.map(({ of }) => of.name);
  assert.deepEqual(names(-40), ["a", "b", "c", "d"]);
  assert.deepEqual(names(-95), ["a", "b", "c", "d"]);
});

Deno.test("2 nodes or 20, 1 device or 300: within the height, in order, named where there is room", () => {
  for (const [nodeCount, deviceCount] of [[2, 1], [20, 20], [6, 40], [20, 300]] as const) {
    const nodes = Array.from({ length: nodeCount }, (_, i) => node(`n${i}`));
    const layout = layOut(nodes, many(deviceCount, nodes), undefined);
    assert.ok(layout.height <= 700, `${layout.height}`);
    for (const marks of [layout.nodes, layout.devices]) {
      const ys = marks.map(({ y }) => y);
      assert.deepEqual(ys, ys.toSorted((a, b) => a - b));
      assert.ok(ys[0]! >= 10 && ys.at(-1)! <= layout.height - 10);
    }
    assert.ok(layout.nodes.every(({ named }) => named));
    assert.equal(layout.devices.every(({ named }) => named), deviceCount <= 40);
    assert.ok(layout.links.length >= deviceCount);
  }
});

Deno.test("of many devices those of the chosen node are lit, and names do not overlap", () => {
  const nodes = Array.from({ length: 20 }, (_, i) => node(`n${i}`));
  const layout = layOut(nodes, many(300, nodes), { kind: "node", name: "n3" });
  const lit = layout.links.filter((link) => link.lit);
  assert.ok(lit.length > 10 && lit.every(({ receiver }) => receiver.node === "n3"));
  assert.deepEqual(layout.links.slice(-lit.length), lit, "drawn above the others");
  const named = layout.devices.filter((mark) => mark.named);
  assert.ok(named.length > 3 && named.every((mark) => mark.lit));
  named.forEach(({ y }, i) => assert.ok(i === 0 || y - named[i - 1]!.y >= 13));
});

Deno.test("a chosen device lights its nodes; receivers that are no nodes have no line", () => {
  const nodes = [node("a"), node("b"), node("c")];
  const devices = [device("x", [hears("a"), hears("c"), hears("gone")]), device("y", [hears("b")])];
  const layout = layOut(nodes, devices, { kind: "device", name: "x" });
  assert.deepEqual(layout.nodes.map(({ lit }) => lit), [true, false, true]);
  assert.deepEqual(layout.links.map(({ lit }) => lit), [false, true, true]);
});

Deno.test("a line is lost with its node, with its device, or when the node alone hears it no more", () => {
  const nodes = [node("a"), node("b", { state: "lost" })];
  const lost = (of: DeviceInfo) => layOut(nodes, [of], undefined).links.map((link) => link.lost);
  assert.deepEqual(lost(device("x", [hears("a"), hears("b")])), [false, true]);
  assert.deepEqual(lost(device("x", [hears("a")], { state: "lost" })), [true]);
  const old = hears("a", -70, { lastSeen: NOW - 90_000 });
  assert.deepEqual(lost(device("x", [old])), [true]);
  assert.deepEqual(lost(device("x", [old], { interval: 30 })), [false], "it sends seldom");
});

Deno.test("signals have classes, links words, and long names are cut with a mark", () => {
  const rssi = [-40, -60, -61, -75, -76, -90, -91, undefined];
  assert.deepEqual(rssi.map(signalOf), [
    "strong",
    "strong",
    "fair",
    "fair",
    "weak",
    "weak",
    "faint",
    "unknown",
  ]);
  const half = hears("a", -67.4, { share: 0.36, loss: 0 });
  assert.equal(linkWords(half), "−67 dBm · 36 % heard");
  assert.equal(fit("kitchen", 70), "kitchen");
  assert.equal(fit("kitchen-window", 70), "kitchen-w…");
});

Deno.test("the search finds words of names, addresses, states and nodes", () => {
  const nodes = [node("west"), node("east", { radios: ["802.15.4"], state: "lost" })];
  const devices = [
    device("fridge", [hears("west")], { address: "CB:B8:33:10:08:08" }),
    device("garage", [hears("east")], { model: "RuuviTag", state: "late" }),
  ];
  const found = (search: string) =>
    [
      ...matchingNodes(nodes, search),
      ...matchingDevices(devices, search),
    ].map(({ name }) => name);
  assert.deepEqual(found(""), ["west", "east", "fridge", "garage"]);
  assert.deepEqual(found("EAST"), ["east", "garage"]);
  assert.deepEqual(found("b8:33"), ["fridge"]);
  assert.deepEqual(found("ruuvi late"), ["garage"]);
  assert.deepEqual(found("802"), ["east"]);
  assert.deepEqual(found("nothing"), []);
});

Deno.test("wishes are what differs, in the types that the node has", () => {
  const settings = { scan: true, channel: 11, name: "a" };
  assert.deepEqual(changes(settings, {}), {});
  assert.deepEqual(changes(settings, { scan: true, channel: "11", name: "a" }), {});
  assert.deepEqual(changes(settings, { scan: false, channel: "15", name: "15" }), {
    scan: false,
    channel: 15,
    name: "15",
  });
});
