/** `edgewire replay` of a gateway's own trace: another gateway makes the same updates. */
import assert from "node:assert/strict";
import { GatewayProcess } from "../support/gateway.ts";
import { liveInHouse } from "../support/replay_house.ts";
import { replay, timesOf, type Update, updatesOf, valuesOf } from "../support/replayed.ts";

/** Updates may come so much earlier or later on a busy machine, ms. */
const PUNCTUAL_MS = 750;

/** Saves what the flight recorder holds. */
async function save(gateway: GatewayProcess, query: string, path: string) {
  const response = await fetch(new URL(`/traces/recent.pcapng${query}`, gateway.url));
  assert.equal(response.status, 200);
  await Deno.writeFile(path, response.body!);
}

/** What another gateway makes of it. */
async function replayed(path: string, ...args: string[]): Promise<Map<string, Update[]>> {
  await using gateway = await GatewayProcess.start();
  const to = `mqtt://127.0.0.1:${gateway.mqttPort}`;
  const { code, output } = await replay(path, "--to", to, ...args);
  assert.equal(code, 0, output);
  return await updatesOf(gateway);
}

Deno.test("a gateway's trace gives the updates of the first time", async (t) => {
  const dir = await Deno.makeTempDir({ prefix: "edgewire-test-" });
  try {
    await using gateway = await GatewayProcess.start();
    await liveInHouse(gateway);
    const updates = await updatesOf(gateway);
    // Commands are not replayed.
    updates.delete("lamp");
    const values = valuesOf(updates);
    const all = `${dir}/all.pcapng`;
    await save(gateway, "", all);

    await t.step("at the original speed: values, order and relative times", async () => {
      const again = await replayed(all);
      assert.deepEqual(valuesOf(again), values);
      const times = timesOf(again);
      for (const [channel, expected] of timesOf(updates)) {
        times.get(channel)!.forEach((time, i) => {
          const text = `update ${i} of ${channel}: ${time} ms, was ${expected[i]} ms`;
          assert.ok(Math.abs(time - expected[i]!) < PUNCTUAL_MS, text);
        });
      }
    });

    await t.step("at full speed: values and order", async () => {
      assert.deepEqual(valuesOf(await replayed(all, "--speed", "max")), values);
    });

    await t.step("of its radio frames alone", async () => {
      const radio = `${dir}/radio.pcapng`;
      await save(gateway, "?hop=radio", radio);
      const { desk: _, ...sensors } = values;
      assert.deepEqual(valuesOf(await replayed(radio, "--speed", "max")), sensors);
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
