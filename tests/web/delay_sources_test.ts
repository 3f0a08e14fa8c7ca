/** How the delay view tells which message is which, and which did not come. */
import assert from "node:assert/strict";
import type { Update } from "../../gateway/sessions/messages.ts";
import { payloadToJson } from "../../gateway/rooms/payload.ts";
import { pollTimes } from "../../web/app/delay/channel_poll.ts";
import { DelaySamples } from "../../web/app/delay/delay_samples.ts";
import { GRACE } from "../../web/app/delay/delay_source.ts";
import { NumberLedger } from "../../web/app/delay/number_ledger.ts";
import { payloadKey, valueKey } from "../../web/app/delay/payload_key.ts";
import { PingSource } from "../../web/app/delay/ping_source.ts";
import { TopicSource } from "../../web/app/delay/topic_source.ts";
import { delayChoice } from "../../web/app/delay/run_form.tsx";

const bytes = (text: string) => new TextEncoder().encode(text);

function allSamples() {
  const make = () => new DelaySamples();
  return { mqtt: make(), relay: make(), room: make(), poll: make() };
}

function update(value: unknown, time = 0, id = "e-1"): Update {
  return { seq: 1, time, topic: "t", value, id };
}

Deno.test("a ledger counts each number once, and what a later one overtook as lost", () => {
  const ledger = new NumberLedger();
  assert.equal(ledger.lost(0), 0);
  for (const number of [0, 1, 3]) assert.equal(ledger.take(number), true);
  assert.equal(ledger.take(1), false, "a duplicate");
  assert.equal(ledger.lost(0), 1);
  assert.equal(ledger.lost(10), 7);
  assert.equal(ledger.take(2), true, "it was only late");
  assert.equal(ledger.lost(0), 0);
  assert.equal(ledger.take(1_000_000), true);
  assert.equal(ledger.lost(0), 999_996);
  assert.equal(ledger.received, 5);
});

Deno.test("a payload has the same key as bytes and as the room's value", () => {
  const long = JSON.stringify({ text: "x".repeat(300) });
  const texts = ["21.50", ' {"a": [1, null]}', "word", "", '"quoted"', "-0", "1e400", long, "é€😀"];
  const payloads = [...texts.map(bytes), ...[1, 2, 3, 4].map((n) => new Uint8Array(n).fill(0xff))];
  for (const payload of payloads) {
    const value = JSON.parse(payloadToJson(payload));
    assert.equal(payloadKey(payload), valueKey(value), JSON.stringify(value).slice(0, 40));
  }
  assert.notEqual(payloadKey(bytes("1")), payloadKey(bytes("2")));
  assert.ok(payloadKey(bytes(long)).length < 250);
});

Deno.test("pings: one clock, others' pings are not ours, loss by number after its time", () => {
  const samples = allSamples();
  const source = new PingSource("mine", samples, 1000);
  source.message("mqtt", bytes(source.trial(90)), 95);
  assert.deepEqual([...source.tried], ["mqtt"]);
  const sent = [100, 200, 300, 400].map((at) => source.next(at));
  assert.equal(source.expected, 4);
  source.message("mqtt", bytes(sent[0]!), 101.5);
  source.message("mqtt", bytes(sent[0]!), 109);
  source.message("mqtt", bytes(new PingSource("theirs", samples, 1000).next(100)), 110);
  for (const odd of ["", "null", "5", '{"run":"mine"}', '{"run":"mine","n":99,"t":1}']) {
    source.message("mqtt", bytes(odd), 120);
    source.message("relay", bytes(odd), 120);
  }
  source.message("mqtt", bytes(sent[2]!), 304);
  source.message("relay", bytes(`{"timestamp":5,"message":${sent[0]}}`), 103);
  source.update(update(JSON.parse(sent[1]!)), 207);
  source.polled(update(JSON.parse(sent[3]!)), 500);
  source.polled(update(JSON.parse(sent[3]!)), 1500);
  const delays = Object.values(samples).map((each) => [...each.all()].map(([n, , d]) => [n, d]));
  assert.deepEqual(delays, [[[0, 1.5], [2, 4]], [[0, 3]], [[1, 7]], [[3, 100]]]);
  const lost = (now: number, final = false) =>
    (["mqtt", "relay", "room", "poll"] as const).map((way) => source.lost(way, now, final).count);
  assert.deepEqual(lost(500), [1, 0, 1, 3], "what was overtaken; polling saw the last one");
  assert.deepEqual(lost(400 + GRACE + 1), [2, 3, 3, 3]);
  assert.deepEqual(lost(500, true), [2, 3, 3, 3], "at the end nothing is waited for");
  source.update(update(JSON.parse(sent[0]!)), 9000);
  source.update(update(JSON.parse(sent[2]!)), 9001);
  assert.deepEqual(lost(9002), [2, 3, 1, 3], "what the room brings after a break was late");
});

Deno.test("polling is in step with no sender: once in each period, at any moment of it", () => {
  let now = 5;
  const times = pollTimes(now, 1000, () => now);
  const tenths = new Set<number>();
  for (let period = 0; period < 300; period++) {
    now = times.next().value;
    const into = now - 5 - 1000 * period;
    assert.ok(into >= 0 && into < 1000, `${now}`);
    // Of a sender that sends ten times a second.
    tenths.add(Math.floor(into % 100 / 10));
  }
  assert.equal(tenths.size, 10);
  now = 1e6;
  assert.ok(times.next().value >= 1e6, "what was slept through is not made up for");
});

const CLOCK = { offset: 0, steady: 1000, roundTrip: 2 };

function topicSource(topic = "t") {
  const samples = allSamples();
  const source = new TopicSource(topic, samples, () => CLOCK, 1000);
  source.counting = true;
  return { samples, source };
}

Deno.test("a topic: delays from the gateway's time, whichever of the two came first", () => {
  const { samples, source } = topicSource();
  // The gateway's clock is 1000 ahead of the page's.
  source.message("mqtt", bytes("1"), 51);
  source.update(update(1, 1050, "a"), 52);
  source.message("relay", bytes('{"timestamp":1050.5,"message":1}'), 53);
  source.polled(update(1, 1050, "a"), 60);
  source.polled(update(1, 1050, "a"), 160);
  for (const [way, delay] of [["mqtt", 1], ["room", 2], ["relay", 2.5], ["poll", 10]] as const) {
    assert.deepEqual([...samples[way].all()].map(([, , d]) => d), [delay], way);
    assert.equal(source.lost(way, 1e9, true).count, 0, way);
  }
});

Deno.test("a topic: what comes out of the row is lost, for each way by what the room had", () => {
  const { samples, source } = topicSource();
  for (let n = 0; n < 5; n++) source.update(update(n, 1000 + n, `id${n}`), n);
  for (const n of [0, 1, 4]) source.message("mqtt", bytes(String(n)), 10 + n);
  source.polled(update(3, 1003, "id3"), 20);
  assert.equal(source.expected, 5);
  assert.equal(source.lost("mqtt", 20, false).count, 2);
  assert.equal(source.lost("poll", 20, false).count, 3);
  assert.equal(source.lost("poll", 20, true).count, 4);
  assert.equal(source.lost("relay", 4 + GRACE, false).count, 5);
  assert.equal(samples.mqtt.count, 3);
  source.gap({ type: "gap", channel: "c", from: 10, to: 12, reason: "slow" });
  source.gap({ type: "gap", channel: "c", from: 1, to: 2, reason: "epoch" });
  assert.deepEqual(source.lost("room", 20, false), { count: 5, upTo: true });
});

Deno.test("a topic: what came before the run is not taken for what comes in it", () => {
  const { samples, source } = topicSource();
  source.counting = false;
  source.update(update(7, 1000, "old"), 0);
  source.message("mqtt", bytes("7"), 1);
  source.counting = true;
  source.update(update(7, 2000, "new"), 1001);
  assert.equal(samples.mqtt.count, 0);
  source.message("mqtt", bytes("7"), 1003);
  assert.deepEqual([...samples.mqtt.all()], [[0, 1003, 3]]);
  assert.equal(source.expected, 1);
});

Deno.test("a reading's message holds more than its value", () => {
  const { samples, source } = topicSource("edgewire/v1/readings/attic/temperature");
  source.update(update(21.5, 1000, "a"), 1);
  source.message("mqtt", bytes('{"value":21.5,"unit":"°C","time":5,"node":"n"}'), 2);
  assert.equal(samples.mqtt.count, 1);
});

Deno.test("the address chooses; what makes no sense is as if it were not there", () => {
  const choice = (query: string) => delayChoice(new URLSearchParams(query));
  const usual = { source: "ping", topic: "", rate: 10, qos: 0, poll: 1000 };
  assert.deepEqual(choice(""), usual);
  assert.deepEqual(choice("rate=1000&qos=7&poll=1"), usual);
  assert.deepEqual(choice("rate=x&poll="), usual);
  assert.deepEqual(choice("topic=a/b&rate=50&qos=1&poll=200"), {
    source: "topic",
    topic: "a/b",
    rate: 50,
    qos: 1,
    poll: 200,
  });
  assert.equal(choice("source=topic").source, "topic");
});
