/** Traces as streams: what the Worker is told, and how much it may send. */
import assert from "node:assert/strict";
import { makeRingMemory } from "../../gateway/recorder/ring_layout.ts";
import type { SubjectListener } from "../../gateway/recorder/recorder.ts";
import type { Subject, TraceRequest } from "../../gateway/recorder/trace_messages.ts";
import { MAX_READERS, TraceStreams } from "../../gateway/recorder/trace_streams.ts";
import { eventually } from "../support/eventually.ts";

const CREDIT = 1 << 20;
/** As `trace_worker_double.ts` sends them. */
const CHUNK_BYTES = 1 << 16;
const ATTIC: Subject = { kind: "node", id: 1, name: "attic" };
const CELLAR: Subject = { kind: "node", id: 2, name: "cellar" };

class FakeRecorder {
  readonly listeners = new Set<SubjectListener>();
  attached = 0;
  /** Whether `attach` tells all subjects at once. */
  tellsAll = true;

  attach(listener: SubjectListener) {
    this.attached++;
    this.listeners.add(listener);
    listener.subjects([ATTIC]);
    if (this.tellsAll) listener.allTold?.();
    return makeRingMemory(4096);
  }

  detach(listener: SubjectListener) {
    this.listeners.delete(listener);
  }
}

class Setup implements AsyncDisposable {
  readonly recorder = new FakeRecorder();
  readonly logged: string[] = [];
  clock = 1000;
  readonly streams: TraceStreams;

  constructor(idleMs = 60_000, script = "../support/trace_worker_double.ts") {
    this.streams = new TraceStreams({
      recorder: this.recorder,
      version: "1.2.3",
      hostname: "pi",
      log: (line) => this.logged.push(line),
      script: new URL(script, import.meta.url),
      idleMs,
      clock: () => this.clock,
    });
  }

  open(channel: string) {
    const filter = { channels: [channel], hops: [], nodes: [] };
    const stream = this.streams.open({ mode: "live", filter } satisfies TraceRequest);
    assert.ok(stream !== null, "there is room for a reader");
    return stream;
  }

  async [Symbol.asyncDispose]() {
    await this.streams.close();
  }
}

/** Reads lines of a `log` reader until one has a text in it. */
async function logUntil(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  text: string,
): Promise<string[]> {
  let log = "";
  while (!log.includes(text)) {
    const { value, done } = await reader.read();
    assert.ok(!done, `the log ended without ${text}: ${log}`);
    log += new TextDecoder().decode(value);
  }
  return log.trim().split("\n");
}

Deno.test("the Worker hears of the ring first, then of subjects, readers and the clock", async () => {
  await using setup = new Setup();
  const reader = setup.open("log").getReader();
  const first = (await logUntil(reader, '"open"')).map((line) => JSON.parse(line));
  assert.deepEqual(first.slice(0, 3), [
    {
      type: "begin",
      setting: {
        memory: { control: "shared", data: "shared" },
        version: "1.2.3",
        hostname: "pi",
        clockOffset: 1000,
      },
    },
    { type: "subjects", subjects: [ATTIC] },
    {
      type: "open",
      reader: 1,
      request: { mode: "live", filter: { channels: ["log"], hops: [], nodes: [] } },
      credit: CREDIT,
    },
  ]);
  const [listener] = setup.recorder.listeners;
  listener!.subjects([CELLAR]);
  listener!.forget([1]);
  setup.clock = 2000;
  const rest = (await logUntil(reader, '"clock"')).map((line) => JSON.parse(line));
  assert.deepEqual(rest.filter(({ type }) => type !== "credit"), [
    { type: "subjects", subjects: [CELLAR] },
    { type: "forget", ids: [1] },
    { type: "clock", clockOffset: 2000 },
  ]);
  await reader.cancel();
});

Deno.test("readers begin when the Worker knows all subjects", async () => {
  await using setup = new Setup();
  setup.recorder.tellsAll = false;
  const reader = setup.open("log").getReader();
  const [listener] = setup.recorder.listeners;
  listener!.subjects([CELLAR]);
  await setup.open("deaf").cancel();
  listener!.subjects([ATTIC]);
  listener!.allTold!();
  const log = (await logUntil(reader, '"cancel"')).map((line) => JSON.parse(line));
  assert.deepEqual(
    log.filter(({ type }) => type !== "credit").map(({ type, reader }) => [type, reader]),
    [
      ["begin", undefined],
      ["subjects", undefined],
      ["subjects", undefined],
      ["subjects", undefined],
      ["open", 1],
      ["open", 2],
      ["cancel", 2],
    ],
  );
  await reader.cancel();
});

Deno.test("a reader that takes nothing gets 1 MiB, then as much as it takes", async () => {
  await using setup = new Setup();
  const { counters } = setup.streams;
  const sent = (bytes: number) => eventually(`${bytes} bytes`, () => counters.packets === bytes);
  const reader = setup.open("flood").getReader();
  await sent(CREDIT);
  for (let taken = 1; taken <= 100; taken++) {
    const { value } = await reader.read();
    assert.equal(value!.length, CHUNK_BYTES);
    // Not a byte more may have come than this: the counter never falls.
    assert.ok(counters.packets <= CREDIT + taken * CHUNK_BYTES);
  }
  await sent(CREDIT + 100 * CHUNK_BYTES);
  assert.equal(counters.lost, 1);
  await reader.cancel();
});

Deno.test("eight read at a time; who ends makes room, and the Worker hears of it", async () => {
  await using setup = new Setup();
  const log = setup.open("log").getReader();
  const others = Array.from({ length: MAX_READERS - 1 }, () => setup.open("deaf"));
  assert.equal(setup.streams.readers, MAX_READERS);
  assert.equal(
    setup.streams.open({ mode: "recent", filter: { channels: [], hops: [], nodes: [] } }),
    null,
  );
  await others[2]!.cancel();
  assert.equal(setup.streams.readers, MAX_READERS - 1);
  await logUntil(log, '{"type":"cancel","reader":4}');
  assert.equal(setup.recorder.attached, 1, "one Worker serves all");
  await setup.open("deaf").cancel();
  await log.cancel();
});

Deno.test("the Worker stays for those who come back, and goes when nobody reads", async () => {
  await using setup = new Setup(50);
  await setup.open("deaf").cancel();
  await setup.open("deaf").cancel();
  const reader = setup.open("log").getReader();
  await logUntil(reader, '"reader":3');
  assert.equal(setup.recorder.attached, 1);
  await reader.cancel();
  await eventually("the end of the Worker", () => setup.recorder.listeners.size === 0);
  const next = setup.open("log").getReader();
  const log = await logUntil(next, '"open"');
  assert.match(log[0]!, /"begin"/);
  assert.equal(setup.recorder.attached, 2);
  await next.cancel();
});

Deno.test("a reader that is cancelled behind its end takes nothing from others", async () => {
  await using setup = new Setup(50);
  const ended = setup.open("short");
  await eventually("its end", () => setup.streams.readers === 0);
  await ended.cancel();
  const log = setup.open("log").getReader();
  const start = performance.now();
  await eventually("longer than the Worker stays", () => performance.now() - start > 200);
  const [listener] = setup.recorder.listeners;
  assert.ok(listener !== undefined, "the Worker is still there");
  listener.subjects([CELLAR]);
  await logUntil(log, "cellar");
  await log.cancel();
});

Deno.test("a Worker that fails ends its readers with the reason; the next reader has a new one", async () => {
  await using setup = new Setup();
  const deaf = setup.open("deaf").getReader();
  const crash = setup.open("crash").getReader();
  await assert.rejects(crash.read(), /the trace failed: .*crashed on purpose/);
  await assert.rejects(deaf.read(), /crashed on purpose/);
  assert.match(setup.logged.join("\n"), /^trace: .*crashed on purpose/);
  assert.equal(setup.recorder.listeners.size, 0);
  assert.equal(setup.streams.readers, 0);
  const reader = setup.open("log").getReader();
  await logUntil(reader, '"open"');
  await reader.cancel();
});

Deno.test("a Worker that cannot be loaded is said to its reader", async () => {
  await using setup = new Setup(60_000, "no_such_worker.ts");
  await assert.rejects(setup.open("log").getReader().read(), /the trace failed/);
  assert.equal(setup.recorder.listeners.size, 0);
});

Deno.test("a problem of one reader ends that one alone", async () => {
  await using setup = new Setup();
  const log = setup.open("log").getReader();
  await assert.rejects(setup.open("fail").getReader().read(), /no ring/);
  assert.deepEqual(setup.logged, ["trace: no ring"]);
  assert.equal(setup.streams.readers, 1);
  await log.cancel();
});

Deno.test("close: who can ends as it should, who cannot is cut; nobody comes any more", async () => {
  const setup = new Setup();
  const log = setup.open("log");
  const deaf = setup.open("deaf").getReader();
  const start = performance.now();
  await setup.streams.close();
  assert.ok(performance.now() - start < 1500);
  assert.ok((await new Response(log).text()).endsWith("statistics\n"));
  await assert.rejects(deaf.read(), /the gateway ended/);
  assert.deepEqual(setup.streams.counters, { packets: 3, lost: 2 });
  assert.equal(setup.recorder.listeners.size, 0);
  assert.equal(setup.streams.full, true);
  assert.equal(
    setup.streams.open({ mode: "live", filter: { channels: [], hops: [], nodes: [] } }),
    null,
  );
});
