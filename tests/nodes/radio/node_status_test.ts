import assert from "node:assert/strict";
import { readNodeStatus } from "../../../gateway/nodes/radio/node_status.ts";

function read(text: string) {
  return readNodeStatus(new TextEncoder().encode(text));
}

const NOTHING = { boot: undefined, version: undefined, radios: undefined, period: undefined };

Deno.test("a status says whether the node is there, and more if it likes", () => {
  assert.deepEqual(read('{"state":"offline"}'), { ...NOTHING, state: "offline" });
  assert.deepEqual(
    read('{"state":"online","boot":5,"version":"1.2","radios":["ble"],"period":10,"more":1}'),
    { state: "online", boot: 5, version: "1.2", radios: ["ble"], period: 10 },
  );
});

Deno.test("what is no status is none", () => {
  for (const text of ["", "online", "[]", "null", "7", '{"state":"asleep"}', '{"boot":1}', "{"]) {
    assert.equal(read(text), null, text);
  }
});

Deno.test("members that make no sense are left out, long ones cut; the node lives all the same", () => {
  const members = ['"boot":1e999', '"version":7', '"radios":"ble"', '"period":0', '"period":1e9'];
  for (const member of [...members, '"boot":"x"', '"radios":[1]', '"period":null']) {
    assert.deepEqual(read(`{"state":"online",${member}}`), { ...NOTHING, state: "online" }, member);
  }
  const long = "x".repeat(100_000);
  const { version, radios } = read(
    JSON.stringify({
      state: "online",
      version: long,
      radios: Array(1000).fill(long.slice(0, 200)),
    }),
  )!;
  assert.equal(version!.length, 100);
  assert.deepEqual(radios, Array(16).fill("x".repeat(50)));
});
