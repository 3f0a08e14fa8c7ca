import assert from "node:assert/strict";
import { UsageError } from "../../gateway/config/load.ts";
import { Pacer } from "../../gateway/uplink/pacer.ts";
import {
  type RuleUpdate,
  type RuleUpload,
  type UploadRuleConfig,
  UploadRules,
} from "../../gateway/uplink/upload_rules.ts";
import { Random } from "../traces/support/random.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function update(topic: string, json: string, more: Partial<RuleUpdate> = {}): RuleUpdate {
  const channel = topic.split("/")[1] ?? "";
  return { topic, channel, seq: 1, time: 1000, json, payload: utf8(json), ...more };
}

function lines(uploads: RuleUpload[]): string[] {
  return uploads.map(({ topic, payload }) => `${topic} ${new TextDecoder().decode(payload)}`);
}

/** ThingSpeak: a channel of several fields, one update every 15 s. */
const FIELDS: UploadRuleConfig[] = [
  { match: "devices/desk/temperature", payload: "field1={value|percent}" },
  { match: "devices/desk/humidity", payload: "field2={value|percent}" },
  { match: "devices/desk/note", payload: "status={value|percent}" },
].map((rule) => ({
  ...rule,
  topic: "channels/123/publish",
  everySeconds: 15,
  combine: true,
  qos: 0,
}));

Deno.test("ThingSpeak: fields go together, at its pace, the newest of each", () => {
  const rules = UploadRules.parse(FIELDS);
  assert.equal(rules.due(), Infinity);
  assert.deepEqual(rules.take(update("devices/desk/humidity", "40"), 0), []);
  assert.deepEqual(rules.take(update("devices/desk/temperature", "21.50"), 300), []);
  assert.equal(rules.due(), 1000);
  assert.deepEqual(rules.flush(999), []);
  const [first] = rules.flush(1000);
  assert.deepEqual(lines([first!]), ["channels/123/publish field1=21.50&field2=40"]);
  assert.equal(first!.qos, 0);
  assert.equal(rules.due(), Infinity);

  for (let second = 2; second < 16; second++) {
    rules.take(update("devices/desk/temperature", `${20 + second}`), second * 1000);
    assert.deepEqual(rules.flush(second * 1000), []);
  }
  rules.take(update("devices/desk/note", '"window & door"'), 15_500);
  assert.equal(rules.due(), 16_000);
  assert.equal(rules.waiting, 2);
  assert.deepEqual(lines(rules.flush(16_000)), [
    "channels/123/publish field1=35&status=window%20%26%20door",
  ]);
  assert.deepEqual(rules.counts, { made: 2, leftOut: 13, unfit: 0 });
});

Deno.test("while the cloud is away the newest values wait, and the pace holds afterwards", () => {
  const rules = UploadRules.parse(FIELDS);
  for (let second = 0; second < 3600; second++) {
    rules.take(update("devices/desk/temperature", `${second}`), second * 1000);
  }
  assert.deepEqual(lines(rules.flush(3_600_000)), ["channels/123/publish field1=3599"]);
  rules.take(update("devices/desk/temperature", "7"), 3_600_100);
  assert.equal(rules.due(), 3_615_000);
  assert.deepEqual(rules.counts, { made: 1, leftOut: 3599, unfit: 0 });
});

Deno.test("Azure: a topic with properties, percent-encoded, and JSON", () => {
  const rules = UploadRules.parse([{
    match: "devices/:device_name/:quantity",
    topic: "devices/gateway-7/messages/events/$.ct=application%2Fjson&$.ce=utf-8" +
      "&device={device_name|percent}",
    payload: '{"time":{time|json},"{quantity}":{value|json}}',
  }]);
  const uploads = rules.take(update("devices/living room/temperature", "21.50"), 0);
  assert.deepEqual(lines(uploads), [
    "devices/gateway-7/messages/events/$.ct=application%2Fjson&$.ce=utf-8&device=living%20room " +
    '{"time":"1970-01-01T00:00:01.000Z","temperature":21.50}',
  ]);
  assert.equal(uploads[0]!.qos, 1);
  assert.deepEqual(rules.counts, { made: 1, leftOut: 0, unfit: 0 });
});

Deno.test("without a payload template it goes as it came; every rule that matches makes one", () => {
  const rules = UploadRules.parse([
    { match: "devices/#", topic: "all/{topic}" },
    { match: "devices/+/raw", topic: "raw/{channel}" },
    { match: "others/#", topic: "others" },
  ]);
  const payload = new Uint8Array([0xff, 0]);
  const json = '{"base64":"/wA="}';
  const uploads = rules.take(update("devices/desk/raw", json, { payload, seq: 9 }), 0);
  assert.deepEqual(uploads, [
    { topic: "all/devices/desk/raw", payload, qos: 1, channel: "desk", seq: 9, time: 1000 },
    { topic: "raw/desk", payload, qos: 1, channel: "desk", seq: 9, time: 1000 },
  ]);
  assert.deepEqual(rules.take(update("nothing/of/it", "1"), 0), []);
});

Deno.test("an update without the member is no upload, and is counted", () => {
  const rules = UploadRules.parse([{ match: "#", topic: "t", payload: "{value.t}" }]);
  assert.deepEqual(rules.take(update("a", "21.5"), 0), []);
  assert.deepEqual(lines(rules.take(update("a", '{"t":1}'), 0)), ["t 1"]);
  assert.deepEqual(rules.counts, { made: 1, leftOut: 0, unfit: 1 });
});

Deno.test("alone, each topic has its own pace, also for one topic there", () => {
  const rules = UploadRules.parse([{ match: "devices/#", topic: "t", everySeconds: 10 }]);
  rules.take(update("devices/a", "1"), 0);
  rules.take(update("devices/b", "2"), 0);
  assert.deepEqual(lines(rules.flush(0)), ["t 1", "t 2"]);
  rules.take(update("devices/a", "3"), 5000);
  rules.take(update("devices/a", "4"), 6000);
  assert.equal(rules.due(), 10_000);
  assert.deepEqual(lines(rules.flush(10_000)), ["t 4"]);
  assert.deepEqual(rules.counts, { made: 3, leftOut: 1, unfit: 0 });
});

Deno.test("random updates: never faster than the pace, always the newest, all accounted for", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const everyMs = 1 + random.below(50);
    let leftOut = 0;
    const pacer = new Pacer<{ key: string; n: number }>(() => leftOut++);
    const newest = new Map<string, number>();
    const sentAt = new Map<string, number>();
    let put = 0;
    let sent = 0;
    for (let now = 0; now < 2000; now += random.below(8)) {
      const destination = `d${random.below(4)}`;
      const key = `k${random.below(3)}`;
      const pace = { everyMs, gatherMs: random.below(5) };
      pacer.put(destination, key, { key, n: ++put }, pace, now);
      newest.set(`${destination} ${key}`, put);
      if (random.below(3) > 0) continue;
      const isDue = pacer.due <= now;
      const taken = pacer.take(now);
      assert.equal(taken.length > 0, isDue);
      for (const { destination, parts } of taken) {
        assert.ok(now - (sentAt.get(destination) ?? -Infinity) >= everyMs, `seed ${seed}`);
        sentAt.set(destination, now);
        for (const { key, n } of parts) assert.equal(n, newest.get(`${destination} ${key}`));
        sent += parts.length;
      }
    }
    assert.equal(sent + leftOut + pacer.waiting, put, `seed ${seed}`);
    for (const { parts } of pacer.take(1e9)) sent += parts.length;
    assert.deepEqual([sent + leftOut, pacer.waiting, pacer.due], [put, 0, Infinity]);
  }
});

Deno.test("destinations are bounded: those that are free are forgotten, else a part is left out", () => {
  let leftOut = 0;
  const pacer = new Pacer<number>(() => leftOut++, 100);
  const pace = { everyMs: 1000, gatherMs: 0 };
  for (let i = 0; i < 150; i++) pacer.put(`d${i}`, "", i, pace, 0);
  assert.deepEqual([pacer.waiting, leftOut], [100, 50]);
  assert.equal(pacer.take(0).length, 100);
  pacer.put("new", "", 1, pace, 500);
  assert.equal(leftOut, 51);
  pacer.put("new", "", 1, pace, 1000);
  assert.deepEqual([leftOut, pacer.take(1000).length], [51, 1]);
});

Deno.test("mistakes are said with the rule, the place in it, and what to write", () => {
  const good = { match: "devices/:room/+", topic: "t/{room}" };
  const cases: [unknown, RegExp][] = [
    [{}, /^uplink\.rules is not a list/],
    [["x"], /^uplink\.rules\.0 is no rule/],
    [[good, { ...good, every: 1 }], /^uplink\.rules\.1\.every is not known; a rule has match/],
    [[{ topic: "t" }], /^uplink\.rules\.0\.match is missing/],
    [[{ ...good, match: "a/#/b" }], /^uplink\.rules\.0\.match: .*# must come last/],
    [[{ ...good, match: ":value/+" }], /^uplink\.rules\.0\.match: ":value" means something else/],
    [[{ ...good, match: ":a.b/+" }], /^uplink\.rules\.0\.match: ":a\.b" cannot stand/],
    [[{ match: "a" }], /^uplink\.rules\.0\.topic is missing/],
    [
      [{ ...good, topic: "t/{rom}" }],
      /^uplink\.rules\.0\.topic, character 3: \{rom\} is not known/,
    ],
    [[{ ...good, payload: "a={value|url}" }], /\.payload, character 3: "\|url" is neither/],
    [[{ ...good, payload: 5 }], /\.payload is missing, or is not text/],
    [[{ ...good, everySeconds: "15" }], /\.everySeconds is no number from 0 to 86400/],
    [[{ ...good, everySeconds: -1 }], /\.everySeconds is no number/],
    [[{ ...good, qos: 2 }], /\.qos is neither 0 nor 1/],
    [[{ ...good, combine: 1 }], /\.combine is neither/],
    [[{ ...good, combine: true, everySeconds: 1 }], /\.combine needs payload too/],
    [[{ ...good, combine: true, payload: "x" }], /\.combine needs everySeconds too/],
    [
      [FIELDS[0], { ...FIELDS[1], combine: false }],
      /^uplink\.rules\.1 has the topic of uplink\.rules\.0: give both the same combine and qos/,
    ],
  ];
  for (const [config, message] of cases) {
    assert.throws(() => UploadRules.parse(config), (error: Error) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
  assert.ok(UploadRules.parse(undefined).isEmpty);
  assert.ok(!UploadRules.parse([good]).isEmpty);
});
