/** `edgewire replay` of samples: the gateway's updates are what `decode` reports of the same file. */
import assert from "node:assert/strict";
import { decodedUpdates } from "../support/decoded_updates.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { replayHere, type Update, updatesOf, valuesOf } from "../support/replayed.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { test } = sideBySide(2);

const ROOT = new URL("../../", import.meta.url);

async function decoded(sample: string): Promise<Map<string, string[]>> {
  const said = await decodedUpdates(new URL(sample, ROOT).pathname);
  return new Map([...said].map(([channel, list]) => [channel, list.map(({ line }) => line)]));
}

async function replayed(sample: string, ...args: string[]) {
  await using gateway = await GatewayProcess.start();
  return await replayedBy(gateway, sample, ...args);
}

async function replayedBy(gateway: GatewayProcess, sample: string, ...args: string[]) {
  const to = `mqtt://127.0.0.1:${gateway.mqttPort}`;
  const path = new URL(sample, ROOT).pathname;
  const { code, output } = await replayHere(path, "--to", to, ...args);
  assert.equal(code, 0, output);
  const { nodes } = await gateway.json("/api/nodes") as { nodes: { name: string }[] };
  // What the replay made for itself is gone.
  assert.deepEqual(nodes.filter(({ name }) => name.startsWith("replay")), []);
  return await updatesOf(gateway);
}

for (const name of ["ble-sensors", "hci-sensors", "wpan-sensors"]) {
  test(`${name}.pcap gives the values that decode reports`, async () => {
    const sample = `traces/samples/${name}.pcap`;
    const said = await decoded(sample);
    assert.ok(said.size > 0);
    const updates = await replayed(sample, "--speed", "max");
    const prefix = "edgewire/v1/readings/";
    const told = [...updates].map(([channel, list]) =>
      [
        channel,
        list.map(({ topic, value }) =>
          `${topic.slice(prefix.length + channel.length + 1)} ${value}`
        )
          .filter((line) => !line.startsWith("rssi ")),
      ] as const
    );
    assert.deepEqual(new Map(told), new Map([...said]));
    assert.deepEqual(valuesOf(await replayed(sample)), valuesOf(updates), "at the original speed");
  });
}

/** What the sessions in the samples publish (`tests/traces/samples/mqtt_session.ts`). */
const TEMPERATURES = [20, 20.5, 21, 21.5, 22, 22.5];

test("mosquitto-mqttjs-VERSION-TRANSPORT.pcapng: each message once", async () => {
  await using gateway = await GatewayProcess.start();
  const known = new Map<string, number>();
  /** What came since the last time. */
  const freshOf = (updates: Map<string, Update[]>, channel: string) => {
    const all = updates.get(channel)!;
    const fresh = all.slice(known.get(channel) ?? 0);
    known.set(channel, all.length);
    return fresh;
  };
  for (const version of ["mqtt31", "mqtt311", "mqtt5"]) {
    for (const transport of ["tcp", "ws"]) {
      const name = `mosquitto-mqttjs-${version}-${transport}.pcapng`;
      const updates = await replayedBy(gateway, `traces/samples/${name}`, "--speed", "max");
      const temperatures = freshOf(updates, "sensor-7").map(({ value }) => value);
      const said = temperatures.filter((text) => text.startsWith("{"))
        .map((text) => JSON.parse(text).value);
      assert.deepEqual(said, TEMPERATURES, name);
      // And the removal of the retained.
      assert.equal(temperatures.length, TEMPERATURES.length + 1, name);
      const topics = freshOf(updates, "lamp-1").map(({ topic }) => topic);
      const will = version === "mqtt5" ? ["devices/lamp-1/status"] : [];
      assert.deepEqual(topics, ["devices/lamp-1/level", ...will], name);
    }
  }
});

test("mosquitto-will.pcapng: the will of the broken connection", async () => {
  const updates = await replayed("traces/samples/mosquitto-will.pcapng");
  assert.deepEqual(valuesOf(updates), { "lamp-1": ['devices/lamp-1/status "gone"'] });
});
