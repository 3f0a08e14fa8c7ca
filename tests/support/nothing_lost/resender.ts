/**
 * An MQTT client that publishes with QoS 1 and connects again by itself: what is not acknowledged is
 * sent again at once, in order and marked so, under the same packet identifiers (MQTT 3.1.1, 4.4).
 * `npm:mqtt` waits for each acknowledgement before it sends the next again.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import mqtt, { type Packet } from "mqtt-packet";
import { connectPacket, publishPacket } from "../raw_mqtt.ts";

const RETRY_MS = 50;
/** How a connection ends, or does not begin. */
const ENDS = [
  Deno.errors.ConnectionRefused,
  Deno.errors.ConnectionReset,
  Deno.errors.BrokenPipe,
];
const MOST_IDENTIFIERS = 65_535;

interface Open {
  topic: string;
  payload: Buffer;
  done: () => void;
}

/** Lives as long as its process. */
export class Resender {
  readonly #port: number;
  readonly #clientId: string;
  readonly #onConnect: () => void;
  /** Not acknowledged, by packet identifier, in order. */
  readonly #open = new Map<number, Open>();
  #identifier = 0;
  #conn: Deno.TcpConn | null = null;
  /** Waits to be written. */
  #bytes: Uint8Array[] = [];
  #isWriting = false;

  /** @param onConnect Called before what is not acknowledged is sent again. */
  constructor(port: number, clientId: string, onConnect: () => void = () => {}) {
    this.#onConnect = onConnect;
    this.#port = port;
    this.#clientId = clientId;
    this.#run();
  }

  /** Messages that are not acknowledged. */
  get open(): number {
    return this.#open.size;
  }

  /** @param done Called when it is acknowledged. */
  publish(topic: string, payload: string | Uint8Array, done: () => void) {
    do this.#identifier = this.#identifier % MOST_IDENTIFIERS + 1; while (
      this.#open.has(this.#identifier)
    );
    const message = { topic, payload: Buffer.from(payload as string), done };
    this.#open.set(this.#identifier, message);
    if (this.#conn !== null) this.#send(this.#identifier, message, false);
  }

  #send(messageId: number, { topic, payload }: Open, dup: boolean) {
    this.#bytes.push(publishPacket(topic, payload, { qos: 1, messageId, dup }));
    if (!this.#isWriting) this.#write();
  }

  async #write() {
    this.#isWriting = true;
    const conn = this.#conn;
    // What one turn publishes is written at once.
    await Promise.resolve();
    try {
      while (conn !== null && conn === this.#conn && this.#bytes.length > 0) {
        const bytes = await new Blob(this.#bytes.splice(0) as BlobPart[]).bytes();
        for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
      }
    } catch {
      // The reader sees the end, too.
    }
    this.#isWriting = false;
    if (this.#conn !== null && this.#bytes.length > 0) this.#write();
  }

  async #run() {
    while (true) {
      try {
        await this.#session();
      } catch (error) {
        if (!ENDS.some((end) => error instanceof end)) throw error;
      }
      this.#conn = null;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #session() {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    conn.setNoDelay();
    const parser = mqtt.parser({ protocolVersion: 4 } as never);
    parser.on("packet", (packet: Packet) => {
      if (packet.cmd === "puback") this.#acknowledged(packet.messageId!);
      else if (packet.cmd === "connack" && packet.returnCode === 0) this.#resend(conn);
    });
    await conn.write(connectPacket(this.#clientId));
    const buffer = new Uint8Array(1 << 16);
    for (let count; (count = await conn.read(buffer)) !== null;) {
      parser.parse(buffer.slice(0, count) as never);
    }
  }

  #resend(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.#bytes = [];
    const open = [...this.#open];
    this.#onConnect();
    for (const [messageId, message] of open) this.#send(messageId, message, true);
  }

  #acknowledged(messageId: number) {
    const message = this.#open.get(messageId);
    this.#open.delete(messageId);
    message?.done();
  }
}
