import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Liveness, NodesAnswer } from "../../gateway/nodes/answers.ts";
import type { MqttAddress, Role, Status } from "../../gateway/sessions/messages.ts";
import { Client, type ConnectionState, type Subscription } from "../client/client.ts";
import { ChannelModel } from "./channel_model.ts";
import { compareNames } from "./compare_names.ts";
import { fetchJson } from "./fetch_json.ts";
import { pageVisible } from "./page_visible.ts";
import { Poller } from "./poller.ts";

/** How long a channel stays subscribed after the last one who looked left, milliseconds. */
export const LINGER = 3000;

interface Watched {
  model: ChannelModel;
  watchers: number;
  /** How many of them are there for others to see. */
  present: number;
  subscription: Subscription;
  leaving: ReturnType<typeof setTimeout> | undefined;
}

async function loadNodes(abort: AbortSignal): Promise<NodesAnswer> {
  const what = "nodes and devices";
  const answer = await fetchJson<NodesAnswer>("/api/nodes", what, abort);
  if (!Array.isArray(answer.nodes) || !Array.isArray(answer.devices)) {
    throw new Error(`Cannot load ${what}: the gateway is of another version`);
  }
  return { nodes: answer.nodes.sort(byName), devices: answer.devices.sort(byName) };
}

function byName(a: { name: string }, b: { name: string }): number {
  return compareNames(a.name, b.name);
}

/** A gateway that said nothing for so long is asked whether it is there, milliseconds. */
const QUIET = 4000;

/** The page's view of the gateway. */
export class Store {
  readonly connection = signal<ConnectionState>({ state: "connecting", attempt: 0 });
  /** What this page may do, as the gateway said last. */
  readonly role = signal<Role | undefined>(undefined);
  /** Why the connection was lost; `undefined` while there is one, or never was. */
  readonly lost = signal<string | undefined>(undefined);
  readonly status = signal<Status | undefined>(undefined);
  /** Where MQTT clients publish, as the gateway told. */
  readonly mqtt = signal<MqttAddress | undefined>(undefined);
  /** Whether who publishes there needs an access token. */
  readonly tokenNeeded = signal(false);
  /** How many channels the gateway lets this page subscribe to. */
  readonly maxChannels = signal(Infinity);
  /** Names in order; `undefined` until the gateway told. */
  readonly channels = signal<string[] | undefined>(undefined);
  /** The gateway's time, Unix milliseconds, moving on once a second. */
  readonly now = signal(Date.now());
  /** Why nothing can be sent now; `undefined` when it can. */
  readonly blocked = computed(() => {
    const connection = this.connection.value;
    if (connection.state !== "connected") return "Not connected to the gateway.";
    if (connection.role === "viewer") {
      return "This link is for watching only. Controls need an operator's link.";
    }
    return undefined;
  });
  /** Whether the API is asked: not while nobody looks, nor when the gateway is not there. */
  readonly asking: ReadonlySignal<boolean>;
  /** Nodes and devices, asked for while a view watches it. */
  readonly nodes: Poller<NodesAnswer>;
  /** By the name of a device, or else of a node; empty until `nodes` was answered. */
  readonly liveness = computed(() => {
    const all = new Map<string, Liveness>();
    const answer = this.nodes.data.value;
    for (const each of answer?.nodes ?? []) all.set(each.name, each);
    for (const each of answer?.devices ?? []) all.set(each.name, each);
    return all;
  });
  readonly client: Client;
  #names = new Set<string>();
  /** What other members call, or called, this page: one name per connection. */
  #mine = new Set<string>();
  #fresh = true;
  #lostAt = 0;
  #watched = new Map<string, Watched>();
  /** Kept when nobody looks, so that coming back shows the last values at once. */
  #models = new Map<string, ChannelModel>();

  /** @param url The gateway's `/ws`; a cookie says who asks. */
  constructor(url: URL) {
    const visible = pageVisible();
    this.asking = computed(() => visible.value && this.connection.value.state === "connected");
    this.nodes = new Poller(loadNodes, this.asking);
    this.client = new Client(url, {
      timing: { quietAfter: QUIET },
      onState: (state) => this.#connected(state),
      onMessage: (message) => {
        if (message.type === "welcome") {
          this.#fresh = true;
          this.mqtt.value = message.mqtt;
          this.tokenNeeded.value = message.token === true;
          this.#mine.add(message.member);
          this.maxChannels.value = message.channels ?? Infinity;
        }
        if (message.type === "status") this.status.value = message;
        else if (message.type === "channels") this.#channels(message.added, message.removed);
        else if (message.type === "pong") this.now.value = this.time();
      },
    });
    setInterval(() => this.now.value = this.time(), 1000);
  }

  /** The gateway's time now, Unix milliseconds. */
  time(): number {
    return Date.now() + (this.client.clock?.offset ?? 0);
  }

  /** Until when what is shown is known to hold, Unix milliseconds of the gateway. */
  known(): number {
    return this.connection.peek().state === "connected" ? this.time() : this.#lostAt;
  }

  /**
   * Subscribes to a channel while somebody looks; call the result to stop looking.
   *
   * @param options Quiet: who looks at it among many others is not there for others to see.
   */
  watch(
    name: string,
    { quiet = false }: { quiet?: boolean } = {},
  ): { model: ChannelModel; release: () => void } {
    let watched = this.#watched.get(name);
    if (!watched) {
      const model = this.#models.get(name) ??
        new ChannelModel(name, (member) => this.#mine.has(member));
      this.#models.set(name, model);
      const subscription = this.client.subscribe(
        name,
        (each, frame) => model.receive(each, frame),
        { quiet },
      );
      watched = { model, watchers: 0, present: 0, subscription, leaving: undefined };
      this.#watched.set(name, watched);
    }
    const count = (change: number) => {
      watched.watchers += change;
      if (!quiet) watched.present += change;
      this.#settle(name, watched);
    };
    count(1);
    return { model: watched.model, release: () => count(-1) };
  }

  #connected(state: ConnectionState): void {
    if (this.connection.value.state === "connected") this.#lostAt = this.time();
    if (state.state === "connected") {
      this.role.value = state.role;
      this.lost.value = undefined;
    }
    if (state.state === "waiting") this.lost.value ??= state.reason;
    this.connection.value = state;
  }

  /** Who comes is there at once; who goes may come back for a moment. */
  #settle(name: string, watched: Watched): void {
    clearTimeout(watched.leaving);
    if (watched.present > 0) return watched.subscription.setQuiet(false);
    watched.leaving = setTimeout(() => {
      if (watched.watchers > 0) return watched.subscription.setQuiet(true);
      watched.subscription.close();
      this.#watched.delete(name);
    }, LINGER);
  }

  /** The first `channels` of a connection names all; later ones are changes. */
  #channels(added: string[], removed: string[]): void {
    if (this.#fresh) this.#names.clear();
    this.#fresh = false;
    for (const name of removed) {
      this.#names.delete(name);
      this.#models.delete(name);
    }
    for (const name of added) this.#names.add(name);
    this.channels.value = [...this.#names].sort(compareNames);
  }
}
