/** Readers of frames of traces: what ends them, what does not, and how much waits for them. */
import assert from "node:assert/strict";
import { treeQuery } from "../../gateway/http/decode_query.ts";
import { TraceFrames } from "../../gateway/http/trace_frames.ts";
import type { TraceRequest } from "../../gateway/recorder/trace_messages.ts";
import { PcapngWriter } from "../../traces/files/pcapng_writer.ts";
import { eventually } from "../support/eventually.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { test } = sideBySide();

const LIVE: TraceRequest = { mode: "live", filter: { channels: [], hops: [], nodes: [] } };
const RECENT: TraceRequest = { ...LIVE, mode: "recent" };
const STALL_MS = 400;

/** A trace that a test makes. */
class Trace {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  cancelled = false;
  /** Pieces taken. */
  taken = 0;
  readonly #writer = new PcapngWriter();
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

  /** @param onPull Gives the next piece; without it the test does. */
  constructor(onPull?: (trace: Trace) => void) {
    this.#writer.section();
    this.#writer.interface({ linkType: 147, name: "mqtt" });
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
        this.give(0);
      },
      pull: () => {
        this.taken++;
        onPull?.(this);
      },
      cancel: () => {
        this.cancelled = true;
      },
    }, { highWaterMark: 0 });
  }

  /** Packets of 100 bytes. */
  give(count: number) {
    for (let i = 0; i < count; i++) {
      const time = { seconds: 1, nanoseconds: 0 };
      this.#writer.packet({ interface: 0, time, data: new Uint8Array(100) });
    }
    this.#controller.enqueue(this.#writer.take());
  }

  end() {
    this.#controller.close();
  }

  fail(error: Error) {
    this.#controller.error(error);
  }
}

async function open(
  trace: Trace,
  rows: number,
  { mode = "paced", stallMs = 60_000 }: { mode?: "paced" | "newest"; stallMs?: number } = {},
) {
  const frames = new TraceFrames({ open: () => trace.stream }, stallMs);
  const request: TraceRequest = mode === "paced" ? LIVE : RECENT;
  const lines = await frames.open(request, treeQuery("", { choose: mode, rows }));
  assert.ok(typeof lines !== "string", "it was refused");
  return { frames, lines: lines as ReadableStream<Uint8Array<ArrayBuffer>> };
}

function textOf(lines: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return new Response(lines).text();
}

function over(frames: TraceFrames) {
  return eventually("the worker's end", () => frames.running === 0);
}

test("a quiet time ends nothing; packets after it come", async () => {
  const trace = new Trace();
  const { frames, lines } = await open(trace, 50, { stallMs: STALL_MS });
  const reader = lines.pipeThrough(new TextDecoderStream()).getReader();
  setTimeout(() => trace.give(1), 3 * STALL_MS);
  let silences = 0;
  let text = (await reader.read()).value!;
  for (; !text.includes('"frame":'); text = (await reader.read()).value!) {
    assert.match(text, /^\{"progress":\{.*\}\}\n$/);
    silences++;
  }
  assert.match(text, /"frame":\{"number":1,/);
  assert.ok(silences >= 3, `${silences} lines of progress`);
  await reader.cancel();
  await over(frames);
  assert.ok(trace.cancelled);
});

test("who takes nothing is left, also in a silence and while something passes", async () => {
  for (const everyMs of [undefined, STALL_MS / 8]) {
    const trace = new Trace();
    const { frames, lines } = await open(trace, 50, { stallMs: STALL_MS });
    const passing = everyMs && setInterval(() => !trace.cancelled && trace.give(1), everyMs);
    await over(frames);
    clearInterval(passing);
    assert.ok(trace.cancelled);
    await lines.cancel();
  }
});

test("who reads nothing of what there is is left, and little waited for him", async () => {
  const trace = new Trace((trace) => trace.give(100));
  const { frames, lines } = await open(trace, 1_000_000, { stallMs: STALL_MS });
  await over(frames);
  assert.ok(trace.cancelled);
  assert.ok(trace.taken < 200, `${trace.taken} pieces were taken`);
  await lines.cancel();
});

test("a trace that fails: what came before, and why", async () => {
  const trace = new Trace();
  const { frames, lines } = await open(trace, 50);
  trace.give(2);
  let text = "";
  for await (const part of lines.pipeThrough(new TextDecoderStream())) {
    if (text === "") trace.fail(new Error("the ring is gone"));
    text += part;
  }
  const [first, ...rest] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(first.frame.number, 1);
  const { end } = rest.at(-1)!;
  assert.deepEqual([end.kind, end.problem], ["failed", "the ring is gone"]);
  await over(frames);
});

test("newest: the rest is told before them", async () => {
  const trace = new Trace();
  const { frames, lines } = await open(trace, 3, { mode: "newest" });
  trace.give(3000);
  trace.end();
  const told = (await textOf(lines)).trimEnd().split("\n").map((line) => JSON.parse(line))
    .filter((line) => !("progress" in line));
  assert.deepEqual(told.map((line) => line.skipped ?? line.frame?.number ?? line.end.kind), [
    2997,
    2998,
    2999,
    3000,
    "complete",
  ]);
  await over(frames);
});

/** Frames whose traces a test makes, one for each reader. */
function several(turnMs?: number) {
  const traces: Trace[] = [];
  const make = () => {
    const trace = new Trace();
    traces.push(trace);
    return trace.stream;
  };
  const frames = new TraceFrames({ open: make }, 60_000, turnMs);
  const query = treeQuery("", { choose: "newest", rows: 10 });
  const ask = (signal?: AbortSignal) => frames.open(RECENT, query, signal);
  return { frames, traces, ask };
}

test("recent: one is decoded at a time, the next waits for its turn", async () => {
  const { frames, traces, ask } = several();
  const first = await ask() as ReadableStream<Uint8Array<ArrayBuffer>>;
  const gone = new AbortController();
  const [second, third, fourth] = [ask(), ask(gone.signal), ask()];
  assert.equal(await ask(), "4 traces are shown already: close one of them");
  gone.abort();
  assert.match(await third as string, /^others read what passed last/);
  assert.deepEqual([frames.running, traces.length], [1, 1]);
  traces[0]!.give(5);
  traces[0]!.end();
  assert.match(await textOf(first), /"number":5,.*\n.*"complete"/s);
  const lines = await second as ReadableStream<Uint8Array<ArrayBuffer>>;
  assert.deepEqual([frames.running, traces.length], [1, 2]);
  await lines.cancel();
  await (await fourth as ReadableStream).cancel();
  await over(frames);
  assert.equal(traces.length, 3);
});

test("recent: nobody waits for its turn for long, nor for a gateway that stops", async () => {
  const { frames, ask } = several(20);
  const first = await ask() as ReadableStream;
  assert.equal(await ask(), "others read what passed last: try again in a moment");
  await first.cancel();
  await over(frames);
  const later = several();
  const reading = await later.ask() as ReadableStream<Uint8Array<ArrayBuffer>>;
  const waiting = later.ask();
  later.frames.close();
  assert.equal(await waiting, "the gateway is stopping");
  assert.match(await textOf(reading), /the gateway is stopping/);
  await over(later.frames);
});

test("at the end of the gateway readers are told, and nobody else comes", async () => {
  const trace = new Trace();
  const { frames, lines } = await open(trace, 50);
  frames.close();
  const { end } = JSON.parse(await textOf(lines));
  assert.deepEqual([end.kind, end.problem], ["failed", "the gateway is stopping"]);
  await over(frames);
  const query = treeQuery("", { choose: "paced", rows: 1 });
  assert.equal(await frames.open(LIVE, query), "the gateway is stopping");
});
