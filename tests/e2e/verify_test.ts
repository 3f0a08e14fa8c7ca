/** `edgewire verify` with real brokers, captures and logs. */
import assert from "node:assert/strict";
import { verify as command } from "../../gateway/verify.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { TestProcess } from "../support/process.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { testOnWire } from "../support/tools.ts";
import { TraceCapture } from "../support/trace_capture.ts";
import {
  logsOf,
  publishStamped,
  type Sending,
  startVerify,
  type Verified,
  verifiedBy,
  verify,
} from "../support/verified.ts";
import { commandHere } from "../traces/support/command_here.ts";

const { test, testWith } = sideBySide(2);

/** Missing: 3 and 4, told; 8. Once more: 6. Late: 10. */
const DAMAGED: Sending[] = [1, 2, { dropped: [3, 4] }, 5, 6, { again: 6 }, 7, 9, 11, 10, 12];
const CLEAN: Sending[] = [1, 2, 3, 4, 5];

/** Lines that say what was found, without where it was seen. */
function found(verified: Verified): string[] {
  return logsOf(verified).map((log) => {
    const gaps = log.gaps.map(({ from, to, reason }) => `${from}-${to} ${reason ?? ""}`.trim());
    const late = log.reorderings.map(({ from, to, after }) => `${from}-${to} after ${after}`);
    return `${log.epoch} ${log.channel}: ${log.messages} of ${log.first}-${log.last}; ` +
      `gaps ${gaps}; ${log.duplicates} duplicates; late ${late}`;
  }).sort();
}

const DAMAGE = ["desk", "lamp", "oven"].map((channel) =>
  `k3x9 ${channel}: 10 of 1-12; gaps 3-4 bytes,8-8; 1 duplicates; late 10-10 after 11`
);

async function withFile<T>(content: string | Uint8Array, fn: (path: string) => Promise<T>) {
  const path = await Deno.makeTempFile({ prefix: "edgewire-verify-" });
  try {
    if (typeof content === "string") await Deno.writeTextFile(path, content);
    else await Deno.writeFile(path, content);
    return await fn(path);
  } finally {
    await Deno.remove(path);
  }
}

/** {@linkcode verify} without a process of its own. No test here that runs beside another writes. */
async function verifyHere(...args: string[]): Promise<Verified> {
  const { code, stdout, stderr } = await commandHere(command, args);
  return { code, output: `${stderr}${stdout}`.trimEnd() };
}

Deno.test("logs: exit codes, standard text, compressed files", async () => {
  const line = (n: number) =>
    `{"topic":"a","userProperties":{"ew-epoch":"k3","ew-channel":"desk\\u001b[2J","ew-seq":"1",` +
    `"ew-n":"${n}","ew-time":"1","ew-via":"k3"}}\n`;
  const clean = line(1) + line(2) + line(3);
  await withFile(clean, async (path) => {
    const { code, output } = await verify(path);
    assert.deepEqual(await verifyHere(path), { code, output });
    assert.equal(code, 0, output);
    assert.ok(!output.includes("\x1b"), "no control characters of others");
  });
  const zipped = new Blob([clean]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(zipped).arrayBuffer());
  await withFile(bytes, async (path) => assert.equal((await verifyHere(path)).code, 0));
  await withFile(bytes.subarray(0, bytes.length - 6), async (path) => {
    const { code, output } = await verifyHere(path);
    assert.equal(code, 3, output);
    assert.match(output, /gzip data ends/);
  });
  await withFile(clean + line(4).slice(0, 50), async (path) => {
    const { code, output } = await verifyHere(path);
    assert.equal(code, 3, output);
    assert.match(output, /ends in the middle of a line/);
  });
  await withFile(line(4), async (second) => {
    await withFile(clean, async (first) => {
      const { code, output } = await verifyHere(first, second);
      assert.equal(code, 0, output);
    });
  });
  const rows = "time,seq,topic,value,id\r\n1,3,a,1,x\r\n1,6,a,1,x\r\n";
  await withFile(rows, async (path) => {
    const { code, output } = await verifyHere(path);
    assert.equal(code, 0, output);
    assert.match(output, /gap 4 to 5 \(2\), perhaps events/);
    assert.match(output, /No duplicates, no reorderings; 2 missing, perhaps events: 2 messages/);
  });
  await withFile(`${rows}1,6,a,1,x\r\n`, async (path) => {
    const { code, output } = await verifyHere(path);
    assert.equal(code, 1, output);
    assert.match(
      output,
      /2 missing, perhaps events, 1 duplicate, no reorderings: 3 messages of 1 channel/,
    );
  });
  await withFile(`{"topic":"a","payload":1}\n`, async (path) => {
    const { code, output } = await verifyHere(path);
    assert.equal(code, 2, output);
    assert.match(output, /nothing to verify: .*; 1 message without numbers/);
  });
});

Deno.test("wrong usage: exit code 2, and what to do", async () => {
  const inRoot = (name: string) => new URL(`../../${name}`, import.meta.url).pathname;
  const cases: [string[], RegExp][] = [
    [[], /name a capture or log to verify, or a broker with --from URL/],
    [["a", "--from", "mqtt://127.0.0.1:1"], /leave out the file "a"/],
    [["a", "--topic", "b"], /--topic goes with --from alone/],
    [["a", "--frmat", "json"], /unknown option --frmat/],
    [["a", "--format", "xml"], /"xml" is not one of text, json/],
    [["--from", "mqtt://127.0.0.1:1", "--received"], /--received is for files/],
    [["--from", "localhost"], /--from: "localhost" is no address/],
    [["--from", "mqtt://127.0.0.1:1", "--topic", "a#"], /--topic: .*wildcard/],
    [["--from", "mqtt://127.0.0.1:1", "--seconds", "0"], /--seconds: "0" is no number of seconds/],
    [["--from", "mqtt://127.0.0.1:1"], /cannot connect to mqtt:\/\/127\.0\.0\.1:1/],
    [["/nonexistent"], /\/nonexistent: can't be read/],
    [[inRoot("README.md")], /not a pcap or pcapng file but text/],
    [[inRoot("deno.json")], /neither a capture nor a log: line 1/],
    [["-", "-"], /give - once/],
  ];
  for (const [args, message] of cases) {
    const { code, output } = await verifyHere(...args);
    assert.equal(code, 2, `${args}: ${output}`);
    assert.match(output, message);
  }
  // What may be read and looked up before anything is wrong is no more in a process.
  for (const at of [0, 9, 10]) {
    const [args] = cases[at]!;
    assert.deepEqual(await verify(...args), await verifyHere(...args));
  }
});

testOnWire(
  ["mosquitto", "mosquitto_sub"],
  "the same damage is found in a capture, in a log of mosquitto_sub, and live",
  async (t) => {
    await using broker = await startMosquitto({ websockets: true });
    await using wire = await TraceCapture.wire([broker.port, broker.wsPort]);
    await using five = await MqttPeer.connect(broker.url, { protocolVersion: 5 });
    await five.publish("up/begin", "the very beginning", { retain: true });
    await using sub = new TestProcess("mosquitto_sub", {
      args: ["-p", `${broker.port}`, "-V", "5", "-q", "1", "-t", "up/#", "-F", "%j"],
    });
    // What is retained says that the subscription has begun.
    await sub.waitForLine(/the very beginning/);
    const args = ["--from", broker.url, "--topic", "up/#", "--until-idle", "3", "--format", "json"];
    await using live = startVerify(args);
    await live.waitForLine(/listening to up\/#/);

    await using four = await MqttPeer.connect(broker.url);
    await using web = await MqttPeer.connect(broker.wsUrl, { protocolVersion: 5 });
    await Promise.all([
      publishStamped(five, "desk", DAMAGED, "properties"),
      publishStamped(four, "lamp", DAMAGED, "envelope"),
      publishStamped(web, "oven", DAMAGED, "properties"),
    ]);
    await five.publish("up/end", "the very end");

    await t.step("live", async () => {
      const verified = await verifiedBy(live);
      assert.equal(verified.code, 1, verified.output);
      assert.deepEqual(found(verified), DAMAGE);
      assert.deepEqual(logsOf(verified).map(({ resent }) => resent), [0, 0, 0]);
    });
    await t.step("mosquitto_sub", async () => {
      await sub.waitForLine(/the very end/);
      const lines = sub.lines.filter((line) => line.startsWith("{"));
      await withFile(lines.join("\n"), async (path) => {
        const verified = await verifyHere(path, "--format", "json");
        assert.equal(verified.code, 1, verified.output);
        assert.deepEqual(found(verified), DAMAGE);
      });
    });
    await wire.until("the very end");
    const file = await wire.file();
    await t.step("capture: what was sent", async () => {
      const verified = await verify(file, "--format", "json");
      assert.equal(verified.code, 1, verified.output);
      assert.deepEqual(found(verified), DAMAGE);
      const logs = logsOf(verified);
      assert.deepEqual(logs.map(({ resent }) => resent), [1, 1, 1]);
      assert.deepEqual(Object.fromEntries(logs.map(({ channel, seen }) => [channel, seen])), {
        desk: `sent to 127.0.0.1:${broker.port}`,
        lamp: `sent to 127.0.0.1:${broker.port}`,
        oven: `sent to 127.0.0.1:${broker.wsPort}`,
      });
    });
    await t.step("capture: what each subscriber received", async () => {
      const verified = await verifyHere(file, "--received", "--format", "json");
      assert.equal(verified.code, 1, verified.output);
      assert.deepEqual(found(verified), [...DAMAGE, ...DAMAGE].sort());
    });
    await t.step("text", async () => {
      const { output, code } = await verifyHere(file);
      assert.equal(code, 1);
      assert.match(output, /^sent to 127\.0\.0\.1:\d+$/m);
      assert.match(output, /^ {4}desk +10 +1 +12 +3 +1 +1$/m);
      assert.match(output, /^ {6}gap 3 to 4 \(2\), told: bytes$/m);
      assert.match(output, /^ {6}gap 8 \(1\)$/m);
      assert.match(output, /^ {6}duplicate 6, resent$/m);
      assert.match(output, /^ {6}reordered 10, after 11$/m);
      assert.match(output, /^9 missing in 6 gaps \(of which the uplink told: 6\), 3 duplicates /m);
    });
    await t.step("a capture that ends in the middle", async () => {
      const whole = await Deno.readFile(file);
      await withFile(whole.subarray(0, whole.length - 10), async (path) => {
        const { code, output } = await verifyHere(path);
        assert.equal(code, 1, output);
        assert.match(output, /note: .*ends .* bytes into/);
      });
    });
  },
);

testWith(
  ["mosquitto"],
  "live: retained messages are left out, and a lost broker is said",
  async () => {
    await using broker = await startMosquitto();
    await using peer = await MqttPeer.connect(broker.url, { protocolVersion: 5 });
    const old = { epoch: "k3x9", channel: "desk", seq: 1, n: 99, time: 1, via: [], payload: 1 };
    await peer.publish("up/devices/desk", { ew: 1, ...old }, { retain: true });
    const args = ["--from", broker.url, "--topic", "up/#"];
    await using live = startVerify(args);
    await live.waitForLine(/Ctrl\+C ends it/);
    await using stopped = startVerify(args);
    await stopped.waitForLine(/Ctrl\+C ends it/);
    await publishStamped(peer, "desk", CLEAN, "properties");
    // What came last to another subscriber has come to these.
    await using sub = await MqttPeer.connect(broker.url);
    await sub.subscribe("up/#");
    await publishStamped(peer, "desk", [6], "properties");
    await sub.message(({ retain }) => !retain);
    stopped.kill("SIGINT");
    const quiet = await verifiedBy(stopped);
    assert.equal(quiet.code, 0, quiet.output);
    assert.match(quiet.output, /No gaps, no duplicates, no reorderings: 6 messages of 1 channel/);
    await broker.kill();
    const lost = await verifiedBy(live);
    assert.equal(lost.code, 3, lost.output);
    assert.match(lost.output, /note: mqtt:\/\/127\.0\.0\.1:\d+ is lost/);
    assert.match(lost.output, /No gaps, no duplicates, no reorderings: 6 messages of 1 channel/);
  },
);

testOnWire(["mosquitto"], "a gateway's uplink: all is there, also in a trace of it", async () => {
  await using broker = await startMosquitto();
  await using live = startVerify(["--from", broker.url, "--topic", "site1/#"]);
  await live.waitForLine(/Ctrl\+C ends it/);
  await using end = await MqttPeer.connect(broker.url);
  await end.subscribe("site1/#");
  await using wire = await TraceCapture.wire([broker.port]);
  await using gateway = await GatewayProcess.start({
    args: ["--uplink", broker.url, "--uplink-prefix", "site1/"],
  });
  await using trace = await TraceCapture.live(gateway);
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  for (let n = 1; n <= 90; n++) await peer.publish(`devices/d${n % 3}/n`, n);
  await peer.publish("devices/d0/end", "the very end");
  await end.message(({ text }) => text === "the very end");
  await Promise.all([wire.until("the very end"), trace.until("site1/devices/d0/end")]);
  live.kill("SIGINT");
  const all = /No gaps, no duplicates, no reorderings: 91 messages of 3 channels/;
  const listened = await verifiedBy(live);
  assert.equal(listened.code, 0, listened.output);
  assert.match(listened.output, all);
  for (const capture of [wire, trace]) {
    const { code, output } = await verifyHere(await capture.file());
    assert.equal(code, 0, output);
    assert.match(output, all);
  }
});

test("live at a gateway, which speaks MQTT 3.1.1", async () => {
  await using gateway = await GatewayProcess.start();
  await using live = startVerify(["--from", gateway.url.href, "--seconds", "3", "--topic", "up/#"]);
  await live.waitForLine(/listening/);
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await publishStamped(peer, "desk", CLEAN, "envelope");
  const { code, output } = await verifiedBy(live);
  assert.equal(code, 0, output);
  assert.match(output, /: 5 messages of 1 channel/);
});
