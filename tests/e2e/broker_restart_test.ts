/**
 * What the embedded broker promised, over a stop and a kill of the gateway: retained messages,
 * sessions, messages that wait for clients, and last wills. Clients are Mosquitto's and `npm:mqtt`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { ExactMqtt } from "../support/exact_mqtt.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";

type Signal = "SIGTERM" | "SIGKILL";
const SIGNALS: Signal[] = ["SIGTERM", "SIGKILL"];

/** A gateway that comes back at the same place. */
class House implements AsyncDisposable {
  readonly dataDir = Deno.makeTempDirSync({ prefix: "edgewire-house-" });
  gateway!: GatewayProcess;

  static async start(): Promise<House> {
    const house = new House();
    house.gateway = await house.#begin();
    return house;
  }

  #begin(...args: string[]) {
    return GatewayProcess.start({ dataDir: this.dataDir, args: ["--history-disk", ...args] });
  }

  get mqttPort(): number {
    return this.gateway.mqttPort;
  }

  async restart(signal: Signal) {
    const { port } = this.gateway.url;
    const mqttPort = String(this.mqttPort);
    this.gateway.process.kill(signal);
    await this.gateway.process.status;
    await this.gateway[Symbol.asyncDispose]();
    this.gateway = await this.#begin("--port", port, "--mqtt-port", mqttPort);
  }

  peer(options: Record<string, unknown> = {}): Promise<MqttPeer> {
    return MqttPeer.connect(`mqtt://127.0.0.1:${this.mqttPort}`, options);
  }

  /** Publishes; resolves when all are acknowledged. */
  async publish(topic: string, texts: string[], qos: 1 | 2) {
    await using peer = await this.peer();
    await Promise.all(texts.map((text) => peer.publish(topic, text, { qos })));
  }

  /** What `mosquitto_sub -c` says that comes back to its session. */
  async subscribe(id: string, qos: 1 | 2, ...more: string[]): Promise<string[]> {
    const args = ["-h", "127.0.0.1", "-p", String(this.mqttPort), "-c", "-i", id];
    const topics = ["-q", String(qos), "-t", "t/#"];
    const command = new Deno.Command("mosquitto_sub", { args: [...args, ...topics, ...more] });
    const { stdout, stderr, code } = await command.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).split("\n").slice(0, -1);
  }

  async [Symbol.asyncDispose]() {
    await this.gateway[Symbol.asyncDispose]();
    await Deno.remove(this.dataDir, { recursive: true });
  }
}

function texts(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`);
}

for (const signal of SIGNALS) {
  for (const qos of [1, 2] as const) {
    testWith(
      ["mosquitto_sub"],
      `mosquitto_sub -c -q ${qos} gets what it missed over ${signal}: in order, once`,
      async () => {
        await using house = await House.start();
        await house.subscribe("away", qos, "-E");
        const before = texts("before-", 300);
        const after = texts("after-", 50);
        await house.publish("t/x", before, qos);
        await house.restart(signal);
        await house.publish("t/x", after, qos);
        const all = [...before, ...after];
        const heard = await house.subscribe("away", qos, "-W", "20", "-C", String(all.length));
        assert.deepEqual(heard, all);
        // With QoS 1 a kill may take what it acknowledged last: then it comes twice.
        await house.restart(qos === 1 ? "SIGTERM" : signal);
        await house.publish("t/x", ["end"], qos);
        assert.deepEqual(await house.subscribe("away", qos, "-W", "20", "-C", "1"), ["end"]);
      },
    );
  }

  Deno.test(`retained messages are there after ${signal}: the newest, and none that was removed`, async () => {
    await using house = await House.start();
    {
      await using peer = await house.peer();
      const retain = (topic: string, text: string, qos: 0 | 1 | 2) =>
        peer.publish(topic, text, { qos, retain: true });
      await Promise.all(texts("", 500).map((text) => retain("r/often", text, 0)));
      await retain("r/gone", "x", 1);
      await retain("r/gone", "", 1);
      await retain("r/ü ☃/2", "two", 2);
    }
    for (let round = 0; round < 2; round++) {
      await house.restart(signal);
      await using peer = await house.peer();
      await peer.subscribe("r/#");
      await peer.message(({ topic }) => topic === "r/ü ☃/2");
      const kept = peer.received.map(({ topic, text, retain }) => [topic, text, retain]);
      assert.deepEqual(kept.toSorted(), [["r/often", "499", true], ["r/ü ☃/2", "two", true]]);
    }
  });

  Deno.test(`the will of a client that was connected is published over ${signal}, once`, async () => {
    await using house = await House.start();
    {
      await using watcher = await house.peer({ clientId: "watcher", clean: false });
      await watcher.subscribe("log/#", 2);
    }
    const payload = new TextEncoder().encode("gone") as never;
    const will = { topic: "log/state", payload, qos: 1, retain: true } as const;
    await using dies = await house.peer({ clientId: "dies", will });
    await dies.publish("log/state", "here", { retain: true });
    {
      await using polite = await house.peer({ clientId: "polite", will });
      await polite.client.endAsync();
    }
    await house.restart(signal);
    await house.restart(signal);
    await using fresh = await house.peer();
    await fresh.subscribe("log/#");
    assert.equal((await fresh.message(() => true)).text, "gone");
    await fresh.publish("log/state", "back", { retain: true });
    await using watcher = await house.peer({ clientId: "watcher", clean: false });
    await watcher.message(({ text }) => text === "back");
    assert.deepEqual(watcher.received.map(({ text }) => text), ["here", "gone", "back"]);
    const { values } = await house.gateway.json("/api/channels/log") as {
      values: { topic: string; value: unknown }[];
    };
    assert.deepEqual(values.map(({ topic, value }) => [topic, value]), [["log/state", "back"]]);
  });
}

for (const qos of [1, 2] as const) {
  Deno.test(
    `QoS ${qos} over kills in the midst of it: all that was acknowledged, in order${
      qos === 2 ? ", once" : ""
    }`,
    async () => {
      await using house = await House.start();
      const port = house.mqttPort;
      await using subscriber = new ExactMqtt({ port, clientId: "subscriber", qos, filter: "t/#" });
      await subscriber.subscribed.promise;
      await using publisher = new ExactMqtt({ port, clientId: "publisher", qos, topic: "t/x" });
      let count = 0;
      for (let round = 0; round < 4; round++) {
        const { length } = publisher.acknowledged;
        const timer = setInterval(() => {
          for (let i = 0; i < 5; i++) publisher.publish(`m${count++}`);
        }, 5);
        try {
          await eventually("acknowledgements", () => publisher.acknowledged.length > length + 100);
          // Anywhere between two commits.
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 50));
          await house.restart("SIGKILL");
        } finally {
          clearInterval(timer);
        }
      }
      await eventually("all to be acknowledged", () => publisher.acknowledged.length === count);
      await eventually("the last", () => subscriber.delivered.includes(`m${count - 1}`));
      const first = [...new Set(subscriber.delivered)];
      assert.deepEqual(first, texts("m", count));
      if (qos === 2) assert.deepEqual(subscriber.delivered, first);
    },
  );
}
