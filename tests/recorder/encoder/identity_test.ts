/** Which PUBLISH and which message is which, and how long each was under way. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { now } from "../../../gateway/clock.ts";
import { connectPacket, encode, join, publishPacket } from "../../support/raw_mqtt.ts";
import { facts, ownRows, Recording, sessionFacts, shared, topic } from "./recording.ts";

const CONNACK = encode({ cmd: "connack", returnCode: 0, sessionPresent: false });
const MONTH_MS = 30 * 86_400_000;

/** Lines of all packets but those that are made up. */
async function lines(file: Uint8Array): Promise<string[]> {
  const rows = await ownRows(file, ["frame.comment"]);
  return rows.flatMap((row) => row["frame.comment"]!).flatMap((text) => text.split(/\n|\\n/))
    .filter((line) => !line.includes("synthetic="));
}

function data(id: string, seq: number, time: number): string {
  const message = { type: "data", channel: "lamp", seq, time, topic: "lamp/x", value: 1, id };
  return JSON.stringify(message);
}

Deno.test("since_us of a session's message goes by the update, not by the wall clock", async () => {
  const recording = new Recording();
  recording.open();
  const session = recording.recorder.connection(sessionFacts());
  recording.recorder.update("lamp", topic("lamp/x"), 1, now(), "Ab-1", "", "1");
  // The clock was a month behind when the messages were made.
  session.sentText(shared(data("Ab-1", 1, now() - MONTH_MS)));
  session.sentText(shared(data("Ab-9", 2, now() - MONTH_MS)));
  session.sentText(shared(data("Ab-1", 3, now() + MONTH_MS)));
  const found = (await lines(await recording.finish())).filter((line) => line.includes("hop=ws"));
  const since = / since_us=(\d+)$/.exec(found[0]!);
  ok(since !== null && Number(since[1]) < 10_000_000, found.join());
  deepEqual(found.slice(1), [
    "edgewire id=Ab-9 hop=ws dir=out channel=lamp seq=2",
    "edgewire id=Ab-1 hop=ws dir=out channel=lamp seq=3",
  ]);
});

Deno.test("an update that seems to lie in the future is put to now", async () => {
  for (const mode of ["live", "recent"] as const) {
    const recording = new Recording({ mode });
    if (mode === "live") recording.open();
    const session = recording.recorder.connection(sessionFacts());
    recording.recorder.update("lamp", topic("lamp/x"), 1, now() + 3_600_000, "Ab-1", "", "1");
    for (let i = 0; i < 3; i++) session.sentText(shared(`{"i":${i}}`));
    recording.recorder.update("lamp", topic("lamp/x"), 2, now(), "Ab-2", "", "1");
    if (mode === "recent") recording.open();
    await recording.settle();
    const rows = await ownRows(recording.file, ["frame.time_epoch", "frame.comment"]);
    const times = rows.map((row) => Number(row["frame.time_epoch"]![0]));
    ok(Math.max(...times) < (now() + 1000) / 1000, mode);
    ok(rows.every((row) => !row["frame.comment"]![0]!.includes("late_us")), mode);
    equal(rows.filter((row) => row["frame.comment"]![0]!.includes("hop=room")).length, 2);
  }
});

Deno.test("what a broker sends back of our own is not taken for the next PUBLISH", async () => {
  const recording = new Recording();
  recording.open();
  const { recorder } = recording;
  const broker = recorder.connection(facts({ dialled: true }));
  broker.sent(connectPacket("gateway"));
  broker.received(CONNACK);
  broker.received(join(publishPacket("lamp/a/set", "1"), publishPacket("lamp/b/set", "0")));
  recorder.message(broker, "", 10, 1, 0);
  recorder.message(broker, "Ab-77", 10, 1, 0);
  const came = (await lines(await recording.finish())).filter((line) => line.includes("dir=in"));
  deepEqual(came.slice(-2), ["edgewire hop=mqtt dir=in", "edgewire id=Ab-77 hop=mqtt dir=in"]);
});

Deno.test("a PUBLISH of QoS 2 that was sent again is taken in once", async () => {
  const recording = new Recording();
  recording.open();
  const { recorder } = recording;
  const client = recorder.connection(facts());
  client.received(connectPacket("x"));
  const two = { qos: 2, messageId: 7 };
  client.received(publishPacket("t/two", "2", two));
  client.received(publishPacket("t/two", "2", { ...two, dup: true }));
  client.received(encode({ cmd: "pubrel", messageId: 7 }));
  recorder.message(client, "Id-1", 5, 1, 2);
  client.received(publishPacket("t/two", "3", two));
  client.received(encode({ cmd: "pubrel", messageId: 7 }));
  recorder.message(client, "Id-2", 5, 1, 2);
  const rows = await ownRows(await recording.finish(), ["frame.comment", "mqtt.msg"]);
  const ids = rows.filter((row) => row["mqtt.msg"]!.length > 0)
    .map((row) => [row["mqtt.msg"]![0], /id=(\S+)/.exec(row["frame.comment"]![0]!)?.[1]]);
  deepEqual(ids, [["32", undefined], ["32", "Id-1"], ["33", "Id-2"]]);
});

Deno.test("a PUBLISH that passes through to a broker has the id of what comes back", async () => {
  const recording = new Recording();
  recording.open();
  const { recorder } = recording;
  const upgrade = { target: "/mqtt", requestHeaders: [], responseHeaders: [] };
  const near = recorder.connection(facts({ transport: "websocket", upgrade }));
  const far = recorder.connection(
    facts({ dialled: true, local: { host: "192.0.2.1", port: 50_001 } }),
  );
  const own = recorder.connection(
    facts({ dialled: true, local: { host: "192.0.2.1", port: 50_002 } }),
  );
  own.sent(connectPacket("gateway"));
  own.received(CONNACK);
  const connect = connectPacket("through");
  near.received(connect);
  far.sent(connect);
  far.received(CONNACK);
  near.sent(CONNACK);
  for (const [id, payload] of [["Ab-1", "1"], ["Ab-2", "2"]] as const) {
    const publish = publishPacket("desk/lamp", payload);
    near.received(publish);
    far.sent(publish);
    own.received(publish);
    recorder.message(own, id, 9, 1, 0);
    far.received(publish);
    near.sent(publish);
  }
  const refused = publishPacket("not/allowed", "3");
  near.received(refused);
  const rows = await ownRows(await recording.finish(), ["frame.comment", "mqtt.msg"]);
  const ids = (payload: string) =>
    rows.filter((row) => row["mqtt.msg"]!.includes(payload))
      .map((row) => /id=(\S+)/.exec(row["frame.comment"]![0]!)?.[1]);
  // On `mqtt-websocket` and `mqtt-pdu` both ways, on `mqtt` three times.
  deepEqual(ids("31"), Array(7).fill("Ab-1"));
  deepEqual(ids("32"), Array(7).fill("Ab-2"));
  deepEqual(ids("33"), [undefined, undefined]);
});
