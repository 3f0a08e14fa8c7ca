/**
 * The decoder of radio frames is loaded when the first of them come: what comes until it is there
 * waits, and nothing of it is lost.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { advertisingReport, RadioSource } from "../support/radio.ts";
import { connectPacket, join, publishPacket, RawMqtt } from "../support/raw_mqtt.ts";

const SENSOR = "A4C1388D18B2";
const MESSAGES = 40;

/** BTHome v2: packet id, temperature of so many hundredths of a degree. */
function temperature(packet: number): Uint8Array {
  const content = Uint8Array.of(0xd2, 0xfc, 0x40, 0x00, packet, 0x02, packet, 0x01);
  return advertisingReport(SENSOR, Uint8Array.of(content.length + 1, 0x16, ...content));
}

async function connected(port: number, clientId: string): Promise<RawMqtt> {
  const client = await RawMqtt.tcp(port);
  await client.send(connectPacket(clientId));
  await client.packet("connack");
  return client;
}

const acks = (client: RawMqtt) => client.packets.filter(({ cmd }) => cmd === "puback").length;

/** Temperatures as the channel's CSV has them, oldest first. */
async function temperatures(gateway: GatewayProcess): Promise<number[]> {
  const url = new URL(`/api/channels/${SENSOR}/history?format=csv`, gateway.url);
  const text = await (await fetch(url)).text();
  return text.split("\n").filter((line) => line.includes("/temperature"))
    .map((line) => Number(line.split(",")[3]));
}

for (const args of [[], ["--history-disk"]]) {
  Deno.test(`the first radio messages after the start: all, in order, once ${args}`, async () => {
    await using gateway = await GatewayProcess.start({ args });
    using client = await connected(gateway.mqttPort, "bridge-attic");
    const source = new RadioSource("attic");
    const packets: Uint8Array[] = [];
    for (let i = 0; i < MESSAGES; i++) {
      const envelope = Buffer.from(source.events(temperature(i)));
      // As a node does that has missed an acknowledgement.
      for (const messageId of i % 4 === 0 ? [2 * i + 1, 2 * i + 2] : [2 * i + 1]) {
        packets.push(publishPacket(source.topic, envelope, { qos: 1, messageId }));
      }
    }
    await client.send(join(...packets));
    await client.packet("puback");
    // Acknowledged is what is there.
    assert.equal((await temperatures(gateway))[0], 2.56);
    await eventually("all acknowledgements", () => acks(client) === packets.length);
    const found = await temperatures(gateway);
    assert.deepEqual(found, Array.from({ length: MESSAGES }, (_, i) => (256 + i) / 100));
    const { nodes } = await gateway.json("/api/nodes") as { nodes: Record<string, unknown>[] };
    const { frames, batchesRepeated, batchesMissed } = nodes[0]!;
    assert.deepEqual({ frames, batchesRepeated, batchesMissed }, {
      frames: MESSAGES,
      batchesRepeated: MESSAGES / 4,
      batchesMissed: 0,
    });
  });
}
