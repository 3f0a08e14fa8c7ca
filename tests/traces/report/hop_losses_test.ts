/**
 * What a summary calls lost between hops, and what it does not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { summaryText } from "../../../traces/report/summary/summary_text.ts";
import { dataMessage, hopsOf, HopTrace, summaryOf } from "../support/hop_trace.ts";

const ANNA = 50_001;
const BERT = 50_002;
const NODE = 40_001;

/** Takes an update to some hops; it is at MQTT at `at` ms, at the others a little later. */
function update(
  trace: HopTrace,
  at: number,
  seq: number,
  to: { radio?: boolean; mqtt?: boolean; room?: boolean; ws?: readonly number[] },
  channel = "desk",
): void {
  const id = `Ab12Cd-${seq.toString(16)}.0`;
  const { radio = false, mqtt = true, room = true, ws = [] } = to;
  const rest = `channel=${channel} seq=${seq}`;
  if (radio) trace.radio(at - 5, `edgewire id=${id} hop=radio dir=in node=attic`);
  if (mqtt) trace.mqtt(at, NODE, false, `edgewire id=${id} hop=mqtt dir=in ${rest} since_us=5000`);
  if (room) trace.room(at + 1, `edgewire id=${id} hop=room dir=in ${rest} since_us=1000`);
  for (const port of ws) {
    const comment = `edgewire id=${id} hop=ws dir=out ${rest} since_us=1000`;
    trace.ws(at + 2, port, true, dataMessage(channel, seq), comment);
  }
}

/** A trace of 20 s with what `write` puts in between. */
function losses(write: (trace: HopTrace) => void) {
  const trace = new HopTrace();
  trace.open(0, ANNA, " client=Anna");
  trace.open(1, BERT);
  write(trace);
  trace.ws(20_000, ANNA, false, '{"type":"received","bytes":7}', "edgewire hop=ws dir=in");
  const bytes = trace.take();
  return { ...hopsOf(bytes).losses, text: summaryText(summaryOf(bytes)).join("\n") };
}

Deno.test("losses: radio records that came to no other hop, but not at the ends of the file", () => {
  const found = losses((trace) => {
    const radio = (at: number, id: string) => trace.radio(at, `edgewire id=${id} hop=radio dir=in`);
    radio(500, "a-1.0");
    radio(5000, "a-2.0");
    radio(5001, "a-2.1");
    // Its PUBLISH tells its own id alone.
    radio(6000, "a-3.0");
    trace.mqtt(6010, NODE, false, "edgewire id=a-3 hop=mqtt dir=in");
    update(trace, 7000, 1, { radio: true });
    radio(19_500, "a-4.0");
  });
  assert.deepEqual(found.radioRecordsInNoMqttPacket, {
    count: 2,
    first: [{ name: "a-2.0", frame: 4 }, { name: "a-2.1", frame: 5 }],
  });
  assert.match(
    found.text,
    /2 radio records in no packet of mqtt: a-2\.0 \(frame 4\), a-2\.1 \(frame 5\)$/m,
  );
});

Deno.test("losses: nothing is missing at a hop that the trace leaves out", () => {
  const trace = new HopTrace();
  trace.radio(0, "edgewire id=a-0.0 hop=radio dir=in");
  trace.radio(5000, "edgewire id=a-1.0 hop=radio dir=in");
  trace.room(6000, "edgewire id=a-1.0 hop=room dir=in channel=c seq=1");
  trace.radio(20_000, "edgewire id=a-2.0 hop=radio dir=in");
  const { losses } = hopsOf(trace.take());
  assert.deepEqual(losses, {
    radioRecordsInNoMqttPacket: null,
    mqttUpdatesInNoRoomPacket: null,
    mqttUpdatesInNoWsPacket: null,
    roomUpdatesInNoWsPacket: null,
    sessions: [],
  });
});

Deno.test("losses: holes in what a session got, updates and others apart", () => {
  const found = losses((trace) => {
    for (let seq = 1; seq <= 12; seq++) {
      const at = 2000 + 500 * seq;
      // 3 and 4 reach nobody, 7 not Bert, 9 is no update that the file shows, 11 skips the room.
      if (seq === 9) continue;
      const ws = seq === 3 || seq === 4 ? [] : seq === 7 ? [ANNA] : [ANNA, BERT];
      update(trace, at, seq, { ws, room: seq !== 11 });
    }
  });
  const none = { count: 0, first: [] };
  const both = (frames: number[]) => ({
    count: 2,
    first: frames.map((frame, i) => ({ name: `desk ${3 + i}`, frame })),
  });
  // Two openings, then four packets each for 1 and 2, two each for 3 and 4.
  assert.deepEqual(found.mqttUpdatesInNoWsPacket, {
    ...both([11, 13]),
    whileASessionHadTheChannel: both([11, 13]),
  });
  assert.equal(found.roomUpdatesInNoWsPacket.count, 2);
  assert.deepEqual(
    found.mqttUpdatesInNoRoomPacket.first.map(({ name }: { name: string }) => name),
    [
      "desk 11",
    ],
  );
  assert.deepEqual(found.radioRecordsInNoMqttPacket, none);
  const [bert, anna] = found.sessions;
  assert.deepEqual(bert, {
    session: "10.0.0.1:50002",
    client: null,
    tcpStream: 1,
    channel: "desk",
    firstSeq: 1,
    lastSeq: 12,
    updatesMissing: 3,
    numbersSeenNowhere: 1,
    numbersThinnedWithGap: 0,
    updatesBehindAtEnd: 0,
    missing: [
      { from: 3, to: 4, beforeFrame: 18 },
      { from: 7, to: 7, beforeFrame: 29 },
      { from: 9, to: 9, beforeFrame: 33 },
    ],
    missingNotListed: 0,
  });
  assert.deepEqual(
    [anna.client, anna.updatesMissing, anna.numbersSeenNowhere, anna.missing.length],
    ["Anna", 2, 1, 2],
  );
  assert.match(found.text, /^ {2}10\.0\.0\.1:50002 +desk +3 +0 +1 +0 +3-4,7,9 +18$/m);
  assert.match(found.text, /^ {2}Anna 10\.0\.0\.1:50001 +desk +2 +0 +1 +0 +3-4,9 +17$/m);
});

Deno.test("losses: what no session had the channel for is said, but is no loss of a session", () => {
  const found = losses((trace) => {
    for (let seq = 1; seq <= 4; seq++) update(trace, 2000 + 500 * seq, seq, { ws: [] });
    for (let seq = 5; seq <= 6; seq++) update(trace, 5000 + 500 * seq, seq, { ws: [ANNA] });
    // What comes at the end of the file may go on behind it.
    update(trace, 19_500, 7, { ws: [] });
    update(trace, 19_600, 8, { ws: [], room: false });
  });
  assert.equal(found.roomUpdatesInNoWsPacket.count, 4);
  assert.equal(found.roomUpdatesInNoWsPacket.whileASessionHadTheChannel.count, 0);
  assert.equal(found.mqttUpdatesInNoRoomPacket.count, 0);
  assert.deepEqual(found.sessions, []);
  assert.match(
    found.text,
    /4 updates seen in room, in no packet of ws: desk 1 \(frame 3\), /,
  );
  assert.match(found.text, /none of them while a session had their channel/);
});

Deno.test("losses: a hole at the end of the file is one, a hop that may follow is not", () => {
  const found = losses((trace) => {
    update(trace, 19_500, 1, { ws: [ANNA] });
    update(trace, 19_600, 2, { room: false });
    update(trace, 19_700, 3, { ws: [ANNA] });
  });
  assert.equal(found.mqttUpdatesInNoWsPacket.whileASessionHadTheChannel.count, 1);
  assert.equal(found.mqttUpdatesInNoRoomPacket.count, 0);
});

Deno.test("losses: what a gap announced is thinned, not lost", () => {
  const found = losses((trace) => {
    for (let seq = 1; seq <= 12; seq++) {
      if (seq === 8) {
        const gap = { type: "gap", channel: "desk", from: 4, to: 7, reason: "slow" };
        trace.ws(7500, ANNA, true, JSON.stringify(gap), "edgewire hop=ws dir=out channel=desk");
      }
      // 6 comes, of the range that the gap names; 10 is lost behind it.
      const late = seq === 8 ? [6] : [];
      for (const old of late) update(trace, 7600, old, { mqtt: false, room: false, ws: [ANNA] });
      const ws = seq >= 4 && seq <= 7 || seq === 10 ? [] : [ANNA];
      update(trace, seq === 8 ? 7700 : 2000 + 600 * seq, seq, { ws });
    }
  });
  const [anna] = found.sessions;
  assert.deepEqual(
    [anna.numbersThinnedWithGap, anna.updatesMissing, anna.numbersSeenNowhere, anna.missing.length],
    [3, 1, 0, 1],
  );
});

Deno.test("losses: a session that begins anew has no hole, and its history is no delay", () => {
  const trace = new HopTrace();
  trace.open(0, ANNA);
  const subscribe = (at: number, type: string) =>
    trace.ws(at, ANNA, false, `{ "channel": "desk", "type": "${type}" }`, "edgewire hop=ws dir=in");
  for (let seq = 1; seq <= 3; seq++) update(trace, 2000 + 100 * seq, seq, { ws: [ANNA] });
  subscribe(3000, "unsubscribe");
  for (let seq = 4; seq <= 9; seq++) update(trace, 3000 + 100 * seq, seq, {});
  subscribe(5000, "subscribe");
  const snapshot = { type: "snapshot", channel: "desk", epoch: "e", seq: 10, values: [] };
  // The snapshot's comment names what is in it: updates of long ago, with numbers between missing.
  const old = (seq: number) =>
    `edgewire id=Ab12Cd-${seq}.0 hop=ws dir=out channel=desk seq=${seq} since_us=1700000`;
  trace.ws(5001, ANNA, true, JSON.stringify(snapshot), `${old(4)}\n${old(9)}`);
  for (let seq = 11; seq <= 12; seq++) update(trace, 5000 + 100 * seq, seq, { ws: [ANNA] });
  // It comes again with a position: history, then news.
  subscribe(7000, "subscribe");
  const since = "hop=ws dir=out channel=desk seq=12 since_us=802000";
  trace.ws(7001, ANNA, true, dataMessage("desk", 12), `edgewire id=Ab12Cd-c.0 ${since}`);
  update(trace, 7100, 13, { ws: [ANNA] });
  // It leaves, and comes again with a position that it has from elsewhere.
  subscribe(7200, "unsubscribe");
  for (const seq of [14, 15]) update(trace, 7200 + seq, seq, {});
  subscribe(7300, "subscribe");
  update(trace, 7400, 16, { ws: [ANNA] });
  trace.ws(9000, ANNA, false, "{}", "edgewire hop=ws dir=in");
  const hops = hopsOf(trace.take());
  assert.deepEqual(hops.losses.sessions, []);
  assert.equal(hops.losses.roomUpdatesInNoWsPacket.whileASessionHadTheChannel.count, 0);
  assert.equal(hops.updatesFromHistory, 1);
  const sent = hops.delays.filter(({ to, wholeWay }: { to: { hop: string }; wholeWay: boolean }) =>
    to.hop === "ws" && !wholeWay
  );
  assert.deepEqual([sent.length, sent[0].count, sent[0].worstMicroseconds], [1, 7, 1000]);
});

Deno.test("losses: events share the numbers, alone and among updates", () => {
  const found = losses((trace) => {
    const event = (seq: number) =>
      `{"type":"event","channel":"desk","seq":${seq},"time":1,"kind":"join","detail":{}}`;
    update(trace, 3000, 1, { ws: [ANNA] });
    trace.ws(3100, ANNA, true, event(2), "edgewire hop=ws dir=out");
    update(trace, 3200, 3, { ws: [ANNA] });
    for (const seq of [4, 6]) update(trace, 3300 + seq, seq, {});
    const text = `[${dataMessage("desk", 4)},${event(5)},${dataMessage("desk", 6)},${event(7)}]`;
    const line = (seq: number) => `edgewire hop=ws dir=out channel=desk seq=${seq}`;
    trace.ws(3400, ANNA, true, text, line(4), line(6));
  });
  assert.deepEqual(found.sessions, []);
});

Deno.test("losses: numbers that come late fill their holes", () => {
  const found = losses((trace) => {
    for (let seq = 1; seq <= 6; seq++) update(trace, 2000 + 100 * seq, seq, {});
    for (const seq of [1, 6, 3, 3]) {
      update(trace, 3000, seq, { mqtt: false, room: false, ws: [BERT] });
    }
  });
  const [{ updatesMissing, missing }] = found.sessions;
  assert.equal(updatesMissing, 3);
  assert.deepEqual(
    missing.map(({ from, to }: { from: number; to: number }) => [from, to]),
    [[2, 2], [4, 5]],
  );
});

Deno.test("losses: a session that stays behind, and records that the reader was too slow for", () => {
  const found = losses((trace) => {
    for (let seq = 1; seq <= 9; seq++) {
      update(trace, 2000 + 1000 * seq, seq, { ws: seq > 5 ? [ANNA] : [ANNA, BERT] });
    }
    trace.room(19_900, "edgewire hop=room dir=in lost=7");
    trace.room(19_901, "edgewire hop=room dir=in lost=5");
  });
  const [bert] = found.sessions;
  assert.deepEqual(
    [bert.session, bert.updatesMissing, bert.updatesBehindAtEnd],
    ["10.0.0.1:50002", 0, 4],
  );
  assert.equal(found.sessions.length, 1);
  assert.match(found.text, /12 records not in the file.*\(told in 2 packets,/);
});
