/** Batches that a node sends again to the next run of the gateway. */
import assert from "node:assert/strict";
import type { Nodes } from "../../../gateway/nodes/nodes.ts";
import { BatchMemory, type BatchStore } from "../../../gateway/nodes/radio/batch_memory.ts";
import { Batches } from "../../../gateway/nodes/radio/batches.ts";
import { loadRadioIntake } from "../../../gateway/nodes/radio/radio_loader.ts";
import { Rooms } from "../../../gateway/rooms/rooms.ts";
import { Rules } from "../../../gateway/rooms/rules.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { noTaps } from "../../../gateway/taps.ts";
import { config } from "../../sessions/fake_client.ts";
import { StoreFolder } from "../../store/store_fixture.ts";
import { advertisingReport, RadioSource, RUUVI_DEVICE, RUUVI_EVENT } from "../../support/radio.ts";
import { hearingNodes } from "../hearing_nodes.ts";

await loadRadioIntake();

const FRAME = Uint8Array.fromHex(RUUVI_EVENT);
const STRANGER = advertisingReport("6A1122334455", "02011a0aff4c001005411c0c8f21");

/** One run of the gateway's rooms and nodes. */
class Run implements Disposable {
  readonly rooms: Rooms;
  readonly nodes: Nodes;

  private constructor(store: Store | null) {
    const settings = config();
    this.rooms = new Rooms(settings, new Rules([], []), () => {}, noTaps, store);
    this.nodes = hearingNodes(this.rooms, { config: settings, log: (line) => assert.fail(line) });
  }

  static async begin(store: Store | null, memory: BatchStore | null = store): Promise<Run> {
    const run = new Run(store);
    await run.nodes.restore(memory);
    return run;
  }

  publish(topic: string, payload: Uint8Array) {
    this.rooms.take({ topic, payload, qos: 1, replayed: false, own: false });
  }

  /** What the device's room took in this run. */
  get temperatures(): number {
    const room = this.rooms.get(RUUVI_DEVICE);
    return [...room?.history.after(0) ?? []]
      .filter(({ topic }) => topic?.topic.endsWith("/temperature")).length;
  }

  [Symbol.dispose]() {
    this.nodes.close();
    this.rooms.close();
  }
}

/** A frame of a later measurement. */
function later(n: number): Uint8Array {
  const frame = FRAME.slice();
  frame[38]! += n;
  return frame;
}

Deno.test("a batch that is sent again after a restart makes no updates again", async () => {
  await using folder = new StoreFolder();
  const attic = new RadioSource("attic", 77);
  const [first, second, third] = [0, 1, 2].map((n) => attic.events(later(n)));
  {
    const store = await folder.open();
    using run = await Run.begin(store);
    run.publish(attic.topic, first!);
    run.publish(attic.topic, second!);
    assert.equal(run.temperatures, 2);
    await store.close();
  }
  const store = await folder.open();
  using run = await Run.begin(store);
  run.publish(attic.topic, second!);
  run.publish(attic.topic, first!);
  assert.equal(run.temperatures, 0);
  run.publish(attic.topic, third!);
  assert.equal(run.temperatures, 1);
  const [node] = run.nodes.answer().nodes;
  assert.deepEqual(
    [node!.batchesRepeated, node!.batchesMissed, node!.reboots, node!.frames],
    [2, 0, 0, 1],
  );
  // Another boot may use the same numbers.
  const rebooted = new RadioSource("attic", 78);
  run.publish(rebooted.topic, rebooted.events(later(3)));
  assert.equal(run.temperatures, 2);
  await store.close();
});

/** Takes note of when what was put, and of nothing else. */
class Notes implements BatchStore {
  readonly state = { state: "ok" as const };
  readonly values = new Map<string, Uint8Array>();
  puts = 0;

  put(_space: string, key: string, value: Uint8Array | null) {
    this.puts++;
    if (value === null) this.values.delete(key);
    else this.values.set(key, value);
  }

  async *entriesOf(): AsyncGenerator<[string, Uint8Array][]> {
    yield [...this.values];
  }
}

Deno.test("it is kept in the turn in which updates are made, and not for strangers alone", async () => {
  const notes = new Notes();
  using run = await Run.begin(null, notes);
  const attic = new RadioSource("attic");
  run.publish(attic.topic, attic.events(STRANGER));
  assert.equal(notes.puts, 0);
  const batch = attic.events(STRANGER, FRAME);
  run.publish(attic.topic, batch);
  assert.equal(notes.puts, 1);
  run.publish(attic.topic, batch);
  assert.equal(notes.puts, 1, "it came before");
  // Heard by another node: no news, but news if it came again to a run that remembers no device.
  const cellar = new RadioSource("cellar");
  run.publish(cellar.topic, cellar.events(FRAME));
  assert.deepEqual([...notes.values.keys()], ["attic", "cellar"]);
  run.publish("edgewire/v1/cellar/status", new TextEncoder().encode('{"state":"online"}'));
  run.publish("edgewire/v1/cellar/status", new Uint8Array());
  assert.deepEqual([...notes.values.keys()], ["attic"], "a node that is forgotten");
});

Deno.test("so many nodes are remembered, and no more", async () => {
  const notes = new Notes();
  const batches = new Batches();
  batches.take(1, 1);
  const memory = new BatchMemory(notes);
  for (let i = 0; i < 5; i++) memory.put({ name: `node-${i}`, batches });
  const later = await BatchMemory.open(notes, assert.fail, 3);
  assert.equal(notes.values.size, 3);
  const [known, unknown] = [new Batches(), new Batches()];
  later.restore({ name: "node-2", batches: known });
  later.restore({ name: "node-3", batches: unknown });
  assert.deepEqual([known.take(1, 1), unknown.take(1, 1)], ["repeated", "first"]);
});

Deno.test("a database that cannot be read is said, and batches are taken", async () => {
  const said: string[] = [];
  const broken: BatchStore = {
    state: { state: "ok" },
    put: () => {},
    // deno-lint-ignore require-yield
    async *entriesOf() {
      throw new Error("disk I/O error");
    },
  };
  const memory = await BatchMemory.open(broken, (line) => said.push(line));
  const batches = new Batches();
  memory.restore({ name: "attic", batches });
  assert.equal(batches.take(1, 1), "first");
  assert.deepEqual(said, ["nodes: which radio batches came cannot be read: disk I/O error"]);
});
