import assert from "node:assert/strict";
import { encodeEnvelope, type Stamp, userProperties } from "../../gateway/uplink/stamp.ts";
import { readText } from "../../gateway/verify/text_input.ts";
import { Verification } from "../../gateway/verify/verification.ts";
import { openByteSource } from "../../traces/files/byte_source.ts";

const never = new AbortController().signal;
const utf8 = (text: string) => new TextEncoder().encode(text);

function stamp(n: number, more: Partial<Stamp> = {}): Stamp {
  return { epoch: "k3", channel: "desk", seq: n + 10, n, time: 1, via: ["k3"], ...more };
}

async function read(text: string | Uint8Array) {
  const verification = new Verification();
  const bytes = typeof text === "string" ? utf8(text) : text;
  const findings = await readText(await openByteSource(bytes), verification, never);
  const logs = [...verification.views.values()].flatMap((view) =>
    [...view.logs()].map((log) => ({
      seen: view.name,
      log: `${log.epoch}/${log.channel} ${log.first}-${log.last}`,
      messages: log.messages,
      gaps: [...log.gaps()],
      resent: log.resent,
      duplicates: log.duplicates,
      reordered: log.reordered,
    }))
  );
  return { verification, findings, logs };
}

const lines = (objects: unknown[]) => objects.map((one) => JSON.stringify(one)).join("\n") + "\n";

Deno.test("messages as JSON, however their user properties are written", async () => {
  const of = (n: number) => userProperties(stamp(n));
  const { findings, logs, verification } = await read(lines([
    { topic: "a", payload: "1", userProperties: of(1) },
    { topic: "a", payload: 1, properties: { userProperties: of(2) } },
    { topic: "a", payload: { x: 1 }, properties: { "user-properties": of(3) } },
    { topic: "a", user_properties: Object.entries(of(4)) },
    {
      topic: "a",
      userProperties: Object.entries(of(5)).map(([key, value]) => ({ key, value })),
    },
    {
      topic: "a",
      userProperties: Object.entries(of(6)).map(([name, value]) => ({ name, value })),
    },
    { topic: "a", userProperties: of(6), dup: true, qos: 1 },
    { topic: "a", userProperties: of(4), retain: 1 },
    { topic: "a", payload: "nothing" },
    { topic: "a", userProperties: { ...of(7), "ew-n": 7, "ew-seq": 1, "ew-via": 5 } },
    { topic: "a", userProperties: [null, 5, {}, ["ew-n"], "ew-n"] },
    { topic: "a", properties: null, payload: null },
  ]));
  assert.deepEqual(logs, [{
    seen: "the data",
    log: "k3/desk 1-7",
    messages: 8,
    gaps: [],
    resent: 1,
    duplicates: 1,
    reordered: 0,
  }]);
  assert.deepEqual([findings.strange, verification.retained, verification.unstamped], [0, 1, 3]);
});

Deno.test("envelopes: in a payload as text or as JSON, and alone in a line", async () => {
  const sealed = (n: number) => new TextDecoder().decode(encodeEnvelope(stamp(n), utf8("21.5")));
  const { logs } = await read(
    lines([
      { topic: "a", payload: sealed(1) },
      { topic: "a", payload: JSON.parse(sealed(2)) },
    ]) + sealed(4),
  );
  assert.deepEqual(logs.map(({ log, gaps }) => [log, gaps]), [
    ["k3/desk 1-4", [{ from: 3, to: 3 }]],
  ]);
});

Deno.test("records of drops give gaps their reasons, also alone in a line", async () => {
  const notice = (from: number, to: number, reason: string) => ({
    epoch: "k3",
    channel: "desk",
    from,
    to,
    count: to - from + 1,
    reason,
    time: 1,
  });
  const { logs, verification } = await read(lines([
    { topic: "a", userProperties: userProperties(stamp(1)) },
    {
      topic: "site1/edgewire/v1/uplink/k3/dropped",
      payload: JSON.stringify(notice(2, 3, "bytes")),
    },
    { topic: "site1-edgewire/v1/uplink/k3/dropped", payload: notice(4, 4, "age") },
    notice(6, 6, "disk"),
    { topic: "site1/edgewire/v1/uplink/k3/dropped", payload: "no record" },
    { topic: "a", userProperties: userProperties(stamp(7)) },
  ]));
  assert.deepEqual(logs[0]?.gaps, [
    { from: 2, to: 3, reason: "bytes" },
    { from: 4, to: 4, reason: "age" },
    { from: 5, to: 5 },
    { from: 6, to: 6, reason: "disk" },
  ]);
  assert.deepEqual([verification.notices, verification.unstamped], [3, 1]);
});

Deno.test("channels and epochs are apart", async () => {
  const { logs } = await read(lines([
    { topic: "a", userProperties: userProperties(stamp(1)) },
    { topic: "a", userProperties: userProperties(stamp(1, { epoch: "m4" })) },
    { topic: "a", userProperties: userProperties(stamp(1, { channel: "lamp" })) },
    { topic: "a", userProperties: userProperties(stamp(2)) },
  ]));
  assert.deepEqual(logs.map(({ log, messages }) => `${log}: ${messages}`), [
    "k3/desk 1-2: 2",
    "k3/lamp 1-1: 1",
    "m4/desk 1-1: 1",
  ]);
  assert.deepEqual(logs.map(({ duplicates }) => duplicates), [0, 0, 0]);
});

Deno.test("WebSocket messages of a gateway: by seq, with the gaps that it tells", async () => {
  const data = (seq: number) => ({ type: "data", channel: "desk", seq, topic: "t", value: 1 });
  const { logs } = await read(lines([
    { type: "welcome", epoch: "k3", session: "s" },
    { type: "snapshot", channel: "desk", epoch: "k3", seq: 4, values: [] },
    data(5),
    [data(6), { type: "event", channel: "desk", seq: 7, kind: "join" }],
    { type: "gap", channel: "desk", from: 8, to: 10, reason: "slow" },
    data(10),
    data(12),
    { type: "pong", id: "1" },
  ]));
  assert.deepEqual(logs.map(({ seen, log, gaps }) => [seen, log, gaps]), [[
    "the data (history)",
    "k3/desk 5-12",
    [{ from: 8, to: 9, reason: "slow" }, { from: 11, to: 11 }],
  ]]);
});

Deno.test("CSV of a gateway: by seq, with quoted values and line breaks in them", async () => {
  const { logs, findings, verification } = await read(
    "time,seq,topic,value,id\r\n" +
      "1.5,3,a,1,x-1\r\n" +
      '1.5,4,"a,b","""two\n5,5,lines""",x-2\r\n' +
      "1.5,6,a,1,x-3\r\n" +
      "1.5,6,a,1,x-3\r\n" +
      "what\r\n" +
      "1.5,5,a,1,x-4\r\n",
  );
  assert.deepEqual(
    logs.map((
      { log, messages, duplicates, reordered, gaps },
    ) => [log, messages, duplicates, reordered, gaps]),
    [["/the data 3-6", 5, 1, 1, []]],
  );
  assert.deepEqual([findings.strange, findings.firstStrange, findings.isCut], [1, 7, false]);
  assert.equal(verification.views.get("the data")?.lacksEvents, true);
});

Deno.test("gaps of a CSV export do not count, since events are numbered too", async () => {
  const { verification, logs } = await read("time,seq,topic,value,id\n1,3,a,1,x\n1,6,a,1,x\n");
  assert.deepEqual(logs[0]?.gaps, [{ from: 4, to: 5 }]);
  assert.ok(Verification.areClean([...verification.views.values()]));
});

Deno.test("lines that are none, and an end in the middle, are said", async () => {
  const first = JSON.stringify({ topic: "a", userProperties: userProperties(stamp(1)) });
  const cut = await read(`${first}\nError: no JSON\n\n{"other":1}\n${first.slice(0, 40)}`);
  assert.deepEqual(cut.findings, {
    lines: 4,
    strange: 2,
    firstStrange: 2,
    tooLong: 0,
    isCut: true,
  });
  const open = await read('time,seq,topic,value,id\n1,3,a,"x');
  assert.equal(open.findings.isCut, true);
  const whole = await read(first);
  assert.deepEqual([whole.findings.isCut, whole.logs.length], [false, 1]);
});

Deno.test("a long log that comes in pieces", async () => {
  const properties = userProperties(stamp(0));
  const size = 200_000;
  let n = 0;
  const text = new ReadableStream<Uint8Array>({
    pull(controller) {
      let piece = "";
      for (let i = 0; i < 1000; i++) {
        n++;
        piece += `{"topic":"a","payload":"1","userProperties":${
          JSON.stringify({ ...properties, "ew-n": String(n) })
        }}\n`;
      }
      controller.enqueue(utf8(piece));
      if (n >= size) controller.close();
    },
  });
  const verification = new Verification();
  await readText(await openByteSource(text), verification, never);
  const [log] = verification.views.get("the data")!.logs();
  assert.deepEqual([log!.messages, log!.first, log!.last, log!.missing], [size, 1, size, 0]);
});
