/**
 * More than the gateway can take: over TCP publishers are slowed, nothing is
 * lost, memory stays flat, and one frozen subscriber is nobody else's trouble.
 *
 * @module
 */
import assert from "node:assert/strict";
import { GatewayProcess } from "./gateway.ts";
import { metric } from "./metrics.ts";
import { MqttPeer } from "./mqtt_peer.ts";
import {
  connectPacket,
  encode,
  join,
  publishPacket,
  RawMqtt,
  subscribePacket,
} from "./raw_mqtt.ts";

const CHUNK_BYTES = 64 << 10;
/** What the gateway may need while it is sent as much as TCP takes. */
const MEMORY_BYTES = 400 << 20;
/** What it may need more when that goes on, or when a client is frozen. */
const GROWTH_BYTES = 50 << 20;
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
  peer.packets.length = 0;
  await peer.send(PING);
  await peer.packet("pingresp");
}

/** The most resident memory that the gateway had until `done`. */
async function peakOf(gateway: GatewayProcess, done: Promise<unknown>): Promise<number> {
  let going = true;
  done.then(() => going = false, () => going = false);
  let peak = 0;
  while (going) {
    peak = Math.max(peak, await gateway.residentBytes());
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 100))]);
  }
  await done;
  return peak;
}

async function seqOf(gateway: GatewayProcess, channel: string): Promise<number> {
  return (await gateway.json(`/api/channels/${channel}`) as { seq: number }).seq;
}

/** How much is sent. */
export interface FloodAmounts {
  /** Writes of 64 KB of one publisher. */
  readonly bursts: number;
  /** Writes of 64 KB of each of 50 publishers, twice. */
  readonly chunks: number;
  /** Bursts of 800 KB that a frozen subscriber is sent: much more than may wait for it. */
  readonly rounds: number;
}

/** Sends more than a gateway can take, in steps of a test. */
export async function floods(t: Deno.TestContext, { bursts, chunks, rounds }: FloodAmounts) {
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
    await blast(peer, chunk, bursts);
    assert.equal(await seqOf(gateway, "burst"), bursts * count);
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
    const packet = publishPacket("blast/n", JSON.stringify("x".repeat(500)));
    const { chunk, count } = chunkOf(packet);
    const pass = async () => {
      const blasting = Promise.all(peers.map((peer) => blast(peer, chunk, chunks)));
      return await peakOf(gateway, blasting);
    };
    const first = await pass();
    const second = await pass();
    for (const peer of peers) peer.close();
    assert.equal(await seqOf(gateway, "blast"), 2 * 50 * chunks * count);
    assert.ok(first < MEMORY_BYTES, `${first >> 20} MiB`);
    assert.ok(second < first + GROWTH_BYTES, `${first >> 20} -> ${second >> 20} MiB`);
  });

  await t.step("a frozen subscriber slows nobody and costs a bounded backlog", async () => {
    using frozen = await RawMqtt.tcp(gateway.mqttPort, { reads: false });
    await frozen.send(connectPacket("frozen"), subscribePacket("#"));
    await using healthy = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    await healthy.subscribe("frozen/#", 0);
    using publisher = await open("publisher");
    const before = await gateway.residentBytes();
    let peak = 0;
    // 800 KB, less than may wait for one client: the healthy one must miss nothing.
    const burst = join(...Array.from(
      { length: 2000 },
      (_, i) => publishPacket(`frozen/${i}`, JSON.stringify("x".repeat(380))),
    ));
    for (let round = 0; round < rounds; round++) {
      await publisher.send(burst, publishPacket("frozen/end", String(round)));
      await healthy.message(({ text }) => text === String(round));
      peak = Math.max(peak, await gateway.residentBytes());
    }
    assert.equal(healthy.received.length, rounds * 2001);
    assert.ok(healthy.client.connected);
    const dropped = await metric(gateway.url, 'edgewire_dropped_total{cause="slow_mqtt_client"}');
    assert.ok(dropped > 5_000, `${dropped} messages left out for the frozen subscriber`);
    assert.ok(peak < before + GROWTH_BYTES, `${before >> 20} -> ${peak >> 20} MiB`);
  });
}
