/**
 * Rounds of a store's process that is killed, and of what must be there afterwards.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Store } from "../../gateway/store/store.ts";
import { ToldBeside } from "./kill_beside.ts";
import { KEEP_ALL, StoreFolder } from "./store_fixture.ts";

/** The process lives so long after it began to append, ms. */
const LIFE_MS = 400;

/** What the processes said so far. */
interface Told {
  epoch: string | null;
  /** Ranges used, by channel, in the order in which they were. */
  used: Map<string, [from: number, to: number][]>;
  /** Numbers up to which all was on disk, by channel. */
  synced: Map<string, number>;
  /** Number of the last one that a removal took, by channel. */
  removed: Map<string, number>;
  beside: ToldBeside;
}

function take(told: Told, line: [string, string, number, number]) {
  const [kind, name, from, to] = line;
  if (told.beside.take(line)) return;
  if (kind === "epoch") {
    assert.equal(name, told.epoch ?? name, "the epoch stays");
    told.epoch = name;
  } else if (kind === "used") {
    const ranges = told.used.get(name) ?? [];
    const last = ranges.at(-1)?.[1] ?? 0;
    assert.ok(from > last, `${name}: ${from} is used though ${last} was`);
    ranges.push([from, to]);
    told.used.set(name, ranges);
  } else if (kind === "synced") told.synced.set(name, from);
  else if (kind === "removed") told.removed.set(name, told.used.get(name)!.at(-1)![1]);
  else assert.fail(`${kind} ${JSON.stringify(name)}`);
}

/** Starts the process, kills it somewhere, and takes down what it said. */
async function writeUntilKilled(dir: string, round: number, told: Told) {
  const script = new URL("./store_writer.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "-A", script, dir, `${round}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const line of readLines(child.stdout)) {
    lines.push(line);
    timer ??= setTimeout(() => child.kill("SIGKILL"), Math.random() * LIFE_MS);
  }
  clearTimeout(timer);
  for (const line of lines) take(told, JSON.parse(line));
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL");
}

async function* readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}

/** All that was on disk is there; what is not there is named. */
async function check(dir: string, told: Told) {
  const lines: string[] = [];
  const store = await Store.open({
    dataDir: dir,
    keep: KEEP_ALL,
    onState: () => {},
    log: (line) => lines.push(line),
  });
  assert.deepEqual([store.state, store.epoch, lines], [{ state: "ok" }, told.epoch, []]);
  for (const [name, ranges] of told.used) {
    const channel = store.channels.find((channel) => channel.name === name);
    const newest = channel?.seq ?? store.startOf(name);
    assert.ok(
      newest >= ranges.at(-1)![1],
      `${name} goes on at ${newest}, ${ranges.at(-1)} was used`,
    );
    const synced = told.synced.get(name) ?? 0;
    if (channel === undefined) {
      assert.ok(synced <= (told.removed.get(name) ?? 0), `${name} was synced to ${synced}`);
    } else await checkChannel(store, name, ranges, synced, newest);
  }
  await told.beside.check(store);
  await store.close();
}

async function checkChannel(
  store: Store,
  name: string,
  ranges: [number, number][],
  synced: number,
  newest: number,
) {
  const { first, gaps } = await store.range(name, 0, newest, 1);
  const held: [number, number][] = gaps.map(({ from, to }) => [from, to]);
  let last = 0;
  for await (const entries of store.rows(name, -Infinity, Infinity)) {
    for (const { seq, json, id, topic } of entries) {
      assert.ok(seq > last, `${name}: ${seq} behind ${last}`);
      assert.equal(json, `${seq}`, name);
      assert.equal(id, `id-${seq}`);
      assert.ok(topic?.startsWith(name));
      last = seq;
      if (held.at(-1)?.[1] === seq - 1) held.at(-1)![1] = seq;
      else held.push([seq, seq]);
    }
  }
  const used = ranges.filter(([, to]) => to >= first);
  const reached = used.some(([from]) => from <= synced);
  assert.ok(!reached || last >= synced, `${name}: ${last} is the last, ${synced} was synced`);
  held.sort(([a], [b]) => a - b);
  for (const [from, to] of used) {
    for (let seq = Math.max(from, first); seq <= to;) {
      const range = held.find(([low, high]) => low <= seq && seq <= high);
      assert.ok(range !== undefined, `${name}: ${seq} is neither held nor a gap`);
      seq = range[1] + 1;
    }
  }
}

/** @throws {assert.AssertionError} If a synced entry is missing, or a number was used twice. */
export async function killRounds(rounds: number): Promise<number> {
  await using folder = new StoreFolder();
  const told: Told = {
    epoch: null,
    used: new Map(),
    synced: new Map(),
    removed: new Map(),
    beside: new ToldBeside(),
  };
  for (let round = 0; round < rounds; round++) {
    await writeUntilKilled(folder.dir, round, told);
    // Now and then the next process has to cope alone with what it finds.
    if (round % 2 === 0 || round === rounds - 1) await check(folder.dir, told);
  }
  assert.ok(told.beside.turns > 0);
  return [...told.synced.values()].reduce((sum, seq) => sum + seq, 0);
}
