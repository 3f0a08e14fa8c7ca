/**
 * The scenario of several receivers, short in the suite and long among the soak tests: three nodes
 * hear the same devices, lose frames and hand some on twice; every content that at least one of them
 * heard becomes updates once.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  deviceLevel,
  DISTINCT_KINDS,
  makeBeacons,
} from "../../firmware/simulated/device_catalogue.ts";
import {
  type RadioBatch,
  type RadioTraffic,
  radioTraffic,
} from "../../firmware/simulated/radio_traffic.ts";
import type { NodesAnswer } from "../../gateway/nodes/answers.ts";
import type { Data } from "../../gateway/sessions/messages.ts";
import { parseDeviceId } from "../../traces/sensors/device_id.ts";
import { readingName } from "../../traces/sensors/measure.ts";
import { SensorDecoder } from "../../traces/sensors/sensor_decoder.ts";
import { SensorKey } from "../../traces/sensors/sensor_packet.ts";
import { eventually } from "./eventually.ts";
import { GatewayProcess } from "./gateway.ts";
import { MqttPeer } from "./mqtt_peer.ts";
import { WsPeer } from "./ws_peer.ts";

export interface ReceiversOptions {
  seconds: number;
  framesPerSecond: number;
  devices: number;
  loss: number;
  duplicates: number;
  seed: number;
}

/** Nodes are apart by no more than this, ms: a batch waits until those so much older are acknowledged. */
const SKEW_MS = 60;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** As compared: without what is lost in the last digits of a division. */
function textOf(value: unknown): string {
  return typeof value === "number" ? String(Number(value.toFixed(6))) : JSON.stringify(value);
}

/** A configuration that names each device and has the keys. */
function configOf(traffic: RadioTraffic): string {
  const devices = traffic.devices.map(({ address, name, key }) =>
    key === undefined ? { address, name } : { address, name, key }
  );
  return JSON.stringify({ devices });
}

/** Publishes batches when they are due. Settles when the broker has acknowledged all. */
async function publishInTime(traffic: RadioTraffic, peers: Map<string, MqttPeer>) {
  const waiting = new Map<RadioBatch, Promise<unknown>>();
  const failures: unknown[] = [];
  // The first ones are made beforehand, or they would come late: it is they that tell of the clocks.
  const rest = traffic[Symbol.iterator]();
  const first = Array.from({ length: READY }, () => rest.next().value as RadioBatch);
  const start = performance.now();
  for (let batch = first.shift(); batch; batch = first.shift() ?? rest.next().value) {
    const early_ms = start + batch.time_ms - performance.now();
    if (early_ms > 1) await sleep(early_ms);
    for (const [older, acknowledged] of waiting) {
      if (older.time_ms < batch.time_ms - SKEW_MS) await acknowledged;
    }
    const topic = `edgewire/v1/${batch.node}/radio`;
    const acknowledged = peers.get(batch.node)!.publish(topic, batch.payload)
      .catch((error) => failures.push(error))
      .finally(() => waiting.delete(batch));
    waiting.set(batch, acknowledged);
  }
  await Promise.all(waiting.values());
  assert.deepEqual(failures, []);
}

/** Batches that are made before the first is sent. */
const READY = 100;

/** Creates the channels of all devices and subscribes to them. */
async function subscribe(traffic: RadioTraffic, peer: MqttPeer, client: WsPeer) {
  const names = traffic.devices.map(({ name }) => name);
  await Promise.all(names.map((name) => peer.publish(`devices/${name}/begin`, 0)));
  for (const channel of names) client.send({ type: "subscribe", channel });
  const there = new Set<string>();
  while (there.size < names.length) there.add((await client.next("snapshot")).channel);
  assert.deepEqual([...there].sort(), names.sort());
}

/** Names of devices as configured, by address as in the simulator's log. */
function namesOf({ devices }: RadioTraffic): Map<string, string> {
  return new Map(devices.map(({ address, name }) => [deviceLevel(address), name]));
}

function readingTopic(device: string, name: string): string {
  return `edgewire/v1/readings/${device}/${name}`;
}

/** Values by topic, in the order in which they came or were sent. */
type Sequences = Map<string, string[]>;

function append(sequences: Sequences, topic: string, value: string) {
  const sequence = sequences.get(topic);
  if (sequence === undefined) sequences.set(topic, [value]);
  else sequence.push(value);
}

/**
 * Topics of words and of what is only of technical interest: those are told when they change. Which
 * they are is the decoder's word.
 */
function toldWhenChanged(options: ReceiversOptions): Set<string> {
  const beacons = makeBeacons({ ...options, start_ms: 0, kinds: DISTINCT_KINDS });
  const keys = new Map(
    beacons.flatMap(({ address, key }) =>
      key === undefined
        ? []
        : [[parseDeviceId(address)!, new SensorKey(Uint8Array.fromHex(key))] as const]
    ),
  );
  const decoder = new SensorDecoder({ keys });
  const topics = beacons.flatMap(({ address, name, beacon }) =>
    // Two measurements: what takes turns is seen.
    [...beacon.measure(1), ...beacon.measure(1)].flatMap(({ data }, time) => {
      const id = parseDeviceId(address) as number;
      return decoder.advertisement(id, data, 0, data.length, time).readings
        .filter(({ measure }) => measure.diagnostic || measure.kind === "text")
        .map((reading) => readingTopic(name, readingName(reading)));
    })
  );
  return new Set(topics);
}

/** What is to come: of each content that anybody heard, every value once. */
function expected(traffic: RadioTraffic, changing: Set<string>): Sequences {
  const names = namesOf(traffic);
  const sequences: Sequences = new Map();
  for (const content of traffic.log) {
    if (content.heard.every((frames) => frames === 0)) continue;
    for (const [name, value] of Object.entries(content.values)) {
      const topic = readingTopic(names.get(content.device)!, name);
      const text = textOf(value);
      if (changing.has(topic) && sequences.get(topic)?.at(-1) === text) continue;
      append(sequences, topic, text);
    }
  }
  return sequences;
}

function isData(message: { type: string }): message is Data {
  return message.type === "data";
}

/** Where two sequences part: for the failure message. */
function difference(topic: string, sent: string[], got: string[]): string {
  let at = 0;
  while (at < sent.length && sent[at] === got[at]) at++;
  const part = (values: string[]) => values.slice(Math.max(0, at - 2), at + 4).join(" ");
  return `${topic}: ${got.length} updates for ${sent.length} contents; from number ${at}: ` +
    `sent ... ${part(sent)} ..., got ... ${part(got)} ...`;
}

/** Compares all updates with what is to come. @returns how many were compared */
function compare(sent: Sequences, updates: Data[]): number {
  const got: Sequences = new Map();
  for (const { topic, value } of updates) if (sent.has(topic)) append(got, topic, textOf(value));
  const wrong: string[] = [];
  for (const [topic, values] of sent) {
    const came = got.get(topic) ?? [];
    if (values.join(" ") !== came.join(" ")) wrong.push(difference(topic, values, came));
  }
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} of ${sent.size} topics differ`);
  return [...sent.values()].reduce((sum, values) => sum + values.length, 0);
}

/** Each update names a node that heard the content it is made of. */
function checkNodes(traffic: RadioTraffic, updates: Data[]) {
  const names = namesOf(traffic);
  const heard = new Map<string, Set<string>>();
  for (const { device, values, heard: frames } of traffic.log) {
    for (const [name, value] of Object.entries(values)) {
      const key = `${names.get(device)}/${name} ${textOf(value)}`;
      const nodes = heard.get(key) ?? new Set();
      heard.set(key, nodes);
      traffic.nodes.forEach((node, i) => frames[i]! > 0 && nodes.add(node));
    }
  }
  const firsts = new Set<string>();
  for (const { topic, value, node } of updates) {
    const key = `${topic.split("/").slice(-2).join("/")} ${textOf(value)}`;
    const nodes = heard.get(key);
    if (nodes === undefined) continue;
    assert.ok(node !== undefined && nodes.has(node), `${key}: ${node}, heard by ${[...nodes]}`);
    firsts.add(node);
  }
  assert.deepEqual([...firsts].sort(), [...traffic.nodes], "each node is now and then the first");
}

/** Mean over all devices with numbers of their own: contents that a node missed, of those sent. */
function lossByLog({ log }: RadioTraffic, node: number): number {
  const numbered = log.filter(({ number }) => number >= 0);
  return numbered.filter(({ heard }) => heard[node] === 0).length / numbered.length;
}

/** What the gateway says of its nodes, and of how they hear, is as in the log. */
async function checkReceivers(traffic: RadioTraffic, gateway: GatewayProcess) {
  const { nodes, devices } = await gateway.json("/api/nodes") as NodesAnswer;
  for (const [i, name] of traffic.nodes.entries()) {
    const node = nodes.find((node) => node.name === name)!;
    const frames = traffic.log.reduce((sum, { heard }) => sum + heard[i]!, 0);
    assert.equal(node.frames, frames, `${name}: frames`);
    const { malformed, batchesMissed, batchesRepeated, reboots } = node;
    assert.deepEqual([malformed, batchesMissed, batchesRepeated, reboots], [0, 0, 0, 0], name);
    const losses = devices.flatMap(({ receivers }) =>
      receivers.filter(({ node, loss }) => node === name && loss !== undefined)
        .map(({ loss }) => loss!)
    );
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const sent = lossByLog(traffic, i);
    assert.ok(Math.abs(mean - sent) < 0.03, `${name}: loss ${mean}, by the log ${sent}`);
  }
}

/** Runs the scenario. */
export async function receivers(options: ReceiversOptions) {
  const traffic = radioTraffic({ ...options, receivers: 3, start_ms: Date.now() });
  await using gateway = await GatewayProcess.start({ config: configOf(traffic) });
  await using peers = new AsyncDisposableStack();
  const nodes = new Map<string, MqttPeer>();
  for (const name of traffic.nodes) {
    const url = `mqtt://127.0.0.1:${gateway.mqttPort}`;
    const peer = peers.use(await MqttPeer.connect(url, { clientId: name }));
    const status = { state: "online", radios: ["ble"] };
    await peer.publish(`edgewire/v1/${name}/status`, status, { retain: true });
    nodes.set(name, peer);
  }
  const first = nodes.get(traffic.nodes[0]!)!;
  await using client = await WsPeer.open(gateway.ws("/ws"));
  await subscribe(traffic, first, client);

  await publishInTime(traffic, nodes);
  // What was before the end of each channel is there when the end is.
  await Promise.all(traffic.devices.map(({ name }) => first.publish(`devices/${name}/end`, 1)));
  const ends = () => client.messages.filter((m) => isData(m) && m.topic.endsWith("/end")).length;
  await eventually("the end of all channels", () => ends() === traffic.devices.length);

  assert.deepEqual(client.messages.filter(({ type }) => type === "gap"), []);
  const updates = client.messages.filter(isData);
  const unheard = traffic.log.filter(({ heard }) => heard.every((frames) => frames === 0));
  assert.ok(unheard.length > 0, "some contents nobody heard");
  const compared = compare(expected(traffic, toldWhenChanged(options)), updates);
  checkNodes(traffic, updates);
  await checkReceivers(traffic, gateway);
  for (const { name } of traffic.devices) {
    const topic = readingTopic(name, "rssi");
    assert.ok(updates.some((update) => update.topic === topic), `${topic}: no update`);
  }
  return { compared, contents: traffic.log.length, unheard: unheard.length };
}
