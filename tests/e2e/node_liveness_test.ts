/** Each cause of silence, produced for real: processes killed, stopped, cut off, and made deaf. */
import assert from "node:assert/strict";
import type { DeviceInfo, NodeInfo, NodesAnswer } from "../../gateway/nodes/answers.ts";
import type { Event } from "../../gateway/sessions/messages.ts";
import { type BridgeOptions, BridgeProcess } from "../support/bridge_process.ts";
import { CutProxy } from "../support/cut_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { stepsSideBySide } from "../support/side_by_side.ts";
import { WsPeer } from "../support/ws_peer.ts";

const BOUNDS = [
  ["late-min", 1.5],
  ["late-max", 2],
  ["lost-min", 2.5],
  ["lost-max", 4],
  ["node-min", 2.5],
  ["node-max", 3],
  ["grace", 4],
].flatMap(([name, seconds]) => [`--liveness-${name}-seconds`, String(seconds)]);

/** Batches from which on intervals are known. */
const LEARNED = 20;
const DEVICES = 3;

type Nodes = Record<string, Partial<BridgeOptions>>;

/** Nodes by name, with what is not as usual. They are all started at once: learning takes a while. */
const NODES: Nodes = {
  k1: {},
  k2: {},
  deaf: {},
  hung: { keepalive: 60 },
  // A status so seldom that the keepalive is what tells.
  cut: { keepalive: 1, period: 10 },
  bye: {},
  silent: {},
};

/** Those of a gateway that stands still. */
const STALLED: Nodes = {
  patient: { keepalive: 60 },
  restless: { keepalive: 1 },
};

class House implements AsyncDisposable {
  readonly gateway: GatewayProcess;
  /** What the node "cut" connects through. */
  readonly proxy: CutProxy;
  readonly #bridges = new Map<string, BridgeProcess>();

  private constructor(gateway: GatewayProcess, nodes: Nodes) {
    this.gateway = gateway;
    this.proxy = new CutProxy(gateway.mqttPort);
    for (const [name, options] of Object.entries(nodes)) {
      const port = name === "cut" ? this.proxy.port : gateway.mqttPort;
      this.#bridges.set(name, BridgeProcess.start({ name, port, devices: DEVICES, ...options }));
    }
  }

  static async start(nodes: Nodes): Promise<House> {
    return new House(await GatewayProcess.start({ args: BOUNDS }), nodes);
  }

  /** A node that has been heard for long enough. */
  async node(name: string): Promise<BridgeProcess> {
    await this.when(name, ({ frames, state }) => frames >= LEARNED * DEVICES && state === "online");
    await this.devicesAre(name, ({ state }) => state === "online");
    return this.#bridges.get(name)!;
  }

  async answer(): Promise<NodesAnswer> {
    return await this.gateway.json("/api/nodes") as NodesAnswer;
  }

  async when(name: string, is: (node: NodeInfo) => boolean): Promise<NodeInfo> {
    let last: NodeInfo | undefined;
    try {
      return await eventually(`node ${name}: ${is}`, async () => {
        last = (await this.answer()).nodes.find((node) => node.name === name);
        return last !== undefined && is(last) && last;
      });
    } catch (error) {
      throw new Error(`${JSON.stringify(last)}\n${this.gateway.process.output}`, { cause: error });
    }
  }

  lost(name: string, reason: string): Promise<NodeInfo> {
    return this.when(name, (node) => node.state === "lost" && node.reason === reason);
  }

  /** Devices that a node hears or heard. */
  async devices(node: string): Promise<DeviceInfo[]> {
    const { devices } = await this.answer();
    return devices.filter(({ receivers }) => receivers.some((each) => each.node === node));
  }

  /** Waits until all devices of a node are in a state. */
  devicesAre(node: string, is: (device: DeviceInfo) => boolean): Promise<DeviceInfo[]> {
    return eventually(`devices of ${node}: ${is}`, async () => {
      const devices = await this.devices(node);
      return devices.length > 0 && devices.every(is) && devices;
    });
  }

  async [Symbol.asyncDispose]() {
    this.proxy[Symbol.dispose]();
    for (const bridge of this.#bridges.values()) await bridge[Symbol.asyncDispose]();
    await this.gateway[Symbol.asyncDispose]();
  }
}

async function killed(house: House) {
  const one = await house.node("k1");
  const two = await house.node("k2");
  one.signal("SIGKILL");
  await house.lost("k1", "last will");
  const heard = await house.devicesAre("k1", ({ state }) => state === "online");
  assert.equal(heard.length, DEVICES, "the other node hears them");
  two.signal("SIGKILL");
  await house.lost("k2", "last will");
  const devices = await house.devicesAre("k1", ({ state }) => state === "lost");
  for (const { reason, detail } of devices) {
    assert.equal(reason, "receivers lost");
    assert.match(detail!, /k1: last will, k2: last will|k2: last will/);
  }
}

async function deaf(house: House) {
  const bridge = await house.node("deaf");
  await bridge.tell("mute");
  const { detail } = await house.lost("deaf", "radio deaf");
  assert.match(detail!, /^no frames for \d/);
  await house.devicesAre("deaf", ({ reason }) => reason === "receivers lost");
  await bridge.tell("unmute");
  await house.when("deaf", ({ state }) => state === "online");
  await house.devicesAre("deaf", ({ state }) => state === "online");
}

async function hung(house: House) {
  const bridge = await house.node("hung");
  bridge.signal("SIGSTOP");
  await house.lost("hung", "node hung");
  bridge.signal("SIGCONT");
  await house.when("hung", ({ state }) => state === "online");
}

async function cut(house: House) {
  await house.node("cut");
  house.proxy.cut();
  const { detail } = await house.lost("cut", "last will");
  assert.equal(detail, undefined);
}

async function goodbye(house: House) {
  const bridge = await house.node("bye");
  await bridge.tell("bye");
  await house.lost("bye", "said goodbye");
}

async function sessionClosed(house: House) {
  const url = `mqtt://127.0.0.1:${house.gateway.mqttPort}`;
  await using peer = await MqttPeer.connect(url, { clientId: "willless" });
  const status = { state: "online", period: 0.5 };
  await peer.publish("edgewire/v1/willless/status", status, { retain: true });
  await house.when("willless", ({ state }) => state === "online");
  peer.client.stream.destroy();
  const { detail } = await house.lost("willless", "session closed");
  assert.equal(detail, "connection lost");
}

async function silent(house: House) {
  const bridge = await house.node("silent");
  const [device] = await house.devicesAre("silent", ({ state }) => state === "online");
  const { name } = device!;
  await using watcher = await WsPeer.open(house.gateway.ws(`/ws/${name}`));
  const number = Number.parseInt(device!.address!.split(":").at(-1)!, 16);
  await bridge.tell(`silent ${number}`);
  const event = await watcher.next("event", ({ kind }: Event) => kind === "lost");
  const detail = event.detail as Record<string, unknown>;
  assert.equal(detail.device, name);
  assert.equal(detail.reason, "silent");
  assert.match(String(detail.detail), /^not heard for \d/);
  const others = (await house.devices("silent")).filter((each) => each.name !== name);
  assert.deepEqual(others.map(({ state }) => state), ["online", "online"]);
  await house.when("silent", ({ state }) => state === "online");
  await bridge.tell(`loud ${number}`);
  await watcher.next("event", ({ kind }: Event) => kind === "online");
}

/** What is known of a node and its devices. */
async function family(house: House, node: string): Promise<(NodeInfo | DeviceInfo)[]> {
  const { nodes } = await house.answer();
  return [...nodes.filter(({ name }) => name === node), ...await house.devices(node)];
}

/** Nothing has happened to them in between. */
function assertUntouched(before: (NodeInfo | DeviceInfo)[], after: (NodeInfo | DeviceInfo)[]) {
  assert.deepEqual(
    after.map(({ name, state }) => [name, state]),
    before.map(({ name }) => [
      name,
      "online",
    ]),
  );
  after.forEach(({ name, since }, i) => {
    const moved = Math.abs(since - before[i]!.since);
    assert.ok(moved < 100, `${name} is online since ${moved} ms later`);
  });
}

async function stalled(house: House) {
  await house.node("restless");
  const patient = await house.node("patient");
  const [device] = await house.devices("restless");
  await using watcher = await WsPeer.open(house.gateway.ws(`/ws/${device!.name}`));
  const before = await family(house, "restless");
  const stalls = await metric(house.gateway.url, "edgewire_stalls_total");
  house.gateway.process.kill("SIGSTOP");
  // As long as it takes the one node to give up and knock again.
  await new Promise((resolve) => setTimeout(resolve, 4000));
  house.gateway.process.kill("SIGCONT");
  // The grace is over when what happens afterwards is told: a device that falls silent now.
  await patient.tell("silent 0");
  await house.devicesAre(
    "patient",
    ({ state, address }) => state === "lost" || !address!.endsWith("00"),
  );
  assertUntouched(before, await family(house, "restless"));
  const changed = (await family(house, "patient")).filter(({ state }) => state !== "online");
  assert.equal(changed.length, 1, "the one that fell silent, and no other");
  assert.equal(await metric(house.gateway.url, "edgewire_stalls_total"), stalls + 1);
  assert.equal(watcher.socket.readyState, WebSocket.OPEN);
  const kinds = watcher.messages.filter((message) => message.type === "event")
    .map((message) => (message as Event).kind);
  assert.ok(!kinds.includes("lost") && !kinds.includes("late"), kinds.join());
}

/** Causes that have nodes of their own, and so do not see each other. */
const CAUSES: [name: string, run: (house: House) => Promise<void>][] = [
  ["a node killed with kill -9: last will", killed],
  ["frames stop, status does not: radio deaf", deaf],
  ["a node that stands still: node hung", hung],
  ["a connection that breaks without FIN: last will, by keepalive", cut],
  ["a node that says goodbye", goodbye],
  ["a connection that ends, and no will: session closed", sessionClosed],
  ["one of several devices falls silent", silent],
];

Deno.test("each cause of silence is named", async (t) => {
  await using house = await House.start(NODES);
  await using still = await House.start(STALLED);
  await stepsSideBySide(t, [
    ...CAUSES.map(([name, run]) => [name, () => run(house)] as const),
    ["the gateway stood still: nobody is lost", () => stalled(still)],
  ]);
});
