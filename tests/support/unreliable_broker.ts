/**
 * A broker that takes radio envelopes without acknowledging them, until it is told to.
 *
 * @module
 */
import mqtt, { type Packet } from "mqtt-packet";
import { encode } from "./raw_mqtt.ts";

/** A PUBLISH with a radio envelope. */
export interface UnreliableEnvelope {
  id: number;
  dup: boolean;
  /** Hexadecimal digits. */
  payload: string;
}

/** Listens until it is disposed of. */
export class UnreliableBroker implements Disposable {
  /** What came, in order. */
  readonly envelopes: UnreliableEnvelope[] = [];
  /** Topic, QoS, retain and state of the last will. */
  will = "";
  /** Clients that said goodbye. */
  disconnects = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #connection: Deno.Conn | undefined;
  #acknowledges = false;
  #unacknowledged: number[] = [];

  constructor() {
    this.#accept();
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  /** Cuts the connection off. */
  cut() {
    this.#connection?.close();
    this.#connection = undefined;
    this.#unacknowledged = [];
  }

  /** Acknowledges what came, and from now on everything. */
  acknowledge() {
    this.#acknowledges = true;
    for (const id of this.#unacknowledged.splice(0)) this.#send({ cmd: "puback", messageId: id });
  }

  #send(packet: Packet) {
    this.#connection?.write(encode(packet)).catch(() => {});
  }

  async #accept() {
    for await (const connection of this.#listener) {
      this.#connection = connection;
      this.#read(connection).catch(() => {});
    }
  }

  async #read(connection: Deno.Conn) {
    const parser = mqtt.parser({ protocolVersion: 4 } as never);
    parser.on("packet", (packet: Packet) => this.#take(packet));
    const buffer = new Uint8Array(1 << 16);
    for (let count; (count = await connection.read(buffer)) !== null;) {
      parser.parse(buffer.slice(0, count) as never);
    }
    connection.close();
  }

  #take(packet: Packet) {
    if (packet.cmd === "connect") {
      const { topic, payload, qos, retain } = packet.will!;
      const { state } = JSON.parse(new TextDecoder().decode(payload as Uint8Array));
      this.will = `${topic} ${qos} ${retain} ${state}`;
      this.#send({ cmd: "connack", returnCode: 0, sessionPresent: false });
    } else if (packet.cmd === "subscribe") {
      this.#send({ cmd: "suback", messageId: packet.messageId!, granted: [1] });
    } else if (packet.cmd === "pingreq") {
      this.#send({ cmd: "pingresp" });
    } else if (packet.cmd === "disconnect") {
      this.disconnects++;
    } else if (packet.cmd === "publish") {
      const id = packet.messageId!;
      const isEnvelope = packet.topic.endsWith("/radio");
      if (isEnvelope) {
        const payload = Uint8Array.from(packet.payload as Uint8Array).toHex();
        this.envelopes.push({ id, dup: packet.dup, payload });
      }
      if (this.#acknowledges || !isEnvelope) this.#send({ cmd: "puback", messageId: id });
      else this.#unacknowledged.push(id);
    }
  }

  [Symbol.dispose]() {
    this.#listener.close();
    try {
      this.#connection?.close();
    } catch {
      // It had ended.
    }
  }
}
