/**
 * What the embedded broker promised, over a stop and a kill of the gateway: retained messages,
 * sessions, messages that wait for clients, and last wills. Clients are Mosquitto's and `npm:mqtt`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { eventually } from "../support/eventually.ts";
import { ExactMqtt } from "../support/exact_mqtt.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { connectPacket, encode, RawMqtt } from "../support/raw_mqtt.ts";
import { stepsSideBySide } from "../support/side_by_side.ts";
import { testWith } from "../support/tools.ts";

type Signal = "SIGTERM" | "SIGKILL";
const SIGNALS: Signal[] = ["SIGTERM", "SIGKILL"];

/** A gateway that comes back at the same place, for several tests at once. */
class House implements AsyncDisposable {
  readonly dataDir = Deno.makeTempDirSync({ prefix: "edgewire-house-" });
  gateway!: GatewayProcess;
  /** Tests that have not ended. */
  #tests = 0;
  /** Tests that wait for the next restart, or the restart itself. */
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  readonly #signals: Signal[];

  private constructor(signals: Signal[]) {
    this.#signals = [...signals];
  }

  /** @param signals How it ends, time after time. */
  static async start(signals: Signal[]): Promise<House> {
    const house = new House(signals);
    house.gateway = await house.#begin();
    return house;
  }

  #begin(...args: string[]) {
    return GatewayProcess.start({ dataDir: this.dataDir, args: ["--history-disk", ...args] });
  }

  get mqttPort(): number {
    return this.gateway.mqttPort;
  }

  /** Runs tests side by side, which have their restarts in common. */
  async share(t: Deno.TestContext, tests: [name: string, run: (house: House) => Promise<void>][]) {
    this.#tests = tests.length;
    await stepsSideBySide(
      t,
      tests.map(([name, run]) => [name, async () => {
        try {
          await run(this);
        } finally {
          this.#tests--;
          this.#restartIfAllWait();
        }
      }]),
    );
  }

  /** Ends the gateway and starts it again, as soon as all tests ask for it. */
  restart(): Promise<void> {
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn);
    this.#restartIfAllWait();
    return turn.promise;
  }

  #restartIfAllWait() {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#tests) return;
    const turns = this.#waiting.splice(0);
    this.#restart(this.#signals.shift()!).then(
      () => turns.forEach(({ resolve }) => resolve()),
      (error) => turns.forEach(({ reject }) => reject(error)),
    );
  }

  async #restart(signal: Signal) {
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
  async subscribe(id: string, qos: 1 | 2, topic: string, ...more: string[]): Promise<string[]> {
    const args = ["-h", "127.0.0.1", "-p", String(this.mqttPort), "-c", "-i", id];
    const topics = ["-q", String(qos), "-t", topic];
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

async function missed(house: House, qos: 1 | 2) {
  const subscribe = (...more: string[]) =>
    house.subscribe(`away-${qos}`, qos, `t${qos}/#`, ...more);
  const topic = `t${qos}/x`;
  await subscribe("-E");
  const before = texts("before-", 300);
  const after = texts("after-", 50);
  await house.publish(topic, before, qos);
  await house.restart();
  await house.publish(topic, after, qos);
  // With QoS 1 a kill may take what it acknowledged last: then it comes twice. Thus SIGTERM is next.
  if (qos === 2) await house.restart();
  const all = [...before, ...after];
  assert.deepEqual(await subscribe("-W", "20", "-C", String(all.length)), all);
  await house.restart();
  await house.publish(topic, ["end"], qos);
  assert.deepEqual(await subscribe("-W", "20", "-C", "1"), ["end"]);
}

async function retained(house: House) {
  {
    await using peer = await house.peer();
    const retain = (topic: string, text: string, qos: 0 | 1 | 2) =>
      peer.publish(topic, text, { qos, retain: true });
    await Promise.all(texts("", 500).map((text) => retain("r/often", text, 0)));
    await retain("r/gone", "x", 1);
    await retain("r/gone", "", 1);
    await retain("r/ü ☃/2", "two", 2);
  }
  for (let round = 0; round < 3; round++) {
    await house.restart();
    await using peer = await house.peer();
    await peer.subscribe("r/#");
    await peer.message(({ topic }) => topic === "r/ü ☃/2");
    const kept = peer.received.map(({ topic, text, retain }) => [topic, text, retain]);
    assert.deepEqual(kept.toSorted(), [["r/often", "499", true], ["r/ü ☃/2", "two", true]]);
  }
}

async function lastWill(house: House) {
  {
    await using watcher = await house.peer({ clientId: "watcher", clean: false });
    await watcher.subscribe("log/#", 2);
  }
  const payload = Buffer.from("gone");
  const will = { topic: "log/state", payload, qos: 1, retain: true } as const;
  using polite = await RawMqtt.tcp(house.mqttPort);
  await polite.send(connectPacket("polite", { will }));
  await polite.packet("connack");
  await polite.send(encode({ cmd: "disconnect" }));
  await polite.gone();
  await using dies = await house.peer({ clientId: "dies", will });
  // A DISCONNECT has no answer; what is acknowledged after it says that it is on disk as well.
  await dies.publish("log/state", "here", { retain: true });
  for (let round = 0; round < 3; round++) await house.restart();
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
}

for (const signal of SIGNALS) {
  testWith(["mosquitto_sub"], `what was promised is kept over ${signal}`, async (t) => {
    await using house = await House.start([signal, "SIGTERM", signal]);
    await house.share(t, [
      ["mosquitto_sub -c -q 1 gets what it missed: in order, once", (house) => missed(house, 1)],
      ["mosquitto_sub -c -q 2 gets what it missed: in order, once", (house) => missed(house, 2)],
      ["retained messages are there: the newest, and none that was removed", retained],
      ["the will of a client that was connected is published, once", lastWill],
    ]);
  });
}

/** How often the gateway is killed while messages flow. */
const KILLS = 4;

async function overKills(house: House, qos: 1 | 2) {
  const port = house.mqttPort;
  const filter = `t${qos}/#`;
  await using subscriber = new ExactMqtt({ port, clientId: `subscriber-${qos}`, qos, filter });
  await subscriber.subscribed.promise;
  const topic = `t${qos}/x`;
  await using publisher = new ExactMqtt({ port, clientId: `publisher-${qos}`, qos, topic });
  let count = 0;
  for (let round = 0; round < KILLS; round++) {
    const { length } = publisher.acknowledged;
    const timer = setInterval(() => {
      for (let i = 0; i < 5; i++) publisher.publish(`m${count++}`);
    }, 5);
    try {
      await eventually("acknowledgements", () => publisher.acknowledged.length > length + 100);
      // Anywhere between two commits.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 50));
      await house.restart();
    } finally {
      clearInterval(timer);
    }
  }
  await eventually("all to be acknowledged", () => publisher.acknowledged.length === count);
  await eventually("the last", () => subscriber.delivered.includes(`m${count - 1}`));
  const first = [...new Set(subscriber.delivered)];
  assert.deepEqual(first, texts("m", count));
  if (qos === 2) assert.deepEqual(subscriber.delivered, first);
}

Deno.test("over kills in the midst of it: all that was acknowledged, in order", async (t) => {
  await using house = await House.start(Array.from({ length: KILLS }, () => "SIGKILL"));
  await house.share(t, [
    ["QoS 1", (house) => overKills(house, 1)],
    ["QoS 2, once", (house) => overKills(house, 2)],
  ]);
});
