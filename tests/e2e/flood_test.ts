/**
 * More than the gateway can take: over TCP publishers are slowed, nothing is
 * lost, memory stays flat, and one frozen subscriber is nobody else's trouble.
 *
 * @module
 */
import assert from "node:assert/strict";
import { GatewayProcess } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import {
  connectPacket,
  encode,
  join,
  publishPacket,
  RawMqtt,
  subscribePacket,
} from "../support/raw_mqtt.ts";

const CHUNK_BYTES = 64 << 10;
/** What the gateway may need, whatever is sent to it: 131 MB are, as fast as TCP takes them. */
const MEMORY_BYTES = 300 << 20;
const PING = encode({ cmd: "pingreq" });

/** As many whole packets as 64 KiB hold. */
function chunkOf(packet: Uint8Array): { chunk: Uint8Array; count: number } {
  const count = Math.floor(CHUNK_BYTES / packet.length);
  const chunk = new Uint8Array(count * packet.length);
  for (let i = 0; i < count; i++) chunk.set(packet, i * packet.length);
  return { chunk, count };
}

/** Sends a chunk many times; settles when the gateway has read all of it. */
async function blast(peer: RawMqtt, chunk: Uint8Array, times: number) {
  for (let i = 0; i < times; i++) await peer.send(chunk);
  await peer.send(PING);
  await peer.packet("pingresp");
}

async function seqOf(gateway: GatewayProcess, channel: string): Promise<number> {
  return (await gateway.json(`/api/channels/${channel}`) as { seq: number }).seq;
}

Deno.test("floods over TCP", async (t) => {
  await using gateway = await GatewayProcess.start();
  const open = async (name: string) => {
    const peer = await RawMqtt.tcp(gateway.mqttPort);
    await peer.send(connectPacket(name));
    await peer.packet("connack");
    return peer;
  };

  await t.step("bursts of 64 KB writes lose no message and no connection", async () => {
    using peer = await open("burst");
    // 24 bytes each: some 2,700 messages in a write.
    const { chunk, count } = chunkOf(publishPacket("burst/n", "1234567890123"));
    await blast(peer, chunk, 80);
    assert.equal(await seqOf(gateway, "burst"), 80 * count);
  });

  await t.step("packets cut anywhere are put together again", async () => {
    using peer = await open("cut");
    const { chunk, count } = chunkOf(publishPacket("cut/n", JSON.stringify("x".repeat(997))));
    const stream = join(chunk, chunk, chunk);
    for (let at = 0; at < stream.length; at += 7919) {
      await peer.send(stream.subarray(at, at + 7919));
    }
    await peer.send(PING);
    await peer.packet("pingresp");
    assert.equal(await seqOf(gateway, "cut"), 3 * count);
  });

  await t.step("50 publishers faster than us are slowed, and memory stays flat", async () => {
    const peers = await Promise.all(Array.from({ length: 50 }, (_, i) => open(`blast-${i}`)));
    const { chunk, count } = chunkOf(publishPacket("blast/n", JSON.stringify("x".repeat(500))));
    let peak = 0;
    let blasting = true;
    const watch = (async () => {
      while (blasting) {
        peak = Math.max(peak, await gateway.residentBytes());
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    await Promise.all(peers.map((peer) => blast(peer, chunk, 40)));
    blasting = false;
    await watch;
    for (const peer of peers) peer.close();
    assert.equal(await seqOf(gateway, "blast"), 50 * 40 * count);
    assert.ok(peak < MEMORY_BYTES, `${peak >> 20} MiB`);
  });

  await t.step("a frozen subscriber slows nobody and costs a bounded backlog", async () => {
    using frozen = await RawMqtt.tcp(gateway.mqttPort, { reads: false });
    await frozen.send(connectPacket("frozen"), subscribePacket("#"));
    await using healthy = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    await healthy.subscribe("frozen/#", 0);
    using publisher = await open("publisher");
    const before = await gateway.residentBytes();
    const block = "x".repeat(20_000);
    let peak = 0;
    for (let round = 0; round < 20; round++) {
      // 2 MB, then wait until the healthy one has them: it must miss nothing.
      const messages = Array.from(
        { length: 100 },
        (_, i) => publishPacket(`frozen/${round}/${i}`, block),
      );
      for (const message of messages) await publisher.send(message);
      await healthy.message(({ topic }) => topic === `frozen/${round}/99`);
      peak = Math.max(peak, await gateway.residentBytes());
    }
    assert.equal(healthy.received.length, 2000);
    assert.ok(healthy.client.connected);
    const dropped = await metric(gateway.url, 'edgewire_dropped_total{cause="slow_mqtt_client"}');
    assert.ok(dropped > 1000, `${dropped} messages left out for the frozen subscriber`);
    assert.ok(peak < MEMORY_BYTES, `${before >> 20} -> ${peak >> 20} MiB`);
  });
});
