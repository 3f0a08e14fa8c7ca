/** `edgewire replay` of a gateway's own trace: another gateway makes the same updates. */
import assert from "node:assert/strict";
import { GatewayProcess } from "../support/gateway.ts";
import { liveInHouse } from "../support/replay_house.ts";
import { replay, replayHere, sameUpdates, type Update, updatesOf } from "../support/replayed.ts";
import { type Step, stepsSideBySide } from "../support/side_by_side.ts";

/** What no radio frame brings. */
const BY_MQTT = ["desk", "A4C1388D18B2"];

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
  // What keeps to no times needs no process of its own.
  const command = args.includes("max") ? replayHere : replay;
  const { code, output } = await command(path, "--to", to, ...args);
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
    const all = `${dir}/all.pcapng`;
    await save(gateway, "", all);

    const atSpeed = async (...args: string[]) => sameUpdates(await replayed(all, ...args), updates);
    const radioAlone = async () => {
      const radio = `${dir}/radio.pcapng`;
      await save(gateway, "?hop=radio", radio);
      const sensors = new Map([...updates].filter(([name]) => !BY_MQTT.includes(name)));
      sameUpdates(await replayed(radio, "--speed", "max"), sensors);
    };
    await stepsSideBySide(t, [
      ["at the original speed: values, order and relative times", () => atSpeed()],
      ...["max", "7", "0.8"].map((speed): Step => [
        `at speed ${speed}: values, order and relative times`,
        () => atSpeed("--speed", speed),
      ]),
      ["of its radio frames alone", radioAlone],
    ]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
