/** Where the broker is: one address, or the nodes of a cluster. */
import assert from "node:assert/strict";
import { brokerAddresses } from "../../gateway/config/broker_addresses.ts";
import { loadConfig, UsageError } from "../../gateway/config/load.ts";

const load = (...args: string[]) => loadConfig(args, () => undefined);

Deno.test("broker addresses: commas between them, spaces do not matter", () => {
  assert.deepEqual(brokerAddresses("mqtt://a"), ["mqtt://a"]);
  assert.deepEqual(brokerAddresses("mqtt://a:1, mqtts://b ,ws://c/x"), [
    "mqtt://a:1",
    "mqtts://b",
    "ws://c/x",
  ]);
});

Deno.test("broker addresses: a comma in a password separates nothing", () => {
  assert.deepEqual(brokerAddresses("mqtt://u:a,b@h,mqtt://i"), ["mqtt://u:a,b@h", "mqtt://i"]);
});

Deno.test("broker addresses: --broker may be repeated; a file has a list", async () => {
  const two = "mqtt://a,mqtt://b";
  assert.equal((await load("--broker", "mqtt://a", "--broker", "mqtt://b")).broker.url, two);
  assert.equal((await load("--broker", two)).broker.url, two);
  assert.equal((await load("--broker=mqtt://a")).broker.url, "mqtt://a");
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    for (const text of ["broker: [mqtt://a, mqtt://b]", "broker: { url: [mqtt://a, mqtt://b] }"]) {
      await Deno.writeTextFile(file, text);
      assert.equal((await load("--config", file)).broker.url, two);
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("broker addresses: each is checked", async () => {
  await assert.rejects(
    () => load("--broker", "mqtt://a,http://b"),
    (error: Error) =>
      error instanceof UsageError && /"http:\/\/b" is not a broker's/.test(error.message),
  );
});
