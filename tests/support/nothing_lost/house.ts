/**
 * A gateway with disk and uplink, a publisher, a bridge node and browsers, each a process that is
 * killed at random moments, and what is known of them afterwards.
 *
 * @module
 */
import type { HealthAnswer } from "../../../gateway/http/health_answer.ts";
import type { UplinkStatus } from "../../../gateway/uplink/status.ts";
import { eventually } from "../eventually.ts";
import { startFlags } from "../gateway.ts";
import { Victim } from "./victim.ts";
import { freePorts } from "../free_ports.ts";

const HERE = new URL("./", import.meta.url).pathname;
export const CHANNELS = ["c0", "c1", "c2", "c3"];
/** Messages of a calm moment. */
const CALM = 400;
const BATCHES_PER_SECOND = 25;
/** What the gateway keeps is more than any run makes. */
const KEPT = ["--history-disk-bytes", String(1e10)];

function script(name: string, ...words: (string | number)[]): string[] {
  return ["run", "--no-check", "--quiet", "-A", `${HERE}${name}.ts`, ...words.map(String)];
}

/** The last number of the last line that begins so. */
function lastNumber(lines: string[], word: string): number | undefined {
  const line = lines.findLast((line) => line.startsWith(word));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

export interface HouseOptions {
  /** Address of the cloud's broker. */
  cloud: string;
  /** Messages per second. */
  rate: number;
}

/** `await using` ends all of it. */
export class House implements AsyncDisposable {
  readonly gateway: Victim;
  readonly publisher: Victim;
  readonly node: Victim;
  readonly watcher: Victim;
  /** All messages up to this number are acknowledged. */
  acknowledged = 0;
  /** Acknowledged batches, by life of the node. */
  readonly batches: Set<number>[] = [];
  readonly url: URL;
  readonly #dir = Deno.makeTempDirSync({ prefix: "edgewire-nothing-lost-" });

  constructor({ cloud, rate }: HouseOptions) {
    const [port, mqttPort] = freePorts(2) as [number, number];
    this.url = new URL(`http://127.0.0.1:${port}/`);
    const addresses = ["--port", String(port), "--mqtt-port", String(mqttPort)];
    const kept = ["--data-dir", `${this.#dir}/data`, "--history-disk", ...KEPT];
    const options = [...addresses, ...kept, "--uplink", cloud];
    this.gateway = new Victim(() => ["run", ...startFlags(), "main.ts", "start", ...options]);
    this.publisher = new Victim(
      () => script("publisher", mqttPort, this.acknowledged + 1, rate, CHANNELS.length),
      (lines) => this.#published(lines),
    );
    this.node = new Victim(
      () => script("radio_node", mqttPort, this.batches.push(new Set()), BATCHES_PER_SECOND),
      (lines) => this.#heard(lines),
    );
    const ws = `ws://127.0.0.1:${port}/ws`;
    this.watcher = new Victim(() => script("watcher", ws, this.toldPath, ...CHANNELS));
  }

  /** What the browsers wrote down. */
  get toldPath(): string {
    return `${this.#dir}/told`;
  }

  #published(lines: string[]) {
    const last = lastNumber(lines, "acknowledged") ?? 0;
    this.acknowledged = Math.max(this.acknowledged, last);
  }

  #heard(lines: string[]) {
    const batches = this.batches.at(-1)!;
    for (const line of lines) {
      const [word, ...numbers] = line.split(" ");
      if (word === "acknowledged") { for (const number of numbers) batches.add(Number(number)); }
    }
  }

  async begin() {
    this.gateway.begin();
    this.publisher.begin();
    this.node.begin();
    await eventually("messages", () => lastNumber(this.publisher.lines, "acknowledged"));
    this.watcher.begin();
    await eventually("browsers", () => this.watcher.lines.includes("watching"));
  }

  async uplink(): Promise<UplinkStatus> {
    const health = await (await fetch(new URL("/api/health", this.url))).json() as HealthAnswer;
    return health.uplink as UplinkStatus;
  }

  /** Settles when all have lived for a moment without a kill: messages of each channel came in. */
  async calm() {
    const { lines } = this.publisher;
    const number = () => lastNumber(lines, "acknowledged") ?? 0;
    const before = Math.max(number(), this.acknowledged);
    await eventually("more messages", () => number() > before + CALM);
    const heard = this.node.lines.length;
    await eventually("more batches", () => this.node.lines.length > heard);
  }

  /** Publisher and node have all acknowledged, and the cloud has it. */
  async settle() {
    await Promise.all([this.publisher.end(), this.node.end()]);
    for (let tries = 0; tries < 3; tries++) {
      try {
        return await eventually("all at the cloud", async () => {
          const { state, backlog } = await this.uplink();
          return state === "connected" && backlog.messages === 0;
        });
      } catch (error) {
        if (tries === 2) throw error;
      }
    }
  }

  /** The history of a channel, a row at a time: number, topic, value. */
  async *rows(channel: string): AsyncGenerator<[seq: number, topic: string, value: string]> {
    const path = `/api/channels/${channel}/history?format=csv&since=0`;
    const response = await fetch(new URL(path, this.url));
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    let rest = "";
    let isHeading = true;
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\r\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const [, seq, topic, value] = line.split(",");
        if (!isHeading) yield [Number(seq), topic!, value!];
        isHeading = false;
      }
    }
  }

  async [Symbol.asyncDispose]() {
    const all = [this.publisher, this.node, this.watcher, this.gateway];
    await Promise.all(all.map((victim) => victim[Symbol.asyncDispose]()));
    await Deno.remove(this.#dir, { recursive: true });
  }
}
