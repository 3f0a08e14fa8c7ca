/** What the page makes of nodes and devices before it draws them. */
import assert from "node:assert/strict";
import type { Cause, ReadingInfo } from "../../gateway/nodes/answers.ts";
import type { Update } from "../../gateway/sessions/messages.ts";
import { ChannelModel } from "../../web/app/channel_model.ts";
import {
  byteRange,
  factorText,
  readingAt,
  readingValue,
  splitHex,
} from "../../web/app/device/packet_bytes.ts";
import {
  causeWords,
  eventLiveness,
  latestLiveness,
  stateWord,
} from "../../web/app/nodes/liveness_words.ts";
import { formatRssi, inOrder } from "../../web/app/nodes/receivers.ts";
import { PlotData } from "../../web/app/plot/plot_data.ts";
import { channelHref, parseRoute } from "../../web/app/router.ts";
import { findingText } from "../../web/app/values/finding_text.ts";
import { formatAgo } from "../../web/app/values/format_age.ts";
import { formatDuration } from "../../web/app/values/format_duration.ts";
import { formatShare } from "../../web/app/values/format_share.ts";
import { formatValue } from "../../web/app/values/format_value.ts";
import { isDiagnostic, isPacketCounter } from "../../web/app/values/is_diagnostic.ts";
import { topicLabel } from "../../web/app/values/topic_label.ts";

/** Deno draws no frames: what waits for one comes right after what runs now. */
globalThis.requestAnimationFrame ??= (task) => {
  queueMicrotask(() => task(0));
  return 0;
};

function reading(given: Partial<ReadingInfo>): ReadingInfo {
  return {
    name: "temperature",
    value: 24.3,
    unit: "°C",
    offset: 8,
    length: 2,
    raw: 4860,
    factor: 0.005,
    addend: 0,
    rule: "",
    ...given,
  };
}

Deno.test("the state is a word or two, with its cause in a sentence", () => {
  assert.equal(stateWord({ state: "online", since: 0 }), "online");
  assert.equal(stateWord({ state: "late", since: 0 }), "late");
  assert.equal(stateWord({ state: "lost", reason: "last will", since: 0 }), "lost: last will");
  assert.equal(causeWords({ state: "online", since: 0 }), "");
  assert.match(causeWords({ state: "late", since: 0, detail: "21 s" }), /than usual \(21 s\)$/);
  assert.match(causeWords({ state: "lost", reason: "radio deaf", since: 0 }), /no radio frames/);
  const silent = {
    state: "lost",
    reason: "silent",
    since: 0,
    detail: "not heard for 9 s",
  } as const;
  assert.equal(causeWords(silent), "not heard for 9 s");
  const closed = { state: "lost", reason: "session closed", since: 0, detail: "timeout" } as const;
  assert.match(causeWords(closed), /^its MQTT session ended .*\(timeout\)$/);
  assert.equal(stateWord({ state: "late", reason: "node hung", since: 0 }), "late");
  const unknown = "struck by lightning" as Cause;
  assert.equal(causeWords({ state: "lost", reason: unknown, since: 0 }), "struck by lightning");
});

Deno.test("an event tells of the device of the channel's name only", () => {
  const event = (kind: string, detail: unknown) => eventLiveness("hall", { kind, time: 5, detail });
  assert.deepEqual(event("lost", { device: "hall", reason: "silent", detail: "12 s" }), {
    state: "lost",
    since: 5,
    reason: "silent",
    detail: "12 s",
  });
  assert.deepEqual(event("online", { node: "hall" }), { state: "online", since: 5 });
  assert.equal(event("lost", { device: "cellar", node: "hall" }), undefined);
  assert.equal(event("joined", { device: "hall" }), undefined);
  for (const detail of [null, "hall", 7, undefined]) assert.equal(event("lost", detail), undefined);
});

Deno.test("of an answer and an event the later one counts", () => {
  const answer = { state: "late", since: 100 } as const;
  const event = { state: "online", since: 150 } as const;
  assert.equal(latestLiveness(answer, event), event);
  assert.equal(latestLiveness({ ...answer, since: 200 }, event)?.state, "late");
  assert.equal(latestLiveness(undefined, event), event);
  assert.equal(latestLiveness(undefined, undefined), undefined);
});

Deno.test("a channel keeps what its events said last", () => {
  const model = new ChannelModel("hall");
  const event = (kind: string, detail: unknown) =>
    model.receive({ type: "event", channel: "hall", seq: 1, time: 7, kind, detail });
  event("late", { device: "hall" });
  event("online", { device: "cellar" });
  assert.equal(model.alive.value?.state, "late");
});

Deno.test("bytes of a reading: which they are, and which reading a byte belongs to", () => {
  assert.deepEqual(splitHex("0201061BFF9"), ["02", "01", "06", "1b", "ff"]);
  assert.deepEqual(splitHex(""), []);
  assert.equal(byteRange(reading({})), "8–9");
  assert.equal(byteRange(reading({ length: 1 })), "8");
  assert.equal(byteRange(reading({ offset: -1, length: 0 })), "");
  const whole = reading({ name: "all", offset: 0, length: 20 });
  const part = reading({});
  assert.equal(readingAt([whole, part], 9), part);
  assert.equal(readingAt([part, whole], 10), whole);
  assert.equal(readingAt([part], 10), undefined);
});

Deno.test("value, unit, factor and addend in words", () => {
  assert.equal(readingValue(reading({})), "24.3 °C");
  assert.equal(readingValue(reading({ value: true, unit: "" })), "true");
  assert.equal(readingValue(reading({ value: null })), "not available");
  assert.equal(factorText(reading({})), "× 0.005");
  assert.equal(factorText(reading({ factor: 2, addend: -40 })), "× 2 − 40");
  assert.equal(factorText(reading({ factor: 1, addend: 50000 })), "+ 50000");
  assert.equal(factorText(reading({ factor: 1 })), "");
  assert.equal(factorText(reading({ raw: "cbb8" })), "");
});

Deno.test("shares do not claim all or nothing when it is not quite so", () => {
  assert.deepEqual([0, 0.001, 0.5, 0.999, 1].map(formatShare), [
    "0 %",
    "< 1 %",
    "50 %",
    "> 99 %",
    "100 %",
  ]);
});

Deno.test("durations, ages and signal strength for people", () => {
  assert.deepEqual([0.1, 1.285, 8.995, 61, 600, 90_000].map(formatDuration), [
    "0.1 s",
    "1.3 s",
    "9 s",
    "61 s",
    "10 min",
    "25 h",
  ]);
  assert.deepEqual([0, 12_000].map(formatAgo), ["just now", "12 s ago"]);
  assert.deepEqual([-67, -66.4, undefined].map(formatRssi), ["−67 dBm", "−66 dBm", "–"]);
  const receiver = (node: string) => ({ node, heard: 1, share: 1, lastSeen: 0 });
  assert.deepEqual(inOrder([receiver("west"), receiver("east")]).map(({ node }) => node), [
    "east",
    "west",
  ]);
});

Deno.test("a security finding reads as a sentence, wrapped or not", () => {
  const finding = { finding: "replayed counter", detail: "counter 5 after 7", counter: 5 };
  assert.equal(findingText(finding), "replayed counter: counter 5 after 7");
  assert.equal(findingText({ value: finding, time: 1 }), "replayed counter: counter 5 after 7");
  assert.equal(findingText({ finding: "downgrade" }), "downgrade");
  assert.equal(formatValue(finding), "replayed counter: counter 5 after 7");
  for (const other of [7, "finding", null, { finding: 7 }, undefined]) {
    assert.equal(findingText(other), undefined);
  }
});

Deno.test("decoded and Zigbee2MQTT topics are labelled by their last part", () => {
  assert.equal(topicLabel("edgewire/v1/readings/hall/temperature", "hall"), "temperature");
  assert.equal(topicLabel("zigbee2mqtt/lamp/brightness", "lamp"), "brightness");
  assert.equal(topicLabel("zigbee2mqtt/attic/lamp/brightness", "attic/lamp"), "brightness");
  assert.equal(topicLabel("edgewire/v1/readings/edgewire/rssi", "edgewire"), "rssi");
  assert.equal(topicLabel("devices/devices/x", "devices"), "x");
  assert.equal(topicLabel("devices/hallway/x", "hall"), "devices/hallway/x");
});

Deno.test("what tells of the radio comes after what is measured", async () => {
  for (const name of ["rssi", "packet_id", "tx_power", "local_name", "flags", "sequence"]) {
    assert.equal(isDiagnostic(`edgewire/v1/readings/hall/${name}`), true, name);
  }
  assert.equal(isDiagnostic("edgewire/v1/readings/hall/humidity"), false);
  assert.equal(isPacketCounter("edgewire/v1/readings/hall/packet_id"), true);
  assert.equal(isPacketCounter("devices/line/sequence"), false, "somebody else's value");

  const model = new ChannelModel("hall");
  const values = ["flags", "humidity", "packet_id", "rssi", "temperature"].map((name, seq) => ({
    topic: `edgewire/v1/readings/hall/${name}`,
    value: 1,
    seq,
    time: 1,
    id: String(seq),
  }));
  model.receive({ type: "snapshot", channel: "hall", epoch: "e", seq: 5, values });
  model.receive({
    type: "describe",
    channel: "hall",
    topics: [{ topic: "edgewire/v1/readings/hall/rssi", unit: "dBm" }],
  });
  const names = await shownTopics(model, values.length);
  assert.deepEqual(names, ["humidity", "temperature", "rssi", "flags", "packet_id"]);
});

/** Labels of a channel's topics, once there are so many. */
async function shownTopics(model: ChannelModel, count: number): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const leave = model.topics.subscribe((topics) => topics.length === count && resolve());
  await promise;
  leave();
  return model.topics.value.map(({ topic }) => topicLabel(topic, model.name));
}

Deno.test("counters of packets are not plotted, other values are", () => {
  const plot = new PlotData(() => undefined);
  const update = (topic: string, unit: string): Update => ({
    topic,
    unit,
    value: 1,
    seq: 1,
    time: 1,
    id: "1",
  });
  plot.update(update("edgewire/v1/readings/hall/packet_id", ""));
  plot.update(update("edgewire/v1/readings/hall/temperature", "°C"));
  assert.deepEqual(plot.panels.value.map(({ unit }) => unit), ["°C"]);
});

Deno.test("the address names the view of nodes", () => {
  const place = (hash: string) => {
    const { query: _, ...rest } = parseRoute(hash);
    return rest;
  };
  assert.deepEqual(place("#/nodes"), { view: "nodes" });
  assert.deepEqual(place(channelHref("nodes")), { view: "channel", name: "nodes" });
  assert.deepEqual(place(channelHref("a/b?c", { from: "1" })), { view: "channel", name: "a/b?c" });
  assert.equal(parseRoute(channelHref("a/b?c", { from: "1" })).query.get("from"), "1");
});
