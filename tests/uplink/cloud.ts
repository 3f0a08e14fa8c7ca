/**
 * Somebody at the cloud who takes note of all that arrives, and says what is missing.
 *
 * @module
 */
import assert from "node:assert/strict";
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { stampOf } from "../../gateway/uplink/stamp.ts";
import { eventually } from "../support/eventually.ts";

export interface Arrived {
  topic: string;
  text: string;
  epoch: string;
  channel: string;
  seq: number;
  /** 0: it carries no stamp. */
  n: number;
  time: number;
  via: string[];
}

export interface CloudOptions {
  /** Whether all messages are kept. @default true */
  keep?: boolean;
  /** @default "#" */
  filter?: string;
  /** Called with each message. */
  onArrived?: (one: Arrived) => void;
}

/** What is known of a channel of a log. */
interface Track {
  last: number;
  missing: [from: number, to: number][];
}

/** `await using` ends it. */
export class Cloud implements AsyncDisposable {
  readonly client: MqttClient;
  /** Not kept where there are too many. */
  readonly arrived: Arrived[] = [];
  /** With and without a stamp. */
  count = 0;
  /** Messages that came once more. */
  repeated = 0;
  /** What was told as dropped. */
  readonly dropped: {
    channel: string;
    from: number;
    to: number;
    count: number;
    reason: string;
  }[] = [];
  readonly #tracks = new Map<string, Track>();
  readonly #keep: boolean;
  readonly #onArrived: (one: Arrived) => void;

  private constructor(client: MqttClient, keep: boolean, onArrived: (one: Arrived) => void) {
    this.client = client;
    this.#onArrived = onArrived;
    this.#keep = keep;
    client.handleMessage = (packet, done) => {
      this.#take(packet as IPublishPacket);
      done();
    };
    client.on("error", () => {});
  }

  static async connect(
    url: string,
    { keep = true, filter = "#", onArrived = () => {}, ...options }: IClientOptions & CloudOptions =
      {},
  ): Promise<Cloud> {
    const client = mqtt.connect(url, {
      protocolVersion: 5,
      reconnectPeriod: 200,
      connectTimeout: 5000,
      properties: { receiveMaximum: 65_535, sessionExpiryInterval: 3600 },
      ...options,
    });
    const cloud = new Cloud(client, keep, onArrived);
    await new Promise((resolve) => client.once("connect", resolve));
    await client.subscribeAsync(filter, { qos: 1 });
    return cloud;
  }

  #take(packet: IPublishPacket) {
    this.count++;
    const { topic } = packet;
    if (topic.endsWith("/dropped") && topic.includes("edgewire/v1/uplink/")) {
      this.dropped.push(JSON.parse(String(packet.payload)));
      return;
    }
    const stamped = stampOf(packet as never);
    const payload = stamped?.payload ?? packet.payload as Uint8Array;
    const text = new TextDecoder().decode(payload);
    const stamp = stamped?.stamp ?? { epoch: "", channel: "", seq: 0, n: 0, time: 0, via: [] };
    const arrived = { topic, text, ...stamp };
    if (this.#keep) this.arrived.push(arrived);
    this.#onArrived(arrived);
    if (stamped !== null) this.#track(`${stamp.epoch} ${stamp.channel}`, stamp.n);
  }

  #track(key: string, n: number) {
    let track = this.#tracks.get(key);
    if (track === undefined) this.#tracks.set(key, track = { last: 0, missing: [] });
    if (n > track.last) {
      if (n > track.last + 1) track.missing.push([track.last + 1, n - 1]);
      track.last = n;
    } else this.repeated++;
  }

  /** Numbers that were passed over, `channel from-to` each; in order, whatever came later. */
  get missing(): string[] {
    return [...this.#tracks].flatMap(([key, { missing }]) =>
      missing.map(([from, to]) => `${key.split(" ")[1]} ${from}-${to}`)
    );
  }

  /** Messages with a stamp, each counted once. */
  get distinct(): number {
    let sum = 0;
    for (const { last, missing } of this.#tracks.values()) {
      sum += last - missing.reduce((lost, [from, to]) => lost + to - from + 1, 0);
    }
    return sum;
  }

  /** Waits until so many different messages came. */
  async has(count: number, seconds = 10) {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end - 10_000 && this.distinct < count) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await eventually(`${count} messages at the cloud`, () => this.distinct >= count);
  }

  /** Nothing is missing, and each channel is in order. */
  assertWhole(count: number) {
    assert.deepEqual(this.missing, []);
    assert.equal(this.distinct, count);
  }

  async [Symbol.asyncDispose]() {
    await this.client.endAsync(true);
  }
}
