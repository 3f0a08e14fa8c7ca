/** What is plotted of a channel: a history, then live; lines end where something is missing. */
import assert from "node:assert/strict";
import type { Update } from "../../gateway/sessions/messages.ts";
import { EventLog } from "../../web/app/channel/event_log.ts";
import { payloadText } from "../../web/app/channel/payload_text.ts";
import { onNextFrame } from "../../web/app/frame_scheduler.ts";
import { eventWords } from "../../web/app/channel/event_words.ts";
import type { History, HistorySeries } from "../../web/app/plot/fetch_history.ts";
import { PlotData } from "../../web/app/plot/plot_data.ts";

/** Deno draws no frames: what waits for one comes right after what runs now. */
globalThis.requestAnimationFrame ??= (task) => {
  queueMicrotask(() => task(0));
  return 0;
};

const LOADING = { epoch: "e", known: [], lost: [] };

/** Waits until what waits for a frame has been done. */
function shown(): Promise<void> {
  return new Promise((resolve) => onNextFrame(resolve));
}

function plotData(): PlotData {
  return new PlotData((topic) => ({
    unit: undefined,
    held: topic === "d/setpoint",
    order: topic === "d/first" ? 1 : Infinity,
  }));
}

function update(seq: number, time: number, value: unknown, topic = "d/t"): Update {
  return { seq, time, value, topic, id: String(seq) };
}

function history(seq: number, points: [number, number][], topic = "d/t"): History {
  return { channel: "d", epoch: "e", seq, series: [{ topic, points }] };
}

function points(data: PlotData, topic = "d/t") {
  const line = data.panels.value.flatMap(({ lines }) => lines.value)
    .find((each) => each.topic === topic)!;
  return Array.from({ length: line.series.length }, (_, i) => [
    line.series.time(i),
    line.series.value(i),
  ]);
}

Deno.test("updates that came while the history was asked for are in it once", () => {
  const data = plotData();
  data.expectHistory(Infinity);
  data.update(update(2, 20, 2));
  data.update(update(3, 30, 3));
  data.load(history(2, [[10, 1], [20, 2]]), LOADING);
  data.update(update(4, 40, 4));
  assert.deepEqual(points(data), [[10, 1], [20, 2], [30, 3], [40, 4]]);
});

Deno.test("a history of the past takes no updates beyond it; panels and lines stay", () => {
  const data = plotData();
  data.update(update(1, 100, 1));
  const [panel] = data.panels.value;
  data.expectHistory(50);
  data.load(history(9, [[10, 1], [20, 2]]), LOADING);
  data.update(update(10, 200, 9));
  assert.deepEqual(points(data), [[10, 1], [20, 2]]);
  assert.equal(data.panels.value[0], panel);
  data.expectHistory(Infinity);
  data.load(history(10, []), LOADING);
  data.update(update(11, 300, 3));
  assert.deepEqual(points(data), [[300, 3]]);
});

Deno.test("a gap, a loss and a silence end the line; a setting holds until the loss", () => {
  const data = plotData();
  const set = update(1, 1, 5, "d/setpoint");
  data.expectHistory(Infinity);
  const regular = Array.from({ length: 20 }, (_, i): [number, number] => [i * 1000 + 1, i]);
  data.load(history(5, [...regular, [90_000, 1], [91_000, 2]]), {
    ...LOADING,
    known: [set],
    lost: [90_500],
  });
  const breaks = points(data).filter(([, value]) => Number.isNaN(value)).map(([time]) => time);
  assert.deepEqual(breaks, [(19_001 + 90_000) / 2, 90_500.001]);
  assert.deepEqual(points(data, "d/setpoint"), [[1, 5], [90_500, 5], [90_500.001, NaN]]);
  data.update(update(6, 92_000, 3));
  data.gap({ type: "gap", channel: "d", from: 7, to: 9, reason: "history" });
  data.update(update(10, 93_000, 4));
  assert.ok(Number.isNaN(points(data).at(-2)![1]));
  data.event({
    type: "event",
    channel: "d",
    seq: 11,
    time: 93_500,
    kind: "lost",
    detail: { device: "d" },
  });
  assert.ok(Number.isNaN(points(data).at(-1)![1]));
});

Deno.test("a line comes in from before the history, a state holds, a silence does not", () => {
  const regular = Array.from({ length: 20 }, (_, i): [number, number] => [100_000 + i * 1000, i]);
  const load = (before: [number, unknown], series: Partial<HistorySeries> = {}) => {
    const data = plotData();
    data.expectHistory(Infinity);
    const all = { topic: "d/t", points: regular, before, ...series };
    data.load({ channel: "d", epoch: "e", seq: 5, series: [all] }, LOADING);
    return data;
  };
  assert.deepEqual(points(load([98_000, 7])).slice(0, 2), [[98_000, 7], [100_000, 0]]);
  assert.deepEqual(points(load([10_000, 7])).slice(0, 3), [
    [10_000, 7],
    [55_000, NaN],
    [100_000, 0],
  ]);
  const states = regular.map(([time, value]): [number, number] => [time, value % 2]);
  for (const within of [states, [], states.slice(0, 1)]) {
    const data = load([10, 1], { states: true, points: within });
    assert.deepEqual(points(data), [[10, 1], ...within]);
  }
  const word = load([10, "ON"], { points: [[5000, "OFF"]] });
  assert.deepEqual(points(word), [[10, 1], [5000, 0]]);
  assert.equal(word.panels.value[0]!.states, true);
  // A pause before the history says nothing of its interval.
  const live = load([10, 7]);
  live.update(update(6, 123_000, 1));
  assert.deepEqual(points(live).slice(-2), [[119_000, 19], [123_000, 1]]);
  live.update(update(7, 129_000, 2));
  assert.ok(Number.isNaN(points(live).at(-2)![1]));
});

function topics(data: PlotData): string[] {
  return data.panels.value.flatMap(({ lines }) => lines.value).map(({ topic }) => topic);
}

Deno.test("lines are where they are at each load; one that is new comes last", () => {
  const wanted = ["d/first", "d/t-2", "d/t-10", "d/rssi"];
  for (const arriving of [wanted, wanted.toReversed()]) {
    const data = plotData();
    data.expectHistory(Infinity);
    data.update(update(1, 10, 1, arriving[0]));
    data.load(history(1, [[9, 1]], arriving[1]), LOADING);
    assert.deepEqual(topics(data), wanted.filter((topic) => topics(data).includes(topic)));
    const before = topics(data);
    data.update(update(2, 11, 1, arriving[2]));
    data.update(update(3, 12, 1, arriving[3]));
    assert.deepEqual(topics(data), [...before, arriving[2], arriving[3]]);
    const again = plotData();
    again.expectHistory(Infinity);
    for (const topic of arriving) again.update(update(1, 10, 1, topic));
    again.load(history(1, []), LOADING);
    assert.deepEqual(topics(again), wanted);
  }
});

Deno.test("panels are in the order of their lines, states last", () => {
  const data = plotData();
  data.expectHistory(Infinity);
  const unit = (topic: string, unit: string, value: unknown) =>
    data.update({ ...update(1, 10, value, topic), unit });
  unit("d/rssi", "dBm", -60);
  unit("d/lamp", "", true);
  unit("d/humidity", "%", 40);
  unit("d/first", "V", 3);
  data.load(history(1, []), LOADING);
  assert.deepEqual(topics(data), ["d/first", "d/humidity", "d/rssi", "d/lamp"]);
});

Deno.test("another epoch breaks no line; what was left out is in the history", () => {
  const data = plotData();
  data.expectHistory(Infinity);
  data.load(history(5, [[10, 1], [20, 2]]), LOADING);
  const gap = { type: "gap", channel: "d", from: 6, to: 9 } as const;
  data.gap({ ...gap, reason: "epoch" });
  data.update(update(1, 30, 3));
  assert.deepEqual(points(data), [[10, 1], [20, 2], [30, 3]]);
  assert.equal(data.missed.value, 0);
  data.gap({ ...gap, reason: "slow" });
  assert.equal(data.missed.value, 1);
  assert.ok(Number.isNaN(points(data).at(-1)![1]), "until it is loaded");
  data.expectHistory(Infinity);
  data.load(history(9, [[10, 1], [20, 2], [30, 3], [40, 4]]), LOADING);
  assert.deepEqual(points(data), [[10, 1], [20, 2], [30, 3], [40, 4]]);
});

Deno.test("payloads are shown as they came, bytes in hex", () => {
  assert.equal(payloadText({ base64: btoa("\x00\x7f\xff") }), "00 7f ff");
  assert.match(payloadText({ base64: btoa("a".repeat(100)) }), /^61 61 .*… 100 bytes$/);
  assert.equal(payloadText({ base64: "%" }), '{"base64":"%"}');
  assert.equal(payloadText("on"), "on");
  assert.equal(payloadText({ value: 7, unit: "V" }), '{"value":7,"unit":"V"}');
  assert.equal(payloadText("x".repeat(400)).length, 301);
});

Deno.test("events in words", () => {
  const words = (kind: string, detail: unknown) => {
    const { what, details } = eventWords(
      { seq: 1, time: 1, kind, detail },
      "desk",
      (member) => member === "me",
    );
    return `${what} | ${details}`;
  };
  assert.equal(words("join", { member: "me", role: "admin" }), "Came to watch | this page");
  assert.equal(
    words("leave", { member: "a1", role: "viewer", reason: "closed" }),
    "Left | viewer a1: closed",
  );
  assert.equal(
    words("lost", { device: "desk", reason: "last will" }),
    "desk lost: last will | the broker published its last will",
  );
  assert.equal(
    words("security", { finding: "replay", detail: "counter 7" }),
    "Security | replay: counter 7",
  );
  assert.equal(words("command", { member: "b2", topic: "devices/desk/lamp" }), "Set lamp | b2");
  assert.equal(
    words("more: beacon", { node: "attic", leftOut: 12 }),
    '12 more of "beacon" | attic',
  );
  assert.equal(words("whatever", { a: 1 }), 'whatever | {"a":1}');
});

Deno.test("events are kept once each, over a restart of the gateway, newest first", async () => {
  const log = new EventLog("desk");
  const join = (seq: number, time: number) => ({
    seq,
    time,
    kind: "join",
    detail: { member: "a" },
  });
  log.event(join(2, 20));
  log.event(join(1, 10));
  log.event(join(2, 20));
  log.event({ seq: 1, time: 30, kind: "lost", detail: { device: "desk" } });
  log.event({ seq: 3, time: 40, kind: "lost", detail: { device: "other" } });
  await shown();
  assert.deepEqual(log.events.value.map(({ time }) => time), [40, 30, 20, 10]);
  assert.deepEqual(log.lost(), [30]);
  const finding = update(9, 50, { finding: "replay" }, "edgewire/v1/readings/desk/security");
  log.update(finding);
  log.update({ time: 50, topic: finding.topic, value: finding.value });
  await shown();
  assert.equal(log.events.value.filter(({ kind }) => kind === "security").length, 1, "once");
  log.update(update(10, 60, 1, "edgewire/v1/readings/desk/temperature"));
  for (let i = 0; i < 500; i++) log.event(join(100 + i, 100 + i));
  await shown();
  assert.equal(log.events.value.length, 200);
  assert.equal(log.events.value[0]?.time, 599);
});
