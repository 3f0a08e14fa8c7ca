/**
 * An MQTT client with a persistent session that does its part of QoS 1 and 2 to the letter (MQTT
 * 3.1.1, 4.3 and 4.4) over connections that break off: libraries give up, or say something came
 * that they had before.
 *
 * @module
 */
import mqtt, { type Packet } from "mqtt-packet";
import { connectPacket, encode, publishPacket } from "./raw_mqtt.ts";

const RETRY_MS = 20;
/** Messages under way at most. */
const WINDOW = 50;
/** The packet identifier of SUBSCRIBE, beyond those of messages. */
const SUBSCRIBE_ID = 60_000;

interface UnderWay {
  text: string;
  /** Its PUBLISH went out before. */
  tried: boolean;
  released: boolean;
}

export interface ExactOptions {
  port: number;
  clientId: string;
  qos: 1 | 2;
  /** Filter that it subscribes to. @default none */
  filter?: string;
  /** Topic that it publishes on. @default none */
  topic?: string;
}

/** `await using` ends it. */
export class ExactMqtt implements AsyncDisposable {
  /** What came, in order. */
  readonly delivered: string[] = [];
  /** What was published and acknowledged, in the order of the acknowledgements. */
  readonly acknowledged: string[] = [];
  readonly subscribed = Promise.withResolvers<void>();
  readonly #options: ExactOptions;
  readonly #waiting: string[] = [];
  /** By packet identifier, in order. */
  readonly #underWay = new Map<number, UnderWay>();
  /** Identifiers of QoS 2 messages that came and are not released. */
  readonly #known = new Set<number>();
  #nextId = 1;
  #isSubscribed = false;
  #conn: Deno.TcpConn | null = null;
  #isConnected = false;
  #writing = Promise.resolve();
  #ended = false;
  readonly #done: Promise<void>;

  constructor(options: ExactOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  publish(text: string) {
    this.#waiting.push(text);
    this.#fill();
  }

  async #run() {
    while (!this.#ended) {
      try {
        await this.#connect();
      } catch {
        // It broke off, or nobody listens.
      }
      this.#isConnected = false;
      if (!this.#ended) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #connect() {
    const { port, clientId } = this.#options;
    using conn = this.#conn = await Deno.connect({ hostname: "127.0.0.1", port });
    if (this.#ended) return;
    conn.setNoDelay();
    const parser = mqtt.parser();
    parser.on("packet", (packet: Packet) => this.#take(packet));
    this.#send(connectPacket(clientId, { clean: false }));
    const buffer = new Uint8Array(1 << 16);
    for (let count; (count = await conn.read(buffer)) !== null;) {
      parser.parse(buffer.slice(0, count) as never);
    }
  }

  #send(bytes: Uint8Array) {
    const conn = this.#conn!;
    this.#writing = this.#writing.then(async () => {
      for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    }).catch(() => {});
  }

  #answer(cmd: string, messageId: number) {
    this.#send(encode({ cmd, messageId }));
  }

  #take(packet: Packet) {
    const id = packet.messageId as number;
    switch (packet.cmd) {
      case "connack":
        return this.#connected();
      case "suback":
        this.#isSubscribed = true;
        return this.subscribed.resolve();
      case "publish":
        return this.#takeMessage(id, packet.qos, String(packet.payload));
      case "pubrel":
        this.#known.delete(id);
        return this.#answer("pubcomp", id);
      case "puback":
      case "pubcomp":
        return this.#acknowledged(id);
      case "pubrec":
        if (this.#underWay.has(id)) this.#underWay.get(id)!.released = true;
        return this.#answer("pubrel", id);
    }
  }

  #connected() {
    this.#isConnected = true;
    const { filter, qos } = this.#options;
    if (filter !== undefined && !this.#isSubscribed) {
      const subscriptions = [{ topic: filter, qos }];
      this.#send(encode({ cmd: "subscribe", messageId: SUBSCRIBE_ID, subscriptions }));
    }
    for (const [id, { released }] of this.#underWay) {
      if (released) this.#answer("pubrel", id);
      else this.#sendMessage(id);
    }
    this.#fill();
  }

  #takeMessage(id: number, qos: number, text: string) {
    if (qos < 2 || !this.#known.has(id)) this.delivered.push(text);
    if (qos === 2) this.#known.add(id);
    if (qos > 0) this.#answer(qos === 2 ? "pubrec" : "puback", id);
  }

  #acknowledged(id: number) {
    const message = this.#underWay.get(id);
    if (message === undefined) return;
    this.#underWay.delete(id);
    this.acknowledged.push(message.text);
    this.#fill();
  }

  #fill() {
    while (this.#isConnected && this.#underWay.size < WINDOW && this.#waiting.length > 0) {
      const id = this.#nextId;
      this.#nextId = this.#nextId % (SUBSCRIBE_ID - 1) + 1;
      this.#underWay.set(id, { text: this.#waiting.shift()!, tried: false, released: false });
      this.#sendMessage(id);
    }
  }

  #sendMessage(messageId: number) {
    const message = this.#underWay.get(messageId)!;
    const { qos, topic } = this.#options;
    this.#send(publishPacket(topic!, message.text, { qos, messageId, dup: message.tried }));
    message.tried = true;
  }

  async [Symbol.asyncDispose]() {
    this.#ended = true;
    try {
      this.#conn?.close();
    } catch {
      // It had ended.
    }
    await this.#done;
    await this.#writing;
  }
}
