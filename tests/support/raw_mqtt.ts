/**
 * An MQTT client byte by byte: for what a library would not send.
 *
 * @module
 */
import mqtt, { type Packet } from "mqtt-packet";

const TIMEOUT_MS = 10_000;
const GONE_MS = 12_000;

/** A packet as bytes. */
export function encode(packet: object, protocolVersion = 4): Uint8Array<ArrayBuffer> {
  return new Uint8Array(mqtt.generate(packet as Packet, { protocolVersion } as never));
}

/** CONNECT with a clean session; `more` says what is different. */
export function connectPacket(clientId: string, more: object = {}): Uint8Array<ArrayBuffer> {
  return encode({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: 0,
    ...more,
  });
}

export function publishPacket(
  topic: string,
  payload: string | Uint8Array,
  more: object = {},
): Uint8Array<ArrayBuffer> {
  return encode({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false, ...more });
}

export function subscribePacket(topic: string, qos = 0): Uint8Array<ArrayBuffer> {
  return encode({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos }] });
}

export function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** What both kinds of connection have in common. */
interface Transport {
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
}

/** A connection of packets; `using` ends it without goodbye. */
export class RawMqtt implements Disposable {
  /** Packets that came. */
  readonly packets: Packet[] = [];
  /** Settles when the other side ended the connection. */
  readonly ended: Promise<CloseEvent | null>;
  readonly #transport: Transport;
  #wake = Promise.withResolvers<void>();

  private constructor(
    transport: Transport,
    incoming: (take: (bytes: Uint8Array) => void) => Promise<CloseEvent | null>,
    version = 4,
  ) {
    this.#transport = transport;
    const parser = mqtt.parser({ protocolVersion: version } as never);
    parser.on("packet", (packet: Packet) => {
      this.packets.push(packet);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
    this.ended = incoming((bytes) => parser.parse(bytes as never));
    this.ended.then(() => this.#wake.resolve());
  }

  /** @param options.reads Whether to read at all; else it is a frozen peer. @default true */
  static async tcp(port: number, options: { reads?: boolean } = {}): Promise<RawMqtt> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    // Each write is a segment of its own.
    conn.setNoDelay();
    const transport = {
      async send(bytes: Uint8Array) {
        for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
      },
      close() {
        try {
          conn.close();
        } catch {
          // It had ended.
        }
      },
    };
    return new RawMqtt(transport, async (take) => {
      if (options.reads === false) return await new Promise(() => {});
      const buffer = new Uint8Array(1 << 16);
      try {
        for (let count; (count = await conn.read(buffer)) !== null;) take(buffer.slice(0, count));
      } catch {
        // Reset, or closed by the test.
      }
      return null;
    });
  }

  /** @param options.version Of MQTT, for reading. @default 4 */
  static async webSocket(
    url: URL | string,
    options: { headers?: Record<string, string>; version?: number } = {},
  ): Promise<RawMqtt & { socket: WebSocket }> {
    const init = { protocols: ["mqtt"], headers: options.headers ?? {} };
    const socket = new WebSocket(url, init as unknown as string[]);
    socket.binaryType = "arraybuffer";
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
    });
    socket.onerror = () => {};
    const transport = {
      send: (bytes: Uint8Array) => Promise.resolve(socket.send(bytes as Uint8Array<ArrayBuffer>)),
      close: () => socket.close(),
    };
    const peer = new RawMqtt(transport, (take) => {
      socket.onmessage = ({ data }) => take(new Uint8Array(data));
      return closed;
    }, options.version);
    return Object.assign(peer, { socket });
  }

  send(...parts: Uint8Array[]): Promise<void> {
    return this.#transport.send(parts.length === 1 ? parts[0]! : join(...parts));
  }

  /** The first packet that fits, also of those that came before. */
  async packet<C extends Packet["cmd"]>(
    cmd: C,
    accept: (packet: Extract<Packet, { cmd: C }>) => boolean = () => true,
  ): Promise<Extract<Packet, { cmd: C }>> {
    const fits = (packet: Packet) =>
      packet.cmd === cmd && accept(packet as Extract<Packet, { cmd: C }>);
    let ended = false;
    this.ended.then(() => ended = true);
    const deadline = Date.now() + TIMEOUT_MS;
    while (true) {
      const found = this.packets.find(fits);
      if (found) return found as Extract<Packet, { cmd: C }>;
      if (ended) throw new Error(`the connection ended before ${cmd} came`);
      await this.#something(deadline, cmd);
    }
  }

  async #something(deadline: number, cmd: string) {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => late.reject(new Error(`no ${cmd} came in time`)),
      Math.max(0, deadline - Date.now()),
    );
    try {
      await Promise.race([this.#wake.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Waits for the other side to end the connection.
   *
   * @returns The close event of a WebSocket.
   * @throws If it does not within 12 s.
   */
  async gone(): Promise<CloseEvent | null> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("it is still connected")), GONE_MS);
    try {
      return await Promise.race([this.ended, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  close() {
    this.#transport.close();
  }

  [Symbol.dispose]() {
    this.close();
  }
}
