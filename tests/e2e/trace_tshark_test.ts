/**
 * Traces of all kinds of traffic: tshark dissects them by itself and has nothing to warn of, the
 * project's own decoder says the same, field by field, and its hop report is true.
 *
 * @module
 */
import assert from "node:assert/strict";
import { makeCertificates } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { TestProcess } from "../support/process.ts";
import { testWith } from "../support/tools.ts";
import { TraceCapture } from "../support/trace_capture.ts";
import { tsharkLayers, tsharkRows, tsharkWarnings } from "../support/tshark.ts";
import { WsPeer } from "../support/ws_peer.ts";
import { compareCaptures, fieldsToCompare } from "../traces/compare/compare_captures.ts";

const ROOT = new URL("../../", import.meta.url);
const LAST = "the last of all";

/** Each interface, and protocols that tshark finds by itself among its packets. */
async function checkProtocols(path: string, expected: Record<string, string[]>) {
  const frames = await tsharkLayers(path);
  for (const [name, protocols] of Object.entries(expected)) {
    const own = frames.filter((frame) => frame.interface === name);
    for (const protocol of protocols) {
      assert.ok(own.some(({ layers }) => layers.includes(protocol)), `${protocol} on ${name}`);
    }
  }
}

async function compare(path: string) {
  const { fields } = await fieldsToCompare();
  const { differences } = await compareCaptures([path], fields);
  assert.deepEqual(differences.slice(0, 20), [], `${differences.length} differences`);
}

interface Summary {
  hops: {
    packetsByHop: Record<string, number>;
    delays: { leastMicroseconds: number; worstMicroseconds: number; count: number }[];
    recordsLostBeforeFile: { count: number };
    losses: {
      radioRecordsInNoMqttPacket: { count: number };
      mqttUpdatesInNoRoomPacket: { count: number };
      roomUpdatesInNoWsPacket: { whileASessionHadTheChannel: { count: number } };
    };
  };
}

async function summary(path: string): Promise<Summary["hops"]> {
  await using decode = new TestProcess(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "main.ts", "decode", path]
      .concat(["--summary", "--format", "json"]),
    cwd: ROOT.pathname,
  });
  assert.equal((await decode.status).code, 0, decode.output);
  return (JSON.parse(decode.lines.join("\n")) as Summary).hops;
}

testWith(["tshark", "openssl"], "a trace of the demo, with TLS", async (t) => {
  const { ca, cert, key } = await makeCertificates();
  const dir = await Deno.makeTempDir({ prefix: "edgewire-test-" });
  try {
    for (const [name, text] of Object.entries({ cert, key })) {
      await Deno.writeTextFile(`${dir}/${name}.pem`, text);
    }
    await using gateway = await GatewayProcess.start({
      args: ["--demo", "--cert", `${dir}/cert.pem`, "--key", `${dir}/key.pem`, "--mqtts-port", "0"],
    });
    using client = Deno.createHttpClient({ caCerts: [ca] });
    await using live = await TraceCapture.live(gateway, "", { client });
    await using screen = await WsPeer.open(gateway.ws("/ws"), { client });
    const subscribed = new Set<string>();
    await eventually("frames of each kind of radio", () => {
      for (const message of screen.messages) {
        if (message.type !== "channels") continue;
        for (const channel of message.added) {
          if (subscribed.has(channel)) continue;
          subscribed.add(channel);
          screen.send({ type: "subscribe", channel });
        }
      }
      return ["radio:ble-1", "radio:ble-2", "radio:wpan-1"].every((name) => live.has(name));
    });
    const options = { ca: [ca] as unknown as string[] };
    const web = gateway.ws("/mqtt").href.replace("127.0.0.1", "localhost");
    for (const url of [`mqtts://localhost:${gateway.mqttsPort}`, web]) {
      await using peer = await MqttPeer.connect(url, options);
      await peer.subscribe("devices/tls/#");
      for (const qos of [0, 1, 2] as const) await peer.publish("devices/tls/n", url, { qos });
      await peer.message(({ text }) => text === url);
    }
    screen.send({ type: "subscribe", channel: "tls" });
    await screen.next("snapshot", ({ channel }) => channel === "tls");
    await using plain = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    await plain.publish("devices/tls/n", LAST);
    await screen.next("data", ({ value }) => value === LAST);
    await live.until(`"value":"${LAST}`);
    // Who only leaves may have records of which the packet that carried them is still to come.
    await gateway.process.stop();
    await live.ended;
    const file = await live.file();

    await t.step("tshark dissects each hop and has nothing to warn of", async () => {
      await checkProtocols(file, {
        "radio:ble-1": ["btle", "btcommon"],
        "radio:ble-2": ["bthci_evt", "btcommon"],
        "radio:wpan-1": ["wpan-tap"],
        "mqtt": ["mqtt"],
        "mqtt-websocket": ["http", "websocket"],
        "mqtt-pdu": ["mqtt"],
        "ws": ["http", "websocket"],
        "room": ["json"],
      });
      const wpan = await tsharkRows(file, ["wpan.fcs_ok"], "wpan");
      assert.ok(wpan.length > 0);
      assert.deepEqual(await tsharkWarnings(file), []);
    });

    await t.step("our decoder says the same", () => compare(file));

    await t.step("the hop report is true", async () => {
      const { packetsByHop, delays, losses, recordsLostBeforeFile } = await summary(file);
      for (const hop of ["radio in", "mqtt in", "room", "ws out"]) {
        assert.ok(packetsByHop[hop]! > 0);
      }
      const rooms = (await tsharkLayers(file)).filter(({ layers }) =>
        layers.includes("json") && !layers.includes("tcp")
      );
      assert.equal(packetsByHop.room, rooms.length);
      for (const delay of delays) {
        const { count, leastMicroseconds, worstMicroseconds } = delay;
        const plausible = count > 0 && leastMicroseconds >= 0 && worstMicroseconds < 10e6;
        assert.ok(plausible, JSON.stringify(delay));
      }
      assert.equal(recordsLostBeforeFile.count, 0);
      assert.equal(losses.radioRecordsInNoMqttPacket.count, 0);
      assert.equal(losses.mqttUpdatesInNoRoomPacket.count, 0);
      const gaps = screen.messages.filter(({ type }) => type === "gap");
      assert.deepEqual(gaps, [], "the screen got everything");
      assert.equal(losses.roomUpdatesInNoWsPacket.whileASessionHadTheChannel.count, 0);
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

testWith(
  ["tshark", "mosquitto"],
  "an external broker, and connections that were open",
  async (t) => {
    await using broker = await startMosquitto({ websockets: true });
    await using direct = await MqttPeer.connect(broker.url);
    for (const url of [broker.url, broker.wsUrl]) {
      const scheme = url.split(":")[0]!;
      await using gateway = await GatewayProcess.start({
        args: ["--broker", url, "--trace-recent-bytes", "0"],
      });
      await gateway.process.waitForLine(/^broker: connected/);
      const open = { path: gateway.ws("/mqtt").href };
      await using five = await MqttPeer.connect(open.path, { protocolVersion: 5 });
      await using four = await MqttPeer.connect(open.path);
      await using before = await WsPeer.open(gateway.ws("/ws"));
      await direct.publish("devices/before/n", 1);
      await before.next("channels", ({ added }) => added.includes("before"));
      before.send({ type: "subscribe", channel: "before" });
      await before.next("snapshot");

      await using live = await TraceCapture.live(gateway);
      await five.client.subscribeAsync("devices/before/#", {
        qos: 2,
        properties: { subscriptionIdentifier: 7 },
      });
      await five.client.publishAsync("devices/before/n", "of version 5", {
        qos: 1,
        properties: { userProperties: { a: "b" }, messageExpiryInterval: 5 },
      });
      await four.publish("devices/before/n", "of version 3.1.1", { qos: 2 });
      await using late = await MqttPeer.connect(open.path, { protocolVersion: 5 });
      await late.subscribe("devices/#", 0);
      await direct.publish("devices/before/n", LAST);
      await before.next("data", ({ value }) => value === LAST);
      await late.message(({ text }) => text.includes(LAST));
      await direct.publish("devices/end/n", "behind the last");
      await live.until("behind the last");
      const file = await live.file();
      const syn = "tcp.flags.syn == 1 && tcp.flags.ack == 0";
      const rows = await tsharkRows(
        file,
        ["frame.interface_name", "frame.comment", "tcp.flags.syn"],
        `mqtt.unknown_version || (${syn})`,
      );
      const isSyn = ([, , flag]: string[][]) => flag!.includes("1");

      await t.step(
        `${scheme}: tshark has nothing to warn of, our decoder says the same`,
        async () => {
          assert.deepEqual(await tsharkWarnings(file), []);
          const unknown = rows.filter((row) => !isSyn(row));
          assert.deepEqual(unknown, [], "the version of MQTT is known");
          await compare(file);
        },
      );

      await t.step(`${scheme}: what was open before is marked`, () => {
        const begun = rows.filter(isSyn)
          .map(([name, comments]) => ({ name: name![0], comment: comments!.join() }));
        const names = (accept: (comment: string) => boolean) =>
          begun.filter(({ comment }) => accept(comment)).map(({ name }) => name).sort();
        const upstream = scheme === "mqtt" ? "mqtt" : "mqtt-websocket";
        // Two clients, what is dialled for them and for the gateway itself, and the session.
        const old = ["mqtt-websocket", "mqtt-websocket", upstream, upstream, upstream, "ws"];
        const wasOpen = (comment: string) => comment.includes("before=1");
        assert.deepEqual(names(wasOpen), old.sort());
        const young = ["mqtt-websocket", upstream];
        const isMade = (comment: string) => comment.includes("synthetic=handshake");
        assert.deepEqual(names((comment) => isMade(comment) && !wasOpen(comment)), young.sort());
      });
    }
  },
);
