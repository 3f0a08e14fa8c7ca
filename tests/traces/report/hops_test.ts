/**
 * The hops of a summary: delays, losses, and who sends much or nothing, of traces written by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { liveInterface } from "../../../traces/flows/live_interface.ts";
import { Hops } from "../../../traces/report/summary/hops.ts";
import { summaryText } from "../../../traces/report/summary/summary_text.ts";
import { dataMessage, hopsOf, HopTrace, summaryOf } from "../support/hop_trace.ts";

const ANNA = 50_001;
const BERT = 50_002;
const NODE = 40_001;

/** "mqtt in" from "radio in", with what it says, of `hops.delays`. */
interface Delay {
  from: { hop: string | null; direction: string | null };
  to: { hop: string; direction: string };
  wholeWay: boolean;
  count: number;
  medianMicroseconds: number;
  p95Microseconds: number;
  p99Microseconds: number;
  worstMicroseconds: number;
  worstFrame: number;
  worstId: string;
}

/** Each delay as "radio in > mqtt in", the whole way with ">>". */
function delaysOf(delays: Delay[]): Record<string, Delay> {
  return Object.fromEntries(delays.map((delay) => {
    const { from, to, wholeWay } = delay;
    const start = from.hop === null ? "?" : `${from.hop} ${from.direction}`;
    return [`${start} ${wholeWay ? ">>" : ">"} ${to.hop} ${to.direction}`, delay];
  }));
}

function near(found: number, expected: number) {
  assert.ok(Math.abs(found / expected - 1) <= 0.01, `${found} is not near ${expected}`);
}

/**
 * Twenty radio records, one each 500 ms from 2000 ms on. Record i needs 10 + i ms to MQTT, 1 ms more
 * to the room and 2 ms more to Anna's session, which has the channel throughout. Bert joins between
 * records 9 and 10, and gets 3 ms behind the room.
 */
function wholeTrace(): { bytes: Uint8Array; last: { mqtt: number; room: number; ws: number } } {
  const trace = new HopTrace();
  const last = { mqtt: 0, room: 0, ws: 0 };
  trace.mqtt(0, NODE, false, "edgewire hop=mqtt dir=in client=node%2Fattic");
  trace.open(10, ANNA, " client=Anna");
  trace.ws(20, ANNA, false, '{"type":"subscribe","channel":"desk lamp"}', "edgewire hop=ws dir=in");
  for (let i = 0; i < 20; i++) {
    const id = `Ab12Cd-${i.toString(16)}.0`;
    const update = `channel=desk%20lamp seq=${i + 1}`;
    const at = 2000 + 500 * i;
    if (i === 10) trace.open(at - 100, BERT);
    trace.radio(at, `edgewire id=${id} hop=radio dir=in node=attic`, "a comment of somebody");
    const mqtt = at + 10 + i;
    const since = 1000 * (10 + i);
    const line = `edgewire id=${id} hop=mqtt dir=in ${update} since_us=${since}`;
    last.mqtt = trace.mqtt(mqtt, NODE, false, line);
    last.room = trace.room(
      mqtt + 1,
      `edgewire id=${id} hop=room dir=in ${update} since_us=1000`,
    );
    const text = dataMessage("desk lamp", i + 1);
    const to = (us: number) => `edgewire id=${id} hop=ws dir=out ${update} since_us=${us}`;
    last.ws = trace.ws(mqtt + 3, ANNA, true, text, to(2000));
    if (i >= 10) last.ws = trace.ws(mqtt + 4, BERT, true, text, to(3000));
  }
  return { bytes: trace.take(), last };
}

Deno.test("hops: delays from hop to hop and the whole way", () => {
  const { bytes, last } = wholeTrace();
  const hops = hopsOf(bytes);
  const delays = delaysOf(hops.delays);
  assert.deepEqual(Object.keys(delays), [
    "radio in > mqtt in",
    "mqtt in > room in",
    "room in > ws out",
    "radio in >> ws out",
  ]);
  const radio = delays["radio in > mqtt in"]!;
  assert.equal(radio.count, 20);
  near(radio.medianMicroseconds, 19_000);
  near(radio.p95Microseconds, 28_000);
  near(radio.p99Microseconds, 29_000);
  assert.equal(radio.worstMicroseconds, 29_000);
  assert.deepEqual([radio.worstFrame, radio.worstId], [last.mqtt, "Ab12Cd-13.0"]);
  const room = delays["mqtt in > room in"]!;
  assert.deepEqual([room.count, room.worstMicroseconds], [20, 1000]);
  // Anna's twenty after 2 ms, Bert's ten after 3 ms.
  const ws = delays["room in > ws out"]!;
  assert.equal(ws.count, 30);
  near(ws.medianMicroseconds, 2000);
  near(ws.p95Microseconds, 3000);
  assert.equal(ws.worstMicroseconds, 3000);
  const whole = delays["radio in >> ws out"]!;
  // By record: 13 to 32 ms for Anna, 24 to 33 ms for Bert: the 15th of 30 is 25 ms.
  assert.equal(whole.count, 30);
  near(whole.medianMicroseconds, 25_000);
  assert.equal(whole.worstMicroseconds, 33_000);
  assert.deepEqual([whole.worstFrame, whole.worstId], [last.ws, "Ab12Cd-13.0"]);
  assert.equal(hops.packets, 3 + 1 + 20 * 4 + 10);
});

Deno.test("hops: a session that joined later lacks nothing, and nothing is lost", () => {
  const { losses } = hopsOf(wholeTrace().bytes);
  assert.deepEqual(losses, {
    radioRecordsInNoMqttPacket: { count: 0, first: [] },
    mqttUpdatesInNoRoomPacket: { count: 0, first: [] },
    mqttUpdatesInNoWsPacket: {
      count: 0,
      first: [],
      whileASessionHadTheChannel: { count: 0, first: [] },
    },
    roomUpdatesInNoWsPacket: {
      count: 0,
      first: [],
      whileASessionHadTheChannel: { count: 0, first: [] },
    },
    sessions: [],
  });
});

Deno.test("hops: channels, nodes and clients by packets, rate and silence", () => {
  const { bytes, last } = wholeTrace();
  const { channels, nodes, clients } = hopsOf(bytes);
  const span = 11.533;
  assert.equal(channels.length, 1);
  assert.equal(channels[0].name, "desk lamp");
  assert.equal(channels[0].packets, 20 * 3 + 10);
  near(channels[0].packetsPerSecond, 70 / span);
  // From Anna's at 500 * i + 2013 + i ms to MQTT's 498 ms later; Bert's make it shorter.
  near(channels[0].longestPauseSeconds, 0.498);
  assert.equal(channels[0].silentAtEndSeconds, 0);
  assert.deepEqual(
    [nodes.length, nodes[0].name, nodes[0].packets, nodes[0].bytes],
    [1, "attic", 20, 20 * 25],
  );
  near(nodes[0].longestPauseSeconds, 0.5);
  near(nodes[0].silentAtEndSeconds, 0.033);
  const byName = Object.fromEntries(
    clients.map((client: { name: string }) => [client.name, client]),
  );
  assert.deepEqual(Object.keys(byName), ["mqtt node/attic", "ws Anna", "ws 10.0.0.1:50002"]);
  assert.equal(byName["mqtt node/attic"].packets, 21);
  assert.equal(byName["ws Anna"].packets, 21);
  assert.equal(byName["ws 10.0.0.1:50002"].packets, 10);
  assert.equal(byName["ws 10.0.0.1:50002"].lastFrame, last.ws);
  // From the opening at 0 to the first record at 2010 ms.
  near(byName["mqtt node/attic"].longestPauseSeconds, 2.01);
});

Deno.test("hops: the text form has each section, with the unit of every duration", () => {
  const { bytes, last } = wholeTrace();
  const text = summaryText(summaryOf(bytes)).join("\n");
  const row = (pattern: RegExp) => assert.match(text, pattern);
  row(/^Delay from hop to hop, .*within 1 %$/m);
  row(/^ +count +median +95 % +99 % +worst +in frame +with id$/m);
  row(
    new RegExp(
      `radio in -> mqtt in +20 +1\\d\\.\\d ms .* 29\\.0 ms +${last.mqtt} +Ab12Cd-13\\.0$`,
      "m",
    ),
  );
  row(/radio in -> \.\.\. -> ws out +30 /);
  row(/^ *radio in -> mqtt in: only of records that made updates$/m);
  row(/^Losses between hops, as far as this file shows\n {2}none$/m);
  row(/^Channels of the hops, most packets first$/m);
  row(/^Nodes of the hops, longest silence first$/m);
  row(/^ {2}ws Anna +21 /m);
  assert.ok(text.split("\n").every((line) => line.length <= 110));
});

Deno.test("hops: nothing is said of files without such comments", () => {
  const trace = new HopTrace();
  trace.mqtt(0, NODE, false);
  trace.mqtt(1, NODE, false, "edgewire is a gateway", "hop=mqtt", "xedgewire hop=mqtt");
  trace.mqtt(2, NODE, false, "edgewire hop=elsewhere id=a-1", "first\nedgewire hop=mqtt dir=in");
  const bytes = trace.take();
  assert.equal(hopsOf(bytes), undefined);
  assert.doesNotMatch(summaryText(summaryOf(bytes)).join("\n"), /hop/i);
});

Deno.test("hops: one record with several updates came to MQTT once", () => {
  const trace = new HopTrace();
  const update = (hop: string, seq: number, more: string) =>
    `edgewire id=a-1.0 hop=${hop} channel=c seq=${seq} ${more}`;
  trace.radio(0, "edgewire id=a-1.0 hop=radio dir=in");
  const lines = [1, 2, 3].map((seq) => update("mqtt", seq, "dir=in since_us=5000"));
  // As several lines of a comment, and as several comments.
  trace.mqtt(5, NODE, false, `${lines[0]}\n${lines[1]}`, lines[2]!);
  for (const seq of [1, 2, 3]) trace.room(5 + seq, update("room", seq, "dir=in since_us=900"));
  trace.open(5.5, ANNA);
  const sent = [1, 2, 3].map((seq) => update("ws", seq, "dir=out since_us=700"));
  trace.ws(9, ANNA, true, "[]", sent.join("\n"));
  const delays = delaysOf(hopsOf(trace.take()).delays);
  assert.equal(delays["radio in > mqtt in"]!.count, 1);
  assert.equal(delays["mqtt in > room in"]!.count, 3);
  assert.equal(delays["room in > ws out"]!.count, 3);
});

Deno.test("hops: with hops left out of the trace, delays are not named after wrong ones", () => {
  const trace = new HopTrace();
  // Without room: the first is told since MQTT, the second since the room that the file lacks.
  const ids = ["a-1", "a-2"];
  ids.forEach((id, i) => trace.mqtt(10 * i, NODE, false, `edgewire id=${id} hop=mqtt dir=in`));
  trace.ws(24, ANNA, true, "{}", "edgewire id=a-1 hop=ws dir=out channel=c seq=1 since_us=24000");
  trace.ws(34, ANNA, true, "{}", "edgewire id=a-2 hop=ws dir=out channel=c seq=2 since_us=300");
  trace.mqtt(35, NODE, false, "edgewire id=a-3 hop=mqtt dir=in");
  trace.ws(35.15, ANNA, true, "{}", "edgewire id=a-3 hop=ws dir=out channel=c seq=3 since_us=90");
  // A command, and a PUBLISH handed on; nothing is known of the last.
  trace.ws(40, ANNA, false, "{}", "edgewire id=c-1 hop=ws dir=in");
  trace.mqtt(42, NODE, true, "edgewire id=c-1 hop=mqtt dir=out since_us=2000");
  trace.mqtt(43, NODE, true, "edgewire id=a-1 hop=mqtt dir=out since_us=43000");
  trace.mqtt(44, NODE, true, "edgewire id=x-9 hop=mqtt dir=out since_us=77");
  const delays = delaysOf(hopsOf(trace.take()).delays);
  assert.deepEqual(
    Object.entries(delays).map(([name, { count, worstMicroseconds }]) =>
      `${name} ${count} ${worstMicroseconds}`
    ),
    [
      "mqtt in > mqtt out 1 43000",
      "mqtt in > ws out 1 24000",
      "ws in > mqtt out 1 2000",
      "? > mqtt out 1 77",
      "? > ws out 2 300",
      "mqtt in >> ws out 3 24000",
    ],
  );
});

Deno.test("hops: with a filter only its frames count, and no loss is claimed", () => {
  const { bytes } = wholeTrace();
  const filter = "tcp.port == 1883";
  const hops = hopsOf(bytes, filter);
  assert.equal(hops.packets, 21);
  assert.equal(hops.losses, null);
  assert.deepEqual(Object.keys(delaysOf(hops.delays)), ["? > mqtt in"]);
  assert.deepEqual(hops.clients.map(({ name }: { name: string }) => name), ["mqtt node/attic"]);
  const text = summaryText(summaryOf(bytes, filter)).join("\n");
  assert.match(text, /not looked for: frames that the filter left out would look lost/);
});

Deno.test("hops: MQTT over WebSocket, which a trace holds twice, counts once", () => {
  const frame = new CaptureFrame();
  frame.comments = ["edgewire id=a-1 hop=mqtt dir=out client=c channel=d seq=1 since_us=5"];
  const packets = (...names: string[]) => {
    const hops = new Hops(0);
    for (const name of names) {
      frame.number++;
      frame.interface = liveInterface(0, name, 101);
      hops.frame(frame, 1, undefined);
    }
    return [hops.packets, hops.delays.sorted()[0]?.durations.count, hops.channels.rows[0]?.packets];
  };
  assert.deepEqual(packets("mqtt-websocket", "mqtt-pdu"), [1, 1, 1]);
  assert.deepEqual(packets("mqtt-pdu"), [1, 1, 1]);
});
