import assert from "node:assert/strict";
import { randomId } from "../../web/client/random_id.ts";
import { retryDelay } from "../../web/client/retry_delay.ts";
import { utf8Length } from "../../web/client/utf8_length.ts";

Deno.test("utf8Length counts what an encoder writes", () => {
  const texts = [
    "",
    "abc",
    "é",
    "€",
    "😀",
    "a😀b",
    "\ud83d",
    "\ude00x",
    "\ud83d\ud83d\ude00",
    "\u07ff\u0800",
  ];
  for (const text of texts) {
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length, JSON.stringify(text));
  }
});

Deno.test("retryDelay doubles its ceiling within the bounds", () => {
  const most = [0, 1, 2, 3, 20, 2000].map((attempt) => retryDelay(attempt, 250, 10_000, () => 1));
  assert.deepEqual(most, [500, 1000, 2000, 4000, 10_000, 10_000]);
  assert.equal(retryDelay(9, 250, 10_000, () => 0), 250);
});

Deno.test("randomId makes UUIDs without crypto.randomUUID too", () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(randomId(), uuid);
  const own = Object.getOwnPropertyDescriptor(crypto, "randomUUID");
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  try {
    assert.match(randomId(), uuid);
    assert.notEqual(randomId(), randomId());
  } finally {
    if (own) Object.defineProperty(crypto, "randomUUID", own);
    else Reflect.deleteProperty(crypto, "randomUUID");
  }
});
