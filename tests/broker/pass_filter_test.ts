import assert from "node:assert/strict";
import { Policy } from "../../gateway/access/policy.ts";
import type { Identity } from "../../gateway/access/tokens.ts";
import { parsePacket, PassFilter } from "../../gateway/broker/pass_filter.ts";
import { encode } from "../support/raw_mqtt.ts";

const policy = new Policy((topic) => topic.endsWith("/set"));
const SECRET = "edgewire/v1/n1/set";

function filterFor(role: Identity["role"], version = 5) {
  let refused = 0;
  const identity = role === "node" ? { role, name: "n1" } : { role };
  const filter = new PassFilter(policy, identity, version, () => refused++);
  return { filter, refused: () => refused };
}

function publish(topic: string, more: object = {}, version = 5) {
  const packet = { cmd: "publish", topic, payload: "1", qos: 0, dup: false, retain: false };
  return encode({ ...packet, ...more }, version);
}

const parsed = (bytes: Uint8Array | undefined, version = 5) => {
  assert.ok(bytes, "there is no packet");
  const { cmd, messageId, granted } = parsePacket(bytes, version) as {
    cmd: string;
    messageId?: number;
    granted?: number[];
  };
  return { cmd, messageId, ...(granted === undefined ? {} : { granted: [...granted] }) };
};

Deno.test("PassFilter passes on the very bytes of what is allowed", () => {
  const { filter, refused } = filterFor("operator");
  const bytes = publish("devices/a/b/set", { properties: { userProperties: { a: "b" } } });
  assert.equal(filter.fromClient(bytes).forward, bytes);
  assert.equal(filter.fromBroker(bytes).forward, bytes);
  assert.equal(refused(), 0);
});

Deno.test("PassFilter closes on a publish that is not allowed, aliases included", () => {
  const { filter, refused } = filterFor("operator");
  assert.match(filter.fromClient(publish("devices/a/b")).close!, /may not publish/);
  const alias = { properties: { topicAlias: 3 } };
  assert.ok(filter.fromClient(publish("devices/a/b/set", alias)).forward);
  assert.ok(filter.fromClient(publish("", alias)).forward, "an alias of an allowed topic");
  assert.ok(filter.fromClient(publish("devices/a/b", alias)).close, "the alias is given away");
  assert.ok(filter.fromClient(publish("", alias)).close);
  assert.ok(filter.fromClient(publish("", { properties: { topicAlias: 9 } })).close, "unknown");
  assert.equal(refused(), 4);
});

Deno.test("PassFilter swallows what may not be heard, and answers for the client", () => {
  const { filter } = filterFor("viewer");
  assert.deepEqual(filter.fromBroker(publish(SECRET)), {});
  const one = filter.fromBroker(publish(SECRET, { qos: 1, messageId: 7 }));
  assert.deepEqual(parsed(one.answer), { cmd: "puback", messageId: 7 });
  assert.equal(one.forward, undefined);
  const two = filter.fromBroker(publish(SECRET, { qos: 2, messageId: 8 }));
  assert.deepEqual(parsed(two.answer), { cmd: "pubrec", messageId: 8 });
  const release = encode({ cmd: "pubrel", messageId: 8, qos: 1 }, 5);
  const done = filter.fromBroker(release);
  assert.deepEqual(parsed(done.answer), { cmd: "pubcomp", messageId: 8 });
  assert.equal(done.forward, undefined);
  assert.equal(filter.fromBroker(release).forward, release, "the next is the client's own");
});

Deno.test("PassFilter knows the broker's aliases too", () => {
  const { filter } = filterFor("viewer");
  const alias = { properties: { topicAlias: 1 } };
  assert.deepEqual(filter.fromBroker(publish(SECRET, alias)), {});
  assert.deepEqual(filter.fromBroker(publish("", alias)), {});
});

Deno.test("PassFilter asks for the allowed part of a SUBSCRIBE and tells of all", () => {
  for (const version of [4, 5]) {
    const { filter, refused } = filterFor("viewer", version);
    const failure = version === 5 ? 0x87 : 0x80;
    const subscriptions = [
      { topic: "a/#", qos: 1 },
      { topic: SECRET, qos: 1 },
      { topic: "b", qos: 0 },
    ];
    const asked = filter.fromClient(
      encode({ cmd: "subscribe", messageId: 4, subscriptions }, version),
    );
    const sent = parsePacket(asked.forward!, version) as { subscriptions: { topic: string }[] };
    assert.deepEqual(sent.subscriptions.map(({ topic }) => topic), ["a/#", "b"]);
    const granted = filter.fromBroker(
      encode({ cmd: "suback", messageId: 4, granted: [1, 0] }, version),
    );
    assert.deepEqual(parsed(granted.forward, version), {
      cmd: "suback",
      messageId: 4,
      granted: [1, failure, 0],
    });
    const alone = filter.fromClient(
      encode({ cmd: "subscribe", messageId: 5, subscriptions: [subscriptions[1]!] }, version),
    );
    assert.equal(alone.forward, undefined);
    assert.deepEqual(parsed(alone.answer, version).granted, [failure]);
    assert.equal(refused(), 2);
  }
});

Deno.test("PassFilter looks through shared subscriptions", () => {
  const { filter } = filterFor("viewer");
  const subscriptions = [{ topic: `$share/group/${SECRET}`, qos: 0 }];
  const { answer } = filter.fromClient(
    encode({ cmd: "subscribe", messageId: 4, subscriptions }, 5),
  );
  assert.deepEqual(parsed(answer).granted, [0x87]);
});

Deno.test("PassFilter closes on what is no packet", () => {
  const { filter } = filterFor("viewer");
  assert.ok(filter.fromClient(Uint8Array.of(0xf1, 0)).close);
  assert.ok(filter.fromClient(Uint8Array.of(0x30, 2, 0, 9)).close);
  assert.ok(filter.fromBroker(Uint8Array.of(0x36, 0)).close);
});
