/**
 * A process that appends to a store as fast as it can, until it is killed. It says on its standard
 * output, one JSON array per line, what numbers a channel uses, before it appends them
 * (`["used", channel, from, to]`), and up to which all is on disk (`["synced", channel, to]`).
 *
 * In each turn it also puts its number under two keys of the map's space "s", one that stays and
 * one of ten that come and go, and sends five messages
 * (`["sending", from, to]` before, `["kept", keys and values, newest message, done up to]` when that
 * is on disk).
 *
 * Arguments: folder, seed.
 *
 * @module
 */
import { Store } from "../../gateway/store/store.ts";
import { ChannelWriter, KEEP_ALL } from "./store_fixture.ts";

/** Entries of one turn. */
const TURN = 50;
/** Turns that may wait for the disk. */
const AHEAD = 4;
/** Messages of one. */
const MESSAGES = 5;

const [dataDir, seed] = Deno.args as [string, string];
const encoder = new TextEncoder();

function say(...line: unknown[]) {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(line)}\n`));
}

const store = await Store.open({
  dataDir,
  keep: KEEP_ALL,
  syncMs: 1,
  onState: (state) => say("state", state),
  log: (line) => say("log", line),
  tuning: { sealBytes: 100_000, rollValues: 5000 },
});
say("epoch", store.epoch);

// One that all runs know, one of some of them, one that is new, one that is removed again.
const names = [
  "devices/all",
  `devices/some${Number(seed) % 3}`,
  `devices/new${seed}`,
  "devices/gone",
];
const writers = new Map(names.map((name) => [name, new ChannelWriter(store, name)]));
const kept = new Map<string, number>();
for await (const entries of store.entriesOf("s")) {
  for (const [key, value] of entries) kept.set(key, Number(new TextDecoder().decode(value)));
}
say("found", Object.fromEntries(kept), store.outboxAtOpen);

function put(key: string, value: number | null) {
  if (value === null) kept.delete(key);
  else kept.set(key, value);
  store.put("s", key, value === null ? null : encoder.encode(`${value}`));
}

let n = store.outboxAtOpen.last;
let done = store.outboxAtOpen.first - 1;
let waiting = 0;
for (let turn = (kept.get("turn") ?? 0) + 1;; turn++) {
  for (const [name, writer] of writers) {
    say("used", name, writer.seq + 1, writer.seq + TURN);
    for (let i = 0; i < TURN; i++) writer.append(`${name}/t${i % 3}`, `${writer.seq + 1}`);
  }
  put("turn", turn);
  put(`k${turn % 10}`, turn % 3 === 0 ? null : turn);
  say("sending", n + 1, n + MESSAGES);
  for (let i = 0; i < MESSAGES; i++) store.send(++n, turn, encoder.encode(`${turn}:${n}`));
  // What waits in the outbox becomes more, and is gone now and then.
  if (turn % 4 === 0) store.sent(done = turn % 40 === 0 ? n : Math.max(done, n - 70));
  const state = [Object.fromEntries(kept), n, done];
  const reached = [...writers].map(([name, { seq }]) => [name, seq]);
  waiting++;
  store.synced().then((stored) => {
    waiting--;
    if (!stored) return;
    for (const [name, seq] of reached) say("synced", name, seq);
    say("kept", ...state);
  });
  if (turn % 20 === 19) {
    writers.get("devices/gone")!.remove();
    say("removed", "devices/gone");
    writers.set("devices/gone", new ChannelWriter(store, "devices/gone"));
  }
  while (waiting >= AHEAD) await new Promise((resolve) => setTimeout(resolve, 0));
}
