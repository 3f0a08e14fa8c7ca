/**
 * A broker that stops answering.
 *
 * @module
 */
import mqtt, { type Packet } from "mqtt-packet";
import { encode } from "./raw_mqtt.ts";

const CONNACK = encode({ cmd: "connack", returnCode: 0, sessionPresent: false });

/** Listens until it is disposed of. */
export class MuteBroker implements Disposable {
  /** Packets that came. */
  readonly packets: Packet[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: Deno.Conn[] = [];
  readonly #connack: boolean;

  /** @param options.connack Whether it lets clients in; it answers nothing else */
  constructor({ connack }: { connack: boolean }) {
    this.#connack = connack;
    this.#accept();
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  /** Whether a packet came. */
  has(cmd: Packet["cmd"]): boolean {
    return this.packets.some((packet) => packet.cmd === cmd);
  }

  async #accept() {
    for await (const connection of this.#listener) {
      this.#connections.push(connection);
      this.#read(connection).catch(() => {});
    }
  }

  async #read(connection: Deno.Conn) {
    const parser = mqtt.parser({ protocolVersion: 4 } as never);
    parser.on("packet", (packet: Packet) => {
      this.packets.push(packet);
      if (packet.cmd === "connect" && this.#connack) void connection.write(CONNACK);
    });
    const buffer = new Uint8Array(1 << 16);
    for (let count; (count = await connection.read(buffer)) !== null;) {
      parser.parse(buffer.slice(0, count) as never);
    }
  }

  [Symbol.dispose]() {
    this.#listener.close();
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch {
        // It had ended.
      }
    }
  }
}
