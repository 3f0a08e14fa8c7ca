/**
 * A cluster of real nats-servers on loopback, with JetStream and MQTT, for tests.
 *
 * @module
 */
import { MqttPeer } from "../support/mqtt_peer.ts";
import { TestProcess } from "../support/process.ts";
import { freePorts } from "../support/free_ports.ts";

/** One server; it can be killed and started again. */
export class NatsNode {
  readonly url: string;
  readonly #config: string;
  #process: TestProcess | undefined;

  constructor(config: string, mqttPort: number) {
    this.#config = config;
    this.url = `mqtt://127.0.0.1:${mqttPort}`;
  }

  /** What it logged since it was last started, indented. */
  get log(): string {
    return this.#process?.output ?? "";
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start() {
    this.#process = new TestProcess("/usr/sbin/nats-server", { args: ["-c", this.#config] });
    await this.#process.waitForLine(/Server is ready/);
  }

  /** Ends it with SIGKILL. */
  async kill() {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }
}

/** @throws If a message does not come back, or the server closes the connection before. */
async function answers(url: string) {
  await using peer = await MqttPeer.connect(url, { clientId: "ready", connectTimeout: 2000 });
  const { promise: closed, reject } = Promise.withResolvers<never>();
  peer.client.once("close", () => reject(new Error(`${url} closed the connection`)));
  const comesBack = async () => {
    await peer.subscribe("ready");
    await peer.publish("ready", "yes");
    await peer.message(({ topic }) => topic === "ready");
  };
  await Promise.race([comesBack(), closed]);
}

/** Starts with {@linkcode NatsCluster.start}; `await using` ends it and removes its files. */
export class NatsCluster implements AsyncDisposable {
  readonly nodes: NatsNode[];
  readonly #dir: string;

  private constructor(nodes: NatsNode[], dir: string) {
    this.nodes = nodes;
    this.#dir = dir;
  }

  /** Starts so many servers, and waits until each takes MQTT clients. */
  static async start(count = 3): Promise<NatsCluster> {
    const dir = await Deno.makeTempDir({ prefix: "edgewire-nats-" });
    const ports = freePorts(count * 2);
    const routes = ports.slice(0, count).map((port) => `nats://127.0.0.1:${port}`);
    const nodes = await Promise.all(routes.map(async (_, index) => {
      const config = `${dir}/node${index}.conf`;
      const mqttPort = ports[count + index]!;
      const lines = [
        `server_name: node${index}`,
        "listen: 127.0.0.1:-1",
        `jetstream { store_dir: "${dir}/node${index}" }`,
        `mqtt { listen: "127.0.0.1:${mqttPort}" }`,
        ...count === 1 ? [] : [
          `cluster { name: tested, listen: "127.0.0.1:${ports[index]}",` +
          ` routes: [${routes.map((route) => `"${route}"`).join(", ")}] }`,
        ],
      ];
      await Deno.writeTextFile(config, lines.join("\n") + "\n");
      return new NatsNode(config, mqttPort);
    }));
    const cluster = new NatsCluster(nodes, dir);
    try {
      await Promise.all(nodes.map((node) => node.start()));
      await cluster.#ready();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** What `--broker` is given. */
  get addresses(): string {
    return this.nodes.map(({ url }) => url).join(",");
  }

  /** Clients are refused until the servers have found each other. */
  async #ready() {
    for (const { url } of this.nodes) {
      for (const end = Date.now() + 20_000;;) {
        try {
          await answers(url);
          break;
        } catch (error) {
          if (Date.now() > end) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    }
  }

  async [Symbol.asyncDispose]() {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await Deno.remove(this.#dir, { recursive: true });
  }
}
