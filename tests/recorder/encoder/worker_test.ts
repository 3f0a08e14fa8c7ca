/** The Worker itself, with a recorder beside it. */
import { equal, ok } from "node:assert/strict";
import { Recorder } from "../../../gateway/recorder/recorder.ts";
import { TraceStreams } from "../../../gateway/recorder/trace_streams.ts";
import { now } from "../../../gateway/clock.ts";
import { publishPacket } from "../../support/raw_mqtt.ts";
import { EVERYTHING, facts, ownRows, topic } from "./recording.ts";

Deno.test("the Worker: a packet is with its reader within 200 ms, and the file ends well", async () => {
  const recorder = new Recorder({ recentBytes: 1 << 20 });
  const log: string[] = [];
  const streams = new TraceStreams({
    recorder,
    version: "1.2.3",
    hostname: "gw-test",
    log: (line) => log.push(line),
    idleMs: 0,
  });
  const stream = streams.open({ mode: "live", filter: EVERYTHING })!;
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  // The section header: the Worker is ready.
  chunks.push((await reader.read()).value!);
  const client = recorder.connection(facts());
  const place = topic("t/x");
  const delays: number[] = [];
  for (let i = 0; i < 5; i++) {
    const sent = performance.now();
    client.received(publishPacket("t/x", "1"));
    recorder.message(client, `Id-${i}`, 3, 1, 0);
    recorder.update("t", place, i, now(), `Id-${i}`, "", "1");
    chunks.push((await reader.read()).value!);
    delays.push(performance.now() - sent);
  }
  const closed = streams.close();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    chunks.push(value);
  }
  await closed;
  equal(log.join("\n"), "");
  const fields = ["mqtt.topic", "frame.interface_name"];
  const rows = await ownRows(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])), fields);
  equal(rows.flatMap((row) => row["mqtt.topic"]!).length, 5);
  equal(rows.filter((row) => row["frame.interface_name"]![0] === "room").length, 5);
  const typical = delays.sort((a, b) => a - b)[2]!;
  ok(typical >= 90 && typical < 200, `${delays}`);
});
