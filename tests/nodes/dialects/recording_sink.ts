/**
 * A sink that writes down what a dialect made of messages, and checks that each is sound.
 *
 * @module
 */
import assert from "node:assert/strict";
import type {
  Dialect,
  DialectSink,
  ForeignDevice,
  NamedDevice,
  NamedValue,
  PropertyTopic,
  Reception,
} from "../../../gateway/nodes/dialects/dialect.ts";

export type Said =
  | { kind: "node"; node: string; state?: string; details?: object; version?: string }
  | {
    kind: "advertisement";
    node: string;
    address: number;
    hex: string;
    rssi: number;
    time: number;
  }
  | {
    kind: "values";
    node: string;
    device: ForeignDevice;
    values: NamedValue[];
    rssi: number;
    time: number;
    sequence: number;
    sequenceModulus: number;
  }
  | { kind: "property"; node: string; topic: PropertyTopic; json: string }
  | { kind: "describe"; topic: PropertyTopic }
  | { kind: "undescribe"; topic: string }
  | { kind: "device"; node: string; device: string; model: string | undefined }
  | { kind: "gone"; device: string }
  | { kind: "availability"; node: string; device: string; online: boolean }
  | { kind: "malformed"; node: string; text: string };

type Of<K extends Said["kind"]> = Extract<Said, { kind: K }>;

function checkDevice({ path, name }: NamedDevice) {
  for (const text of [path, name]) assert.doesNotMatch(text, /[+#\0]/);
  assert.notEqual(name, "");
  assert.ok(path.endsWith(`/${name}`), `${path} ends with ${name}`);
}

function checkTopic({ topic, device, command }: PropertyTopic) {
  for (const text of [topic, command?.topic ?? ""]) assert.doesNotMatch(text, /[+#\0]/);
  checkDevice(device);
}

function checkTime(time: number) {
  assert.ok(Number.isNaN(time) || (time > 1e12 && time < 1e14), `${time} is no time`);
}

function checkRssi(rssi: number) {
  assert.ok(Number.isNaN(rssi) || (rssi >= -128 && rssi <= 20), `${rssi} is no RSSI`);
}

export class RecordingSink implements DialectSink {
  said: Said[] = [];

  of<K extends Said["kind"]>(kind: K): Of<K>[] {
    return this.said.filter((one) => one.kind === kind) as Of<K>[];
  }

  /** The one thing that was said. */
  only<K extends Said["kind"]>(kind: K): Of<K> {
    assert.equal(this.said.length, 1, JSON.stringify(this.said));
    assert.equal(this.said[0]!.kind, kind, JSON.stringify(this.said));
    return this.said[0] as Of<K>;
  }

  node(node: string, said: { state?: "online" | "offline"; details?: object; version?: string }) {
    this.said.push({ kind: "node", node, ...said });
  }

  advertisement(node: string, address: number, data: Uint8Array, rssi: number, time: number) {
    assert.ok(Number.isInteger(address) && address >= 0 && address < 2 ** 48);
    checkRssi(rssi);
    checkTime(time);
    this.said.push({ kind: "advertisement", node, address, hex: data.toHex(), rssi, time });
  }

  values(
    node: string,
    device: ForeignDevice,
    values: readonly NamedValue[],
    reception: Reception,
  ) {
    const { rssi, time, sequence, sequenceModulus } = reception;
    assert.ok(device.address >= 0 || device.name !== "", "a device is somebody");
    for (const { name, value } of values) {
      assert.match(name, /^[a-z0-9_]+$/);
      if (typeof value === "number") assert.ok(Number.isFinite(value), `${name} is ${value}`);
    }
    assert.ok(Number.isInteger(sequence) && sequence >= -1);
    assert.ok(sequence < sequenceModulus || sequence === -1, `${sequence} of ${sequenceModulus}`);
    checkRssi(rssi);
    checkTime(time);
    this.said.push({
      kind: "values",
      node,
      device,
      values: [...values],
      ...reception,
    });
  }

  property(node: string, topic: PropertyTopic, json: string) {
    checkTopic(topic);
    JSON.parse(json);
    this.said.push({ kind: "property", node, topic, json });
  }

  describe(topic: PropertyTopic) {
    checkTopic(topic);
    this.said.push({ kind: "describe", topic });
  }

  device(node: string, device: NamedDevice, model: string | undefined) {
    checkDevice(device);
    this.said.push({ kind: "device", node, device: device.name, model });
  }

  gone(device: NamedDevice) {
    checkDevice(device);
    this.said.push({ kind: "gone", device: device.name });
  }

  undescribe(topic: string) {
    this.said.push({ kind: "undescribe", topic });
  }

  availability(node: string, device: NamedDevice, online: boolean) {
    checkDevice(device);
    this.said.push({ kind: "availability", node, device: device.name, online });
  }

  malformed(node: string, text: string) {
    assert.notEqual(text, "");
    this.said.push({ kind: "malformed", node, text });
  }
}

/** A message as a node publishes it; what is no text or bytes becomes JSON. */
export type Payload = string | Uint8Array | object;

function bytesOf(payload: Payload): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  return new TextEncoder().encode(typeof payload === "string" ? payload : JSON.stringify(payload));
}

/** What a dialect makes of one message; `null` when the topic is none of its own. */
export function tell(dialect: Dialect, topic: string, payload: Payload): RecordingSink | null {
  const read = dialect.reader(topic);
  if (read === null) return null;
  const sink = new RecordingSink();
  read(bytesOf(payload), sink);
  return sink;
}

/** The same, of a topic that has to be the dialect's. */
export function told(dialect: Dialect, topic: string, payload: Payload): RecordingSink {
  const sink = tell(dialect, topic, payload);
  assert.ok(sink !== null, `${topic} is nobody's`);
  return sink;
}

/** `temperature 21.5 °C` and so on. */
export function inWords(values: readonly NamedValue[]): string[] {
  return values.map(({ name, value, unit }) => `${name} ${value} ${unit}`.trim());
}

/** Numbers from 0 to 1 that are the same at each run (mulberry32). */
export function random(seed: number): () => number {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

const SCRAPS = ['"', "{", "}", "[", "]", ",", ":", "null", "1e999", "-", "\\", "\u0000", "é", "0x"];

function mutated(bytes: Uint8Array, next: () => number): Uint8Array {
  const at = Math.floor(next() * (bytes.length + 1));
  switch (Math.floor(next() * 4)) {
    case 0: {
      const copy = bytes.slice();
      if (at < copy.length) copy[at] = Math.floor(next() * 256);
      return copy;
    }
    case 1:
      return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + next() * 20)]);
    case 2: {
      const scrap = SCRAPS[Math.floor(next() * SCRAPS.length)]!;
      const put = new TextEncoder().encode(scrap);
      return new Uint8Array([...bytes.subarray(0, at), ...put, ...bytes.subarray(at)]);
    }
    default: {
      const end = Math.floor(next() * (bytes.length + 1));
      return new Uint8Array([...bytes, ...bytes.subarray(Math.min(at, end), end)]);
    }
  }
}

/** Every prefix of each message, and `count` mutated ones: whatever comes of it is sound, nothing throws. */
export function mistreat(
  dialect: () => Dialect,
  samples: readonly (readonly [topic: string, payload: Payload])[],
  count: number,
) {
  const next = random(4);
  for (const [topic, payload] of samples) {
    const bytes = bytesOf(payload);
    const one = dialect();
    for (let length = 0; length <= bytes.length; length++) {
      tell(one, topic, bytes.subarray(0, length));
    }
  }
  const one = dialect();
  for (let i = 0; i < count; i++) {
    const [topic, payload] = samples[Math.floor(next() * samples.length)]!;
    let bytes = bytesOf(payload);
    for (let times = next() * 4; times >= 0; times--) bytes = mutated(bytes, next);
    tell(one, topic, bytes);
  }
}
