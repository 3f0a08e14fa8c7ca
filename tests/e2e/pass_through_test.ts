/**
 * `/mqtt` with an external broker where things go wrong, and at the end.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import {
  connectPacket,
  encode,
  publishPacket,
  RawMqtt,
  subscribePacket,
} from "../support/raw_mqtt.ts";
import { testWith } from "../support/tools.ts";

const VIEWER = "a-token-of-the-viewer";

testWith(["mosquitto"], "/mqtt with an external broker", async (t) => {
  await using broker = await startMosquitto({ websockets: true });
  await using peer = await MqttPeer.connect(broker.url);
  const start = (url: string) =>
    GatewayProcess.start({
      args: ["--broker", url, "--limits-mqtt-packet-bytes", "2000"]
        .concat(["--limits-mqtt-backlog-bytes", "100000"]),
      config: `tokens: [{ name: v, role: viewer, token: ${VIEWER} }]`,
    });

  for (const url of [broker.url, broker.wsUrl]) {
    await using gateway = await start(url);
    await gateway.process.waitForLine(/^broker: connected/);
    const scheme = url.split(":")[0];
    const open = async (headers: Record<string, string> = {}) => {
      const raw = await RawMqtt.webSocket(gateway.ws("/mqtt"), { headers });
      await raw.send(connectPacket(crypto.randomUUID()));
      await raw.packet("connack");
      return raw;
    };

    await t.step(`${scheme}: what is sent right before the end arrives`, async () => {
      await peer.subscribe("last/#", 0);
      peer.received.length = 0;
      for (let i = 0; i < 10; i++) {
        const raw = await RawMqtt.webSocket(gateway.ws("/mqtt"));
        // All at once: the broker has not even been reached when the client is gone.
        await raw.send(
          connectPacket(`last-${i}`),
          publishPacket("last/n", `${i}`),
          encode({ cmd: "disconnect" }),
        );
        raw.close();
        await raw.gone();
      }
      for (let i = 0; i < 10; i++) await peer.message(({ text }) => text === String(i));
      assert.equal(peer.received.length, 10);
    });

    await t.step(
      `${scheme}: a packet too big for us ends one client, not the gateway`,
      async () => {
        using viewer = await open({ authorization: `Bearer ${VIEWER}` });
        await viewer.send(subscribePacket("big/#"));
        await viewer.packet("suback");
        await peer.publish("big/n", "x".repeat(3000));
        await viewer.gone();
        using sender = await open();
        await sender.send(publishPacket("big/n", "x".repeat(3000)));
        assert.equal((await sender.gone())!.code, 4413);
        assert.equal((await fetch(new URL("/healthz", gateway.url))).status, 200);
      },
    );

    await t.step(`${scheme}: malformed packets end one client`, async () => {
      for (
        const bytes of [publishPacket("first", "1"), Uint8Array.of(0, 0), Uint8Array.of(0x10, 0)]
      ) {
        using raw = await RawMqtt.webSocket(gateway.ws("/mqtt"));
        await raw.send(bytes);
        assert.equal((await raw.gone())!.code, 4400);
      }
      using text = await open();
      text.socket.send("text");
      assert.equal((await text.gone())!.code, 4400);
      using second = await open();
      await second.send(connectPacket("again"));
      await second.gone();
      assert.equal((await fetch(new URL("/healthz", gateway.url))).status, 200);
    });
  }

  await t.step("who sends faster than the broker takes is closed at the bound", async () => {
    await using gateway = await start(broker.url);
    using raw = await RawMqtt.webSocket(gateway.ws("/mqtt"));
    await raw.send(connectPacket("fast"));
    await raw.packet("connack");
    Deno.kill(broker.pid!, "SIGSTOP");
    try {
      const block = publishPacket("fast/n", "x".repeat(1900));
      const chunk = new Uint8Array(block.length * 30);
      for (let i = 0; i < 30; i++) chunk.set(block, i * block.length);
      const closed = raw.gone();
      let open = true;
      closed.finally(() => open = false);
      while (open) {
        raw.socket.send(chunk);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await closed;
      assert.equal(await metric(gateway.url, "edgewire_mqtt_closed_for_backlog_total"), 1);
    } finally {
      Deno.kill(broker.pid!, "SIGCONT");
    }
  });

  await t.step("the gateway ends: clients are told, the broker hears DISCONNECT", async () => {
    await using gateway = await start(broker.url);
    await gateway.process.waitForLine(/^broker: connected/);
    using raw = await RawMqtt.webSocket(gateway.ws("/mqtt"));
    await raw.send(connectPacket("until-the-end"));
    await raw.packet("connack");
    const before = performance.now();
    const { code } = await gateway.process.stop();
    assert.equal(code, 0);
    assert.ok(performance.now() - before < 2000, `${performance.now() - before} ms`);
    assert.equal((await raw.gone())!.code, 1001);
    await eventually(
      "the broker's log",
      () => /Client edgewire-\S+ disconnected\./.test(broker.log),
    );
  });

  await t.step("the broker is away: so /mqtt closes, saying it", async () => {
    await using gateway = await start(broker.url);
    await broker.stop();
    using raw = await RawMqtt.webSocket(gateway.ws("/mqtt"));
    await raw.send(connectPacket("nobody-there"));
    const { code, reason } = (await raw.gone())!;
    assert.deepEqual([code, reason], [1011, "broker away"]);
  });
});

Deno.test("the embedded broker ends with the gateway, within 2 s", async () => {
  await using gateway = await GatewayProcess.start();
  using tcp = await RawMqtt.tcp(gateway.mqttPort);
  using web = await RawMqtt.webSocket(gateway.ws("/mqtt"));
  using frozen = await RawMqtt.tcp(gateway.mqttPort, { reads: false });
  using half = await RawMqtt.tcp(gateway.mqttPort);
  await half.send(connectPacket("half").subarray(0, 5));
  for (const peer of [tcp, web, frozen]) await peer.send(connectPacket(crypto.randomUUID()));
  await frozen.send(subscribePacket("#"));
  await Promise.all([tcp.packet("connack"), web.packet("connack")]);
  const block = publishPacket("fill/n", "x".repeat(60_000));
  for (let i = 0; i < 200; i++) await tcp.send(block);
  await tcp.send(encode({ cmd: "pingreq" }));
  await tcp.packet("pingresp");
  const before = performance.now();
  const { code } = await gateway.process.stop();
  assert.equal(code, 0);
  assert.ok(performance.now() - before < 2000, `${performance.now() - before} ms`);
  await Promise.all([tcp.gone(), web.gone(), half.gone()]);
});
