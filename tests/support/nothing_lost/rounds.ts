/**
 * Rounds of `kill -9` at random moments, and the proof that nothing was lost: a short run is in the
 * suite, a long one among the soak tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Cloud } from "../../uplink/cloud.ts";
import { eventually } from "../eventually.ts";
import { Mosquitto } from "../mosquitto.ts";
import { logsOf, startVerify, verifiedBy } from "../verified.ts";
import { CHANNELS, House } from "./house.ts";
import { ToldCheck } from "./told.ts";

export interface RoundsOptions {
  rounds: number;
  /** Messages per second. @default 1000 */
  rate?: number;
  /** Each process that dies in a round does so within this time, ms. @default 2500 */
  roundMs?: number;
}

/** Figures for who reads the log. */
export type Figures = Record<string, unknown>;

/** Of what the cloud got. */
class Received {
  readonly numbers = new Set<number>();
  /** Values by channel and number. */
  readonly values = new Map<string, Map<number, string>>();
  readonly temperatures = new Map<string, number>();
  readonly changed: string[] = [];
  readonly epochs = new Set<string>();

  take(topic: string, channel: string, epoch: string, seq: number, text: string) {
    this.epochs.add(epoch);
    let values = this.values.get(channel);
    if (values === undefined) this.values.set(channel, values = new Map());
    const known = values.get(seq);
    if (known !== undefined && known !== text) this.changed.push(`${channel} ${seq}`);
    else if (known === undefined && topic.endsWith("/temperature")) {
      const key = `${channel} ${text}`;
      this.temperatures.set(key, (this.temperatures.get(key) ?? 0) + 1);
    }
    values.set(seq, text);
    if (CHANNELS.includes(channel)) this.numbers.add(Number(text));
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One round: who is chosen dies at a moment of its own, and begins anew; in the first it is all of them. */
async function round(house: House, number: number, roundMs: number) {
  const { gateway, publisher, watcher, node } = house;
  const chances = new Map([[gateway, 0.8], [publisher, 0.4], [watcher, 0.4], [node, 0.15]]);
  const chosen = [...chances].filter(([, chance]) => number === 0 || Math.random() < chance);
  if (chosen.length === 0) chosen.push([gateway, 1]);
  await Promise.all(chosen.map(async ([victim]) => {
    await sleep(Math.random() * roundMs);
    await victim.kill();
    victim.begin();
  }));
}

/** Of the messages: each that was acknowledged is there, in its channel. */
async function checkMessages(house: House, told: ToldCheck, received: Received): Promise<Figures> {
  const times = new Map<number, number>();
  let notOnDisk = 0;
  for (const [index, channel] of CHANNELS.entries()) {
    const rows = new Map<number, string>();
    let last = 0;
    for await (const [seq, , value] of house.rows(channel)) {
      assert.ok(seq > last, `${channel}: ${seq} behind ${last}`);
      last = seq;
      const number = Number(value);
      assert.equal(number % CHANNELS.length, index);
      times.set(number, (times.get(number) ?? 0) + 1);
      rows.set(seq, value);
    }
    for (const who of ["page", "plain"] as const) assert.equal(told.lastOf(who, channel), last);
    for (const [seq, value] of told.values.get(channel) ?? []) {
      if (value === null) continue;
      const stored = rows.get(seq);
      if (stored === undefined) notOnDisk++;
      else assert.equal(Number(stored), value, `${channel} ${seq}, as a browser was told`);
    }
    for (const [seq, value] of received.values.get(channel) ?? []) {
      assert.equal(rows.get(seq), value, `${channel} ${seq}, as the cloud was told`);
    }
  }
  const lost = [];
  for (let number = 1; number <= house.acknowledged; number++) {
    if (!times.has(number)) lost.push(number);
  }
  assert.deepEqual(lost.slice(0, 20), [], `${lost.length} acknowledged messages are not stored`);
  const away = Array.from(times.keys()).filter((number) => !received.numbers.has(number));
  assert.deepEqual(away.slice(0, 20), [], `${away.length} messages are not at the cloud`);
  const again = [...times.values()].reduce((sum, count) => sum + count - 1, 0);
  return { acknowledged: house.acknowledged, stored: times.size, again, notOnDisk };
}

/** Of radio batches: each that was acknowledged is there once, the others at most once. */
async function checkBatches(house: House, received: Received): Promise<Figures> {
  let acknowledged = 0;
  let stored = 0;
  for (const [index, batches] of house.batches.entries()) {
    acknowledged += batches.size;
    const channel = `CDD4FA527A${(index + 1).toString(16).toUpperCase().padStart(2, "0")}`;
    const times = new Map<number, number>();
    if (batches.size > 0) {
      for await (const [, topic, value] of house.rows(channel)) {
        if (!topic.endsWith("/temperature")) continue;
        const batch = Math.round(Number(value) * 200);
        times.set(batch, (times.get(batch) ?? 0) + 1);
        const atCloud = received.temperatures.get(`${channel} ${value}`);
        assert.equal(atCloud, 1, `${channel}: batch ${batch} at the cloud`);
      }
    }
    stored += times.size;
    const twice = [...times].filter(([, count]) => count > 1);
    assert.deepEqual(twice, [], `${channel}: batches that stand twice`);
    const lost = Array.from(batches).filter((batch) => !times.has(batch));
    assert.deepEqual(lost, [], `${channel}: acknowledged batches that are not stored`);
  }
  return { lives: house.batches.length, acknowledged, stored };
}

/** What the browsers wrote down. */
function readTold(house: House): ToldCheck {
  const told = new ToldCheck();
  for (const line of Deno.readTextFileSync(house.toldPath).split("\n").slice(0, -1)) {
    told.take(JSON.parse(line));
  }
  return told;
}

/** Settles when both browsers were told all of each channel. */
async function watched(house: House): Promise<ToldCheck> {
  const newest = new Map<string, number>();
  for (const channel of CHANNELS) {
    for await (const [seq] of house.rows(channel)) newest.set(channel, seq);
  }
  let late: string[] = [];
  try {
    return await eventually("the browsers", () => {
      const told = readTold(house);
      late = CHANNELS.flatMap((channel) =>
        (["page", "plain"] as const)
          .filter((who) => told.lastOf(who, channel) < newest.get(channel)!)
          .map((who) => `${who} ${channel}: ${told.lastOf(who, channel)} of ${newest.get(channel)}`)
      );
      return late.length === 0 && told;
    });
  } catch (error) {
    const said = house.watcher.lines.slice(-20);
    throw new Error([(error as Error).message, ...late, ...said].join("\n"));
  }
}

/**
 * Kills gateway, publisher, browsers and node, and proves that nothing was lost.
 *
 * @returns figures.
 * @throws {assert.AssertionError} If something was.
 */
export async function nothingLost(
  { rounds, rate = 1000, roundMs = 2500 }: RoundsOptions,
): Promise<Figures> {
  await using broker = await Mosquitto.start({ maxInflight: 0, config: ["max_queued_messages 0"] });
  const received = new Received();
  await using cloud = await Cloud.connect(broker.url, {
    keep: false,
    onArrived: ({ topic, channel, epoch, seq, text }) =>
      received.take(topic, channel, epoch, seq, text),
  });
  await using verifying = startVerify(["--from", broker.url, "--format", "json"]);
  await verifying.waitForLine(/listening/);
  await using house = new House({ cloud: broker.url, rate });
  await house.begin();
  for (let n = 0; n < rounds; n++) await round(house, n, roundMs);
  await house.calm();
  await house.settle();
  await eventually("the cloud's own log", async () => {
    const before = cloud.count;
    await sleep(200);
    return before === cloud.count;
  });
  const told = await watched(house);
  await house.watcher.end();
  assert.deepEqual(told.faults, []);
  assert.deepEqual([told.epochs.size, received.epochs], [1, told.epochs], "the epoch stays");
  assert.deepEqual([received.changed, cloud.missing, cloud.dropped], [[], [], []]);
  const messages = await checkMessages(house, told, received);
  const batches = await checkBatches(house, received);
  verifying.kill("SIGINT");
  const logs = logsOf(await verifiedBy(verifying));
  assert.ok(logs.length >= CHANNELS.length);
  for (const { channel, missing, gaps, reordered } of logs) {
    assert.deepEqual([missing, gaps, reordered], [0, [], 0], `verify says so of ${channel}`);
  }
  const sum = (key: "messages" | "duplicates" | "resent") =>
    logs.reduce((sum, log) => sum + log[key], 0);
  const { gateway, publisher, watcher, node } = house;
  const kills = Object.entries({ gateway, publisher, watcher, node });
  return {
    kills: Object.fromEntries(kills.map(([name, { kills }]) => [name, kills])),
    messages,
    batches,
    told: { messages: told.messages, connections: told.connections, gaps: told.gaps },
    verify: {
      messages: sum("messages"),
      duplicates: sum("duplicates"),
      resent: sum("resent"),
    },
  };
}
