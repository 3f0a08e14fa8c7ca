/** A replay's client tells when its messages were published; nobody else can. */
import assert from "node:assert/strict";
import { Policy } from "../../gateway/access/policy.ts";
import { TokenBook } from "../../gateway/access/tokens.ts";
import type { IncomingMessage } from "../../gateway/broker/broker.ts";
import { EmbeddedBroker } from "../../gateway/broker/embedded.ts";
import { eventually } from "../support/eventually.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";

const TOPIC = "edgewire/v1/gateways/replay";
const TOKENS = { admin: "a-token-of-the-admin-1234", node: "a-token-of-the-node-12345" };

/** An embedded broker on a free port, and what it took in. */
class Bench implements AsyncDisposable {
  readonly messages: IncomingMessage[] = [];
  broker!: EmbeddedBroker;
  url = "";

  static async start(): Promise<Bench> {
    const bench = new Bench();
    bench.broker = await EmbeddedBroker.create({
      policy: new Policy(() => false),
      tokens: new TokenBook({}, [
        { name: "admin", role: "admin", token: TOKENS.admin },
        { name: "n1", role: "node", token: TOKENS.node, topics: ["edgewire/v1/gateways/#"] },
      ]),
      openLoopback: false,
      limits: { packetBytes: 1 << 20, backlogBytes: 4 << 20, clients: 100 },
      counters: { droppedForSlowClients: 0, closedForBacklog: 0, tooMany: 0, refused: 0 },
      sink: (message) => bench.messages.push(message),
      log: () => {},
    });
    bench.url = `mqtt://127.0.0.1:${bench.broker.listen("127.0.0.1", 0).port}`;
    return bench;
  }

  connect(role: keyof typeof TOKENS, clientId: string) {
    return MqttPeer.connect(this.url, { clientId, username: "n1", password: TOKENS[role] });
  }

  /** How long ago a message was published, ms. */
  async ago(topic: string): Promise<number | undefined> {
    const found = () => this.messages.findLast((message) => message.topic === topic);
    return (await eventually(topic, found)).ago;
  }

  async [Symbol.asyncDispose]() {
    await this.broker.close();
  }
}

/** A message took at most so long here, ms. */
const BUSY_MS = 2000;

function near(ago: number | undefined, expected: number) {
  assert.ok(ago !== undefined && ago >= expected && ago < expected + BUSY_MS, `${ago} ms ago`);
}

Deno.test("a replay's messages are as long ago as it says, until it ends that", async () => {
  await using bench = await Bench.start();
  await using replay = await bench.connect("admin", "replay-1");
  await using other = await bench.connect("admin", "other");
  await replay.subscribe(`${TOPIC}/replay-1`);
  await replay.publish(TOPIC, { now: 60_000, at: 0 });
  await eventually("an answer", () => replay.received[0]);
  for (const qos of [0, 1, 2] as const) {
    await replay.publish(TOPIC, { at: 10_000 * qos });
    await replay.publish(`devices/desk/${qos}`, "1", { qos });
    near(await bench.ago(`devices/desk/${qos}`), 60_000 - 10_000 * qos);
  }
  await replay.publish(TOPIC, { at: 1e9 });
  await replay.publish("devices/desk/future", "1");
  assert.equal(await bench.ago("devices/desk/future"), 0);

  await replay.publish(TOPIC, { now: 1e300, at: -1e300 });
  await replay.publish("devices/desk/past", "1");
  assert.equal(await bench.ago("devices/desk/past"), 366 * 86_400_000);

  await replay.publish(TOPIC, "not JSON");
  await replay.publish("devices/desk/ended", "1");
  assert.equal(await bench.ago("devices/desk/ended"), undefined);
  await other.publish("devices/desk/other", "1");
  assert.equal(await bench.ago("devices/desk/other"), undefined);
});

Deno.test("who is no admin tells no times, whatever topics he has", async () => {
  await using bench = await Bench.start();
  await using node = await bench.connect("node", "n1");
  await node.subscribe(`${TOPIC}/n1`);
  await node.publish(TOPIC, { now: 60_000, at: 0 });
  await node.publish("devices/n1/temperature", "1");
  assert.equal(await bench.ago("devices/n1/temperature"), undefined);
  assert.deepEqual(node.received, []);
});
