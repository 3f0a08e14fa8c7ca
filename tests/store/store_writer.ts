/**
 * A process that appends to a store as fast as it can, until it is killed. It says on its standard
 * output, one JSON array per line, what numbers a channel uses, before it appends them
 * (`["used", channel, from, to]`), and up to which all is on disk (`["synced", channel, to]`).
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
let waiting = 0;
for (let turn = 0;; turn++) {
  for (const [name, writer] of writers) {
    say("used", name, writer.seq + 1, writer.seq + TURN);
    for (let i = 0; i < TURN; i++) writer.append(`${name}/t${i % 3}`, `${writer.seq + 1}`);
  }
  const reached = [...writers].map(([name, { seq }]) => [name, seq]);
  waiting++;
  store.synced().then((stored) => {
    waiting--;
    if (stored) { for (const [name, seq] of reached) say("synced", name, seq); }
  });
  if (turn % 20 === 19) {
    writers.get("devices/gone")!.remove();
    say("removed", "devices/gone");
    writers.set("devices/gone", new ChannelWriter(store, "devices/gone"));
  }
  while (waiting >= AHEAD) await new Promise((resolve) => setTimeout(resolve, 0));
}
