/** What is taken of the messages of devices that are WebSocket servers. */
import assert from "node:assert/strict";
import type { WebSocketDeviceConfig } from "../../gateway/config/websocket_device.ts";
import { JsonPointers } from "../../gateway/nodes/websocket/json_pointers.ts";
import { MessageValues } from "../../gateway/nodes/websocket/message_values.ts";
import { Random } from "../traces/support/random.ts";

function find(json: string, ...pointers: string[]): (string | undefined)[] {
  return [...new JsonPointers(pointers).find(json)];
}

Deno.test("pointers of RFC 6901, section 5", () => {
  const json = String.raw`{ "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4,
    "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8 }`;
  const pointers = ["/foo", "/foo/0", "/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", '/k"l', "/ "];
  assert.deepEqual(
    find(json, "", ...pointers, "/m~0n"),
    [json, '["bar", "baz"]', '"bar"', "0", "1", "2", "3", "4", "5", "6", "7", "8"],
  );
});

Deno.test("what is found stands as it came; what is not there is not found", () => {
  const json = ' [ 1.50 , { "a" : [ ] , "p": -0.0e1 },"x,]" ,"\\\\", true ] ';
  assert.deepEqual(
    find(json, "/0", "/1/a", "/1/p", "/2", "/3", "/4", "/5", "/01", "/-", "/0/0", "/1/a/0", "/1/b"),
    ["1.50", "[ ]", "-0.0e1", '"x,]"', '"\\\\"', "true", ...new Array(6).fill(undefined)],
  );
  // Elements have numbers, members names.
  assert.deepEqual(find('{"0":{"1":7}}', "/0/1"), ["7"]);
  // The last of one name counts, as in JSON.parse.
  assert.deepEqual(find('{"a":{"b":1},"a":{"c":2}}', "/a/b", "/a/c"), [undefined, "2"]);
  assert.deepEqual(find('{"\\u0061":1}', "/a", "/__proto__"), ["1", undefined]);
  const pointers = new JsonPointers(["/a", "/a/b"]);
  assert.deepEqual([...pointers.find('{"a":{"b":1}}')], ['{"b":1}', "1"]);
  assert.deepEqual([...pointers.find("5")], [undefined, undefined]);
});

const NAMES = ["a", "b", "0", "1", 'q"', "\\", "", "é\n"];

/** Anything that JSON can say. */
function anything(random: Random, depth: number): unknown {
  const kind = random.below(depth > 0 ? 6 : 4);
  const items = Array.from({ length: kind < 4 ? 0 : random.below(5) });
  if (kind === 4) return items.map(() => anything(random, depth - 1));
  if (kind === 5) {
    return Object.fromEntries(items.map(() => [
      NAMES[random.below(NAMES.length)]!,
      anything(random, depth - 1),
    ]));
  }
  return [null, true, random.below(1000) / 8 - 60, `"[{${NAMES[random.below(8)]},:\\`][kind];
}

function walk(value: unknown, levels: string[]): unknown {
  for (const level of levels) {
    const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, level);
    if (!isThere || Array.isArray(value) && level === "length") return undefined;
    value = (value as Record<string, unknown>)[level];
  }
  return value;
}

Deno.test("the same is found as by walking through what JSON.parse gives", () => {
  const random = new Random(7);
  const paths = Array.from(
    { length: 40 },
    () => Array.from({ length: random.below(4) }, () => NAMES[random.below(NAMES.length)]!),
  );
  const escape = (level: string) => `/${level.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const pointers = new JsonPointers(paths.map((path) => path.map(escape).join("")));
  let there = 0;
  for (let i = 0; i < 2000; i++) {
    const value = anything(random, 4);
    const json = JSON.stringify(value, null, [undefined, 1, "\t"][i % 3]);
    const found = pointers.find(json).map((text) => text === undefined ? text : JSON.parse(text));
    assert.deepEqual(found, paths.map((path) => walk(value, path)), json);
    there += found.filter((each) => each !== undefined).length;
  }
  assert.ok(there > 4000, String(there));
});

/** What a device's messages become, `name payload` each. */
function taker(more: Partial<WebSocketDeviceConfig>) {
  const said: string[] = [];
  const channel = "desk";
  const values = MessageValues.of({
    device: { websocket: "ws://board/", channel, send: [], headers: {}, subprotocols: [], ...more },
    topic: `devices/desk/${more.topic ?? "message"}`,
    onMisses: (why) => said.push(why),
  });
  const take = (message: string | Uint8Array) => {
    const bytes = typeof message === "string" ? new TextEncoder().encode(message) : message;
    return values!.take(bytes).map(({ topic, payload }) =>
      `${topic.replace("devices/desk/", "")} ${new TextDecoder().decode(payload)}`
    );
  };
  return { take, said };
}

Deno.test("values: digits stay, text loses its quotes, what is absent is left out", () => {
  const { take } = taker({ values: { price: "/1/0", size: "/1/1", side: "/2" } });
  assert.deepEqual(take('[7,["67123.50",1.0],"buy"]'), ["price 67123.50", "size 1.0", "side buy"]);
  assert.deepEqual(take('[7,[null,{"a": 1}]]'), ["price null", 'size {"a": 1}']);
  for (const other of ["hb", "[8]", "", "{", new Uint8Array([0xff])]) {
    assert.deepEqual(take(other), []);
  }
});

Deno.test("values: the whole message is kept where its topic is given, or a value is all of it", () => {
  const whole = taker({ topic: "raw", values: { lux: "/lux" } });
  assert.deepEqual(whole.take('{"lux":7.10}'), ['raw {"lux":7.10}', "lux 7.10"]);
  assert.deepEqual(whole.take("hello"), ["raw hello"]);
  const all = taker({ values: { lux: "" } });
  assert.deepEqual([" 21.50", "warm", '"x"'].flatMap(all.take), [
    "lux  21.50",
    "lux warm",
    'lux "x"',
  ]);
});

Deno.test("match: messages of one kind", () => {
  const trades = taker({ match: { "/0": "trade", "/1": 5 }, values: { price: "/2" } });
  const messages = [
    '["trade",5.0,1.5]',
    '["book",5,2]',
    '["trade",6,3]',
    '["trade"]',
    '["tr\\u0061de",5,4]',
  ];
  assert.deepEqual(messages.flatMap(trades.take), ["price 1.5", "price 4"]);
  const kind = taker({ match: { "": "ping" } });
  assert.deepEqual(["ping", '"ping"', "pong"].flatMap(kind.take), [
    "message ping",
    'message "ping"',
  ]);
});

Deno.test("pointers that lead nowhere are told of once", () => {
  const { take, said } = taker({ match: { "/type": "t" }, values: { lux: "/luks" } });
  for (let i = 0; i < 30; i++) take('{"type":"t","lux":5}');
  assert.deepEqual(said, [
    "none of its first 10 messages has what is asked for: /type, /luks",
  ]);
  const whole = taker({ topic: "raw", values: { lux: "/luks" } });
  for (let i = 0; i < 10; i++) whole.take('{"lux":5}');
  assert.equal(whole.said.length, 1);
  const fine = taker({ values: { lux: "/lux" } });
  for (let i = 0; i < 30; i++) fine.take(i === 5 ? '{"lux":5}' : "heartbeat");
  assert.deepEqual(fine.said, []);
});
