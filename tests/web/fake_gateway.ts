/**
 * The gateway's side of `/ws`, driven line by line by a test.
 *
 * @module
 */

import type { ClientMessage, ServerMessage } from "../../gateway/sessions/messages.ts";
import { Inbox } from "./inbox.ts";

/** One connection, seen from the gateway. */
export class Peer {
  readonly messages = new Inbox<ClientMessage>();
  readonly closed: Promise<void>;

  constructor(readonly socket: WebSocket, readonly url: URL) {
    socket.onmessage = (event) => this.messages.put(JSON.parse(event.data));
    this.closed = new Promise((resolve) => socket.onclose = () => resolve());
  }

  /** Sends objects in a frame each, arrays as one frame. */
  send(...frames: (ServerMessage | ServerMessage[])[]): void {
    for (const frame of frames) this.socket.send(JSON.stringify(frame));
  }

  welcome(epoch = "e1", session = "s1"): void {
    this.send({
      type: "welcome",
      session,
      member: "m1",
      epoch,
      role: "operator",
      time: Date.now(),
      idleTimeout: 10,
    });
  }

  /** The next message of a type; others before it are passed over. */
  async next<T extends ClientMessage["type"]>(type: T) {
    while (true) {
      const message = await this.messages.take();
      if (message.type === type) return message as Extract<ClientMessage, { type: T }>;
    }
  }
}

/** Accepts WebSockets on a free port; `await using` closes all. */
export class FakeGateway implements AsyncDisposable {
  readonly peers = new Inbox<Peer>();
  #all: Peer[] = [];
  #server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "edgewire.v1" });
    const peer = new Peer(socket, new URL(request.url));
    this.#all.push(peer);
    socket.onopen = () => this.peers.put(peer);
    return response;
  });

  get url(): string {
    return `ws://127.0.0.1:${this.#server.addr.port}/ws`;
  }

  async [Symbol.asyncDispose]() {
    for (const { socket } of this.#all) {
      if (socket.readyState < WebSocket.CLOSING) socket.close();
    }
    await Promise.all(this.#all.map((peer) => peer.closed));
    await this.#server.shutdown();
  }
}
