/** `edgewire replay`: a gateway makes of a capture the updates of the first time. */
import assert from "node:assert/strict";
import { GatewayProcess } from "../support/gateway.ts";
import { liveInHouse } from "../support/replay_house.ts";
import {
  LoopbackCapture,
  replay,
  replayHere,
  sameUpdates,
  updatesOf,
} from "../support/replayed.ts";
import { stepsSideBySide } from "../support/side_by_side.ts";
import { testWith } from "../support/tools.ts";

testWith(["dumpcap"], "a capture of MQTT gives the updates of the first time", async (t) => {
  const path = await Deno.makeTempFile({ prefix: "edgewire-test-", suffix: ".pcapng" });
  await using first = await GatewayProcess.start();
  {
    await using capture = await LoopbackCapture.start(path, first.mqttPort);
    await liveInHouse(first);
    await capture.stop();
  }
  const updates = await updatesOf(first);
  // Commands are not replayed.
  updates.delete("lamp");

  const original = async () => {
    await using second = await GatewayProcess.start();
    const { code, output } = await replay(path, "--to", `mqtt://127.0.0.1:${second.mqttPort}`);
    assert.equal(code, 0, output);
    sameUpdates(await updatesOf(second), updates);
  };

  const full = async () => {
    await using second = await GatewayProcess.start();
    const { code, output } = await replayHere(path, "--to", second.url.href, "--speed", "max");
    assert.equal(code, 0, output);
    sameUpdates(await updatesOf(second), updates);
  };

  const again = async () => {
    const before = await updatesOf(first);
    const { code, output } = await replay(path, "--to", `mqtt://127.0.0.1:${first.mqttPort}`);
    assert.equal(code, 0, output);
    const all = await updatesOf(first);
    const desk = (all.get("desk") ?? []).slice(before.get("desk")!.length);
    assert.deepEqual(desk.map(({ value }) => value), updates.get("desk")!.map((one) => one.value));
    assert.ok(all.get("5448E68F80A5")!.length > before.get("5448E68F80A5")!.length, output);
  };

  await stepsSideBySide(t, [
    ["at the original speed: values, order and relative times", original],
    ["at full speed, over WebSocket: values, order and relative times", full],
    ["again into the gateway that had it: the same once more", again],
  ]);
  await Deno.remove(path);
});
