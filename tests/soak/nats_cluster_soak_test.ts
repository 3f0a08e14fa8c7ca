/**
 * A node of a NATS cluster is killed and comes back, with two gateways at it. What JetStream needs to
 * choose new leaders, 4 s and more, nobody can publish with QoS 1; so this takes its time.
 */
import assert from "node:assert/strict";
import { health, leaderOf, startAt, values } from "../cluster/gateways.ts";
import { NatsCluster, type NatsNode } from "../cluster/nats_cluster.ts";
import { eventually } from "../support/eventually.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";

/** Publishes numbers at a pace, and goes to another node when its own is gone. */
class Publisher {
  /** Numbers that the broker acknowledged. */
  readonly acknowledged = new Set<number>();
  #next = 0;
  #running = true;
  readonly #done: Promise<void>;

  constructor(nodes: NatsNode[], topic: string) {
    this.#done = this.#run(nodes, topic);
  }

  async #run(nodes: NatsNode[], topic: string) {
    for (let at = 0; this.#running; at++) {
      try {
        const { url } = nodes[at % nodes.length]!;
        await using peer = await MqttPeer.connect(url, { connectTimeout: 1000 });
        const lost = new Promise<void>((resolve) => peer.client.once("close", () => resolve()));
        while (this.#running && peer.client.connected) {
          const number = this.#next++;
          const sent = peer.publish(topic, number).then(() => void this.acknowledged.add(number));
          await Promise.race([sent.catch(() => {}), lost]);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  stop(): Promise<void> {
    this.#running = false;
    return this.#done;
  }
}

/** {@linkcode eventually}, four times as long. */
async function atLast(what: string, ask: () => boolean | Promise<boolean>) {
  for (let round = 0; round < 3; round++) {
    try {
      return await eventually(what, ask);
    } catch {
      // Once more.
    }
  }
  await eventually(what, ask);
}

testWith(
  ["nats-server"],
  "a NATS node is killed and comes back: nothing acknowledged is lost",
  async () => {
    await using nats = await NatsCluster.start();
    const { nodes } = nats;
    const urls = nodes.map(({ url }) => url);
    await using first = await startAt(urls.join(","), "gw.a");
    await using second = await startAt([...urls.slice(1), urls[0]].join(","), "gw.b");
    await leaderOf(first, second);
    {
      await using peer = await MqttPeer.connect(nodes[2]!.url);
      await peer.publish("count/n", -1);
    }
    const watchers = await Promise.all([first, second].map(async (gateway) => {
      await eventually("the channel", async () => "count/n" in await values(gateway, "count"));
      return await WsPeer.open(gateway.ws("/ws/count"));
    }));
    const publisher = new Publisher([...nodes].reverse(), "count/n");
    const flow = async (what: string) => {
      const before = publisher.acknowledged.size;
      await atLast(what, () => publisher.acknowledged.size > before + 50);
    };
    await flow("a flow");
    await nodes[0]!.kill();
    await atLast("both at nodes that live", async () => {
      const all = await Promise.all([first, second].map(health));
      return all.every(({ broker }) => broker.connected && broker.address !== nodes[0]!.url);
    });
    await flow("the flow to go on");
    await leaderOf(first, second);
    await nodes[0]!.start();
    await flow("the flow with three");
    await publisher.stop();
    for (const watcher of watchers) {
      const came = () =>
        new Set(watcher.messages.flatMap((m) => m.type === "data" ? m.value as number : []));
      await atLast("everything", () => publisher.acknowledged.isSubsetOf(came()));
      assert.equal(watcher.socket.readyState, WebSocket.OPEN, "no browser was disconnected");
      assert.ok(!watcher.messages.some(({ type }) => type === "gap"));
      await watcher[Symbol.asyncDispose]();
    }
  },
);
