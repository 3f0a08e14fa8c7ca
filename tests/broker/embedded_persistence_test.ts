/**
 * The embedded broker and what it writes down: what is on disk when a peer hears of it, and what
 * becomes of a message of QoS 2 when the broker is killed between any two commits.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Packet } from "mqtt-packet";
import { SPACES } from "../../gateway/broker/persistence_disk.ts";
import { encodeMessage } from "../../gateway/broker/persistence_records.ts";
import { eventually } from "../support/eventually.ts";
import {
  connectPacket,
  encode,
  publishPacket,
  RawMqtt,
  subscribePacket,
} from "../support/raw_mqtt.ts";
import { DurableBench } from "./durable_bench.ts";
import { MapOnDisk } from "./map_on_disk.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { test } = sideBySide();

interface Text {
  payload: Uint8Array;
}

/** Waits until everything that the broker answered before has come. */
async function pinged(client: RawMqtt) {
  const isPing = ({ cmd }: Packet) => cmd === "pingresp";
  const before = client.packets.filter(isPing).length;
  await client.send(encode({ cmd: "pingreq" }));
  await eventually("PINGRESP", () => client.packets.filter(isPing).length > before);
}

function commands(client: RawMqtt): string[] {
  return client.packets.map(({ cmd }) => cmd).filter((cmd) => cmd !== "pingresp");
}

for (const qos of [1, 2] as const) {
  test(`what QoS ${qos} left is in the map before its acknowledgement waits for a commit`, async () => {
    await using bench = await DurableBench.start();
    using away = await bench.connect("away");
    await away.send(subscribePacket("t/#", qos));
    await pinged(away);
    bench.sync();
    await away.packet("suback");
    away.close();
    using publisher = await bench.connect("publisher", { clean: true });
    const answer = qos === 1 ? "puback" : "pubrec";
    for (let id = 1; id <= 20; id++) {
      await publisher.send(publishPacket("t/x", "x", { qos, messageId: id, retain: true }));
      await eventually("the message", () => bench.messages.length === id);
      await pinged(publisher);
      assert.equal(bench.waiting.at(-1), id);
      assert.equal(bench.map.keys(SPACES.retained).length, 1);
      bench.sync();
      await publisher.packet(answer, ({ messageId }) => messageId === id);
      if (qos === 2) await publisher.send(encode({ cmd: "pubrel", messageId: id }));
    }
  });
}

test("a session that lasts hears of itself only what is on disk; others at once", async () => {
  await using bench = await DurableBench.start();
  for (const clean of [true, false]) {
    using client = await bench.connect(`c${clean}`, { clean });
    const held = () => clean ? [] : commands(client).slice(1);
    const step = async (packet: Uint8Array, answer: string) => {
      const before = commands(client).length;
      await client.send(packet);
      await pinged(client);
      if (!clean) {
        assert.equal(commands(client).length, before, `${answer} came early: ${held()}`);
        bench.sync();
      }
      await eventually(answer, () => commands(client).slice(before).includes(answer));
    };
    await step(subscribePacket("t", 2), "suback");
    using publisher = await bench.connect("publisher", { clean: true });
    const publish = publishPacket("t", "x", { qos: 2, messageId: 1 });
    const before = commands(client).length;
    await publisher.send(publish);
    await pinged(publisher);
    await pinged(client);
    assert.equal(commands(client).length, before + Number(clean));
    bench.sync();
    const { messageId } = await client.packet("publish");
    await step(encode({ cmd: "pubrec", messageId: messageId! }), "pubrel");
    await client.send(encode({ cmd: "pubcomp", messageId: messageId! }));
    await client.send(publishPacket("other", "x", { qos: 2, messageId: 9 }));
    await pinged(client);
    bench.sync();
    await client.packet("pubrec");
    await step(encode({ cmd: "pubrel", messageId: 9 }), "pubcomp");
    await step(encode({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["t"] }), "unsuback");
  }
});

test("QoS 0 that nobody retains, and clients without a session, write nothing", async () => {
  await using bench = await DurableBench.start();
  using client = await bench.connect("client", { clean: true });
  await client.send(subscribePacket("t/#", 2));
  await client.packet("suback");
  const { puts } = bench.map;
  for (let i = 0; i < 200; i++) await client.send(publishPacket("t/x", "x"));
  for (let id = 1; id <= 20; id++) {
    await client.send(publishPacket("t/x", "x", { qos: 1 + id % 2, messageId: id }));
  }
  await eventually("all", () => commands(client).filter((cmd) => cmd === "publish").length === 220);
  await client.send(encode({ cmd: "disconnect" }));
  await client.gone();
  assert.equal(bench.map.puts, puts);
});

test("at most the QoS that was granted, also through a filter, here and after a restart", async () => {
  const bench = await DurableBench.start();
  let next: DurableBench | undefined;
  try {
    bench.disk.off = true;
    using subscriber = await bench.connect("s");
    await subscriber.send(subscribePacket("t/+", 1));
    await subscriber.packet("suback");
    await using publisher = await bench.peer("p");
    await publisher.publish("t/x", "live", { qos: 2 });
    const live = await subscriber.packet("publish");
    assert.equal((live as { qos?: number }).qos, 1);
    await subscriber.send(encode({ cmd: "puback", messageId: live.messageId! }));
    await pinged(subscriber);
    subscriber.close();
    await publisher.publish("t/x", "later", { qos: 2 });
    next = await DurableBench.start(bench.map.copy());
    using again = await next.connect("s");
    const later = await again.packet("publish");
    assert.deepEqual([
      String((later as never as { payload: string }).payload),
      (later as { qos?: number }).qos,
    ], [
      "later",
      1,
    ]);
  } finally {
    await bench[Symbol.asyncDispose]();
    await next?.[Symbol.asyncDispose]();
  }
});

for (const qos of [1, 2] as const) {
  test(`QoS ${qos}: what is published while a client comes back goes behind what waited`, async () => {
    await using bench = await DurableBench.start();
    bench.disk.off = true;
    const away = await bench.connect("s");
    await away.send(subscribePacket("t", qos));
    await away.packet("suback");
    away.close();
    await using publisher = await bench.peer("p");
    const publish = (i: number) => publisher.publish("t", String(i), { qos });
    for (let i = 0; i < 500; i++) await publish(i);
    using back = await RawMqtt.tcp(bench.port);
    await back.send(connectPacket("s", { clean: false }));
    for (let i = 500; i < 800; i++) await publish(i);
    const heard = () => back.packets.filter(({ cmd }) => cmd === "publish");
    await eventually("all", () => heard().length === 800);
    const numbers = heard().map((packet) => Number(String((packet as never as Text).payload)));
    assert.deepEqual(numbers, Array.from({ length: 800 }, (_, i) => i));
    assert.equal(new Set(heard().map(({ messageId }) => messageId)).size, 800);
  });
}

test("a will that was left is published once, retained and for who is away, before anybody connects", async () => {
  const bench = await DurableBench.start();
  bench.disk.off = true;
  using away = await bench.connect("away");
  await away.send(subscribePacket("w/#", 1));
  await away.packet("suback");
  away.close();
  const will = { topic: "w/state", payload: "gone", qos: 1, retain: true };
  using dead = await bench.connect("dead", { clean: true, will });
  await eventually("the will", () => bench.map.keys(SPACES.wills).length === 1);
  const map = bench.map.copy();
  await bench[Symbol.asyncDispose]();
  assert.deepEqual(bench.map.keys(SPACES.wills), [], "the end of the broker publishes it");
  dead.close();

  await using next = await DurableBench.start(map);
  next.disk.off = true;
  assert.deepEqual(
    next.messages.map(({ topic, client, will, qos }) => [topic, client, will, qos]),
    [["w/state", "dead", true, 1]],
  );
  await eventually("the will to be gone", () => map.keys(SPACES.wills).length === 0);
  await using back = await next.peer("away");
  const { text, retain } = await back.message(({ topic }) => topic === "w/state");
  assert.deepEqual([text, retain], ["gone", false]);
  await using fresh = await next.peer("fresh");
  await fresh.subscribe("w/#");
  assert.ok((await fresh.message(() => true)).retain);
  assert.equal(back.received.length, 1);
});

test("filters of sessions that were read are heard", async () => {
  const bench = await DurableBench.start();
  bench.disk.off = true;
  await using away = await bench.peer("away");
  await away.subscribe("edgewire/v1/readings/+/t");
  await using next = await DurableBench.start(bench.map.copy());
  assert.ok(next.broker.hears("edgewire/v1/readings/desk/t"));
  assert.ok(!next.broker.hears("edgewire/v1/readings/desk/u"));
  await bench[Symbol.asyncDispose]();
});

test("a record that makes no sense stops nothing", async () => {
  const map = new MapOnDisk();
  map.put(
    SPACES.wills,
    "odd",
    encodeMessage({
      topic: "a/#/".repeat(200),
      payload: "x",
      qos: 2,
      retain: false,
      dup: false,
    }),
  );
  map.put(SPACES.sessions, "odd", Uint8Array.of(1, 123));
  await using bench = await DurableBench.start(map);
  bench.disk.off = true;
  await using peer = await bench.peer("p");
  await peer.publish("t", "x", { qos: 1 });
  assert.match(bench.log.join("\n"), /will of "odd"/);
});

/** A peer that does its part of QoS 2 to the letter (MQTT 3.1.1, 4.3.3), over connections. */
class ExactPeer {
  readonly delivered: string[] = [];
  readonly #sends: boolean;
  readonly #known = new Set<number>();
  #phase: "publish" | "pubrel" | "done" = "publish";
  #tried = false;
  #conn!: RawMqtt;
  #taken = 0;

  /** @param sends Whether it publishes one message, or takes those that come. */
  constructor(sends: boolean) {
    this.#sends = sends;
    if (!sends) this.#phase = "done";
  }

  get isDone(): boolean {
    return this.#phase === "done" && this.#known.size === 0;
  }

  async connected(conn: RawMqtt) {
    this.#conn = conn;
    this.#taken = 0;
    if (!this.#sends) return;
    if (this.#phase === "publish") {
      const more = { qos: 2, messageId: 5, dup: this.#tried };
      await conn.send(publishPacket("t", "once", more));
      this.#tried = true;
    } else if (this.#phase === "pubrel") await this.#send("pubrel", 5);
  }

  async #send(cmd: string, messageId: number) {
    await this.#conn.send(encode({ cmd, messageId }));
  }

  /** Answers what has come. */
  async work() {
    await pinged(this.#conn);
    for (; this.#taken < this.#conn.packets.length; this.#taken++) {
      const packet = this.#conn.packets[this.#taken]! as Packet & { payload: Uint8Array };
      const id = packet.messageId as number;
      if (packet.cmd === "publish") {
        if (!this.#known.has(id)) this.delivered.push(String(packet.payload));
        this.#known.add(id);
        await this.#send("pubrec", id);
      } else if (packet.cmd === "pubrel") {
        this.#known.delete(id);
        await this.#send("pubcomp", id);
      } else if (packet.cmd === "pubrec" && this.#phase !== "done") {
        this.#phase = "pubrel";
        await this.#send("pubrel", id);
      } else if (packet.cmd === "pubcomp") this.#phase = "done";
    }
  }
}

for (const kind of ["connected", "away"] as const) {
  test(`QoS 2 comes once, whenever the broker is killed: subscriber ${kind}`, async () => {
    let syncs = 0;
    for (let kill = 0; kill < 8; kill++) {
      const publisher = new ExactPeer(true);
      const subscriber = new ExactPeer(false);
      let left: MapOnDisk;
      {
        await using bench = await DurableBench.start();
        bench.disk.off = true;
        const conn = await bench.connect("subscriber");
        await conn.send(subscribePacket("t", 2));
        await conn.packet("suback");
        if (kind === "away") conn.close();
        bench.disk.off = false;
        bench.committed = bench.map.copy();
        const working = kind === "away" ? [publisher] : [publisher, subscriber];
        if (kind === "connected") await subscriber.connected(conn);
        const own = await bench.connect("publisher");
        await publisher.connected(own);
        for (syncs = 0; syncs < kill; syncs++) {
          for (const peer of [...working, ...working]) await peer.work();
          bench.sync();
        }
        for (const peer of [...working, ...working]) await peer.work();
        left = bench.committed;
        own.close();
        conn.close();
      }
      await using bench = await DurableBench.start(left);
      bench.disk.off = true;
      using conn = await bench.connect("subscriber");
      await subscriber.connected(conn);
      using own = await bench.connect("publisher");
      await publisher.connected(own);
      await eventually(`kill ${kill}: all to be done`, async () => {
        for (const peer of [publisher, subscriber]) await peer.work();
        return publisher.isDone && subscriber.isDone && subscriber.delivered.length > 0 &&
          bench.map.keys(SPACES.queue).length === 0;
      });
      assert.deepEqual(subscriber.delivered, ["once"], `killed after ${kill} commits`);
      assert.deepEqual(bench.map.keys(SPACES.incoming), []);
      assert.deepEqual(bench.map.keys(SPACES.messages), []);
    }
  });
}
