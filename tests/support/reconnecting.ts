/**
 * The scenario of clients that come back again and again, at random moments,
 * while messages flow: each sees every number exactly once.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ChannelMessage, Client } from "../../web/client/client.ts";
import { Flow, type FlowValue } from "./flow.ts";
import { GatewayProcess } from "./gateway.ts";
import { checkLog } from "./log_check.ts";
import { RawWs } from "./raw_ws.ts";
import { WsPeer } from "./ws_peer.ts";

export interface ReconnectingOptions {
  /** Clients of each kind: the project's own, and one on a bare socket. */
  clients: number;
  /** How often each of them loses its connection. */
  times: number;
}

const RATE = 500;
/** Connections last at most so long, milliseconds. */
const LASTS_MS = 60;

function randomMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * LASTS_MS));
}

/** Whether a message is the last of the flow. */
type IsLast = (message: ChannelMessage) => boolean;

/** What a client has seen; `end` settles with the last message. */
class Seen {
  readonly messages: ChannelMessage[] = [];
  readonly #isLast: IsLast;
  readonly #end = Promise.withResolvers<void>();

  constructor(isLast: IsLast) {
    this.#isLast = isLast;
  }

  take(message: ChannelMessage) {
    this.messages.push(message);
    if (this.#isLast(message)) this.#end.resolve();
  }

  get end(): Promise<void> {
    return this.#end.promise;
  }

  check() {
    const at = this.messages.findIndex(({ type }) => type === "snapshot");
    const snapshots = this.messages.filter(({ type }) => type === "snapshot");
    assert.equal(snapshots.length, 1, "it had to start over");
    const { gaps } = checkLog(
      this.messages.slice(at + 1),
      (snapshots[0] as { seq: number }).seq,
    );
    assert.deepEqual(gaps, []);
  }
}

/** A client that loses its connection so often, then keeps it until it has seen the last. */
interface Lossy {
  churned: Promise<void>;
  done: Promise<void>;
}

function lossy(run: (churned: () => void) => Promise<void>): Lossy {
  const { promise: churned, resolve, reject } = Promise.withResolvers<void>();
  const done = run(resolve);
  done.catch(reject);
  return { churned, done };
}

/** The project's own client, whose sockets are closed under it. */
async function ownClient(url: URL, times: number, seen: Seen, churned: () => void) {
  const sockets: WebSocket[] = [];
  let connected = Promise.withResolvers<void>();
  class Capturing extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  using client = new Client(url, {
    WebSocket: Capturing,
    timing: { retryMin: 1, retryMax: 5, stableAfter: 0 },
    onState: ({ state }) => state === "connected" && connected.resolve(),
  });
  client.subscribe("log", (message) => seen.take(message));
  for (let i = 0; i < times; i++) {
    await connected.promise;
    connected = Promise.withResolvers();
    await randomMoment();
    sockets.at(-1)!.close();
  }
  churned();
  await seen.end;
}

/** A bare socket that is closed without a word. */
class BareClient {
  #position: string | undefined;
  #epoch = "";
  readonly #url: URL;
  readonly #seen: Seen;

  constructor(url: URL, seen: Seen) {
    this.#url = url;
    this.#seen = seen;
  }

  /** Connects, and reads until `over`. */
  async session(over: Promise<void>) {
    const url = new URL(this.#url);
    if (this.#position !== undefined) url.searchParams.set("since", this.#position);
    using raw = await RawWs.open(url);
    let reads = true;
    over.then(() => {
      reads = false;
      raw[Symbol.dispose]();
    });
    while (reads && await raw.read().catch(() => null) !== null) {
      this.#take(raw);
      if (reads) await raw.send({ type: "received", bytes: raw.bytes }).catch(() => {});
    }
  }

  #take(raw: RawWs) {
    for (const message of raw.messages.splice(0)) {
      if (message.type === "welcome") this.#epoch = message.epoch;
      if (!("channel" in message)) continue;
      this.#seen.take(message);
      if ("seq" in message) this.#position = `${this.#epoch}:${message.seq}`;
    }
  }
}

async function bareClient(url: URL, times: number, seen: Seen, churned: () => void) {
  const client = new BareClient(url, seen);
  for (let i = 0; i < times; i++) await client.session(randomMoment());
  churned();
  await client.session(seen.end);
}

export async function reconnecting({ clients, times }: ReconnectingOptions) {
  await using gateway = await GatewayProcess.start();
  const { mqttPort } = gateway;
  await using watcher = await WsPeer.open(gateway.ws("/ws"));
  await using flow = await Flow.start({ mqttPort, rate: RATE, topics: ["log/a", "log/b"] });
  await watcher.next("channels", ({ added }) => added.includes("log"));
  let last = Infinity;
  const isLast: IsLast = (message) =>
    message.type === "data" && (message.value as FlowValue).n >= last;
  const all = Array.from({ length: 2 * clients }, () => new Seen(isLast));
  const running = all.map((seen, i) =>
    lossy((churned) =>
      i % 2 === 0
        ? ownClient(gateway.ws("/ws"), times, seen, churned)
        : bareClient(gateway.ws("/ws/log"), times, seen, churned)
    )
  );
  await Promise.all(running.map(({ churned }) => churned));
  last = flow.count;
  await flow.stop();
  await Promise.all(running.map(({ done }) => done));
  for (const seen of all) seen.check();
}
