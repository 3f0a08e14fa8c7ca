/**
 * A WebSocket client for tests that speaks JSON and keeps what it got.
 *
 * @module
 */
import { PROTOCOL, type ServerMessage } from "../../gateway/sessions/messages.ts";

export type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

const TIMEOUT_MS = 10_000;

/** Opens with {@linkcode WsPeer.open}; `await using` closes it. */
export class WsPeer implements AsyncDisposable {
  /** Everything received, arrays taken apart, in order. */
  readonly messages: ServerMessage[] = [];
  /** How many messages each frame held. */
  readonly frameSizes: number[] = [];
  readonly closed: Promise<CloseEvent>;
  readonly socket: WebSocket;
  #received = 0;
  #waiters = new Set<() => void>();
  #read = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.onclose = resolve);
    socket.onerror = () => {};
    socket.onmessage = ({ data }) => this.#take(data);
    this.closed.then(() => this.#wake());
  }

  /**
   * @param options.v1 Whether to speak `edgewire.v1` (and acknowledge what
   *   comes). @default true
   * @param options.client For TLS.
   */
  static async open(
    url: URL | string,
    options: { v1?: boolean; headers?: Record<string, string>; client?: Deno.HttpClient } = {},
  ): Promise<WsPeer> {
    const protocols = options.v1 === false ? [] : [PROTOCOL];
    const { headers = {}, client } = options;
    const init = { protocols, headers, ...(client === undefined ? {} : { client }) };
    const socket = new WebSocket(url, init as unknown as string[]);
    const peer = new WsPeer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      peer.closed.then((event) => reject(new Error(`closed ${event.code} ${event.reason}`)));
    });
    return peer;
  }

  #take(text: string) {
    this.#received += new TextEncoder().encode(text).length;
    const parsed = JSON.parse(text);
    const list: ServerMessage[] = Array.isArray(parsed) ? parsed : [parsed];
    this.frameSizes.push(list.length);
    this.messages.push(...list);
    if (this.socket.protocol === PROTOCOL && this.socket.readyState === WebSocket.OPEN) {
      this.send({ type: "received", bytes: this.#received });
    }
    this.#wake();
  }

  #wake() {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
  }

  send(message: unknown) {
    this.socket.send(JSON.stringify(message));
  }

  /**
   * The next message of a type, behind those that were waited for already.
   *
   * @throws If it does not come, or the connection closes before.
   */
  async next<T extends ServerMessage["type"]>(
    type: T,
    accept: (message: Of<T>) => boolean = () => true,
  ): Promise<Of<T>> {
    const deadline = Date.now() + TIMEOUT_MS;
    while (true) {
      while (this.#read < this.messages.length) {
        const message = this.messages[this.#read++]!;
        if (message.type === type && accept(message as Of<T>)) return message as Of<T>;
      }
      if (this.socket.readyState !== WebSocket.OPEN) {
        const { code, reason } = await this.closed;
        throw new Error(`closed (${code} ${reason}) before a "${type}" came`);
      }
      await this.#something(deadline, type);
    }
  }

  async #something(deadline: number, type: string) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      const got = this.messages.slice(-20).map((message) => JSON.stringify(message)).join("\n");
      reject(new Error(`no "${type}" came in time; the last were\n${got}`));
    }, Math.max(0, deadline - Date.now()));
    this.#waiters.add(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose]() {
    if (this.socket.readyState <= WebSocket.OPEN) this.socket.close();
    await this.closed;
  }
}
