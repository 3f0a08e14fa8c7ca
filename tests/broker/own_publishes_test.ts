import assert from "node:assert/strict";
import { OwnPublishes } from "../../gateway/broker/own_publishes.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("OwnPublishes knows each own publish once, by topic and payload", () => {
  const own = new OwnPublishes();
  own.published("a/set", bytes("1"), ["#"]);
  own.published("a/set", bytes("1"), ["#"]);
  own.published("a/set", bytes("2"), ["#"]);
  assert.equal(own.returned("a/set", bytes("3")), false, "somebody else's");
  assert.equal(own.returned("b/set", bytes("1")), false, "another topic");
  assert.equal(own.returned("a/set", bytes("2")), true, "in any order");
  assert.equal(own.returned("a/set", bytes("1")), true);
  assert.equal(own.returned("a/set", bytes("1")), true);
  assert.equal(own.returned("a/set", bytes("1")), false, "that came back already");
});

Deno.test("OwnPublishes expects nothing back that no subscription brings", () => {
  const own = new OwnPublishes();
  own.published("a/set", bytes("1"), ["b/#", "a/+/x"]);
  assert.equal(own.returned("a/set", bytes("1")), false);
});

Deno.test("OwnPublishes keeps what was sent, not the sender's buffer", () => {
  const own = new OwnPublishes();
  const payload = bytes("1");
  own.published("a", payload, ["#"]);
  payload[0] = 50;
  assert.equal(own.returned("a", bytes("1")), true);
});
