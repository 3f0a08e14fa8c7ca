/**
 * A cloud that ends the connection at a message that it does not like.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import mqtt, { type Packet } from "mqtt-packet";

/** `using` ends it. */
export class PickyCloud implements Disposable {
  readonly url: string;
  /** Topics of the messages it took. */
  readonly topics: string[] = [];
  connections = 0;
  readonly #dislikes: (topic: string) => boolean;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns = new Set<Deno.Conn>();

  constructor(dislikes: (topic: string) => boolean) {
    this.#dislikes = dislikes;
    this.url = `mqtt://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
    this.#accept();
  }

  async #accept() {
    for await (const conn of this.#listener) this.#serve(conn).catch(() => this.#end(conn));
  }

  async #serve(conn: Deno.Conn) {
    this.connections++;
    this.#conns.add(conn);
    const parser = mqtt.parser({ protocolVersion: 5 } as never);
    const answers: Packet[] = [];
    let isOver = false;
    parser.on("packet", (packet: Packet) => {
      if (isOver) return;
      if (packet.cmd === "connect") {
        answers.push({ cmd: "connack", reasonCode: 0, sessionPresent: false } as Packet);
      } else if (packet.cmd === "publish") {
        isOver = this.#dislikes(packet.topic);
        if (isOver) return;
        this.topics.push(packet.topic);
        answers.push({ cmd: "puback", messageId: packet.messageId!, reasonCode: 0 } as Packet);
      }
    });
    const buffer = new Uint8Array(1 << 16);
    for (let count; !isOver && (count = await conn.read(buffer)) !== null;) {
      parser.parse(Buffer.from(buffer.slice(0, count)));
      for (const answer of answers.splice(0)) {
        await conn.write(mqtt.generate(answer, { protocolVersion: 5 } as never));
      }
    }
    this.#end(conn);
  }

  #end(conn: Deno.Conn) {
    if (this.#conns.delete(conn)) conn.close();
  }

  [Symbol.dispose]() {
    this.#listener.close();
    for (const conn of this.#conns) this.#end(conn);
  }
}
