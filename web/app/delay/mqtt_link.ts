import mqtt, { type MqttClient } from "mqtt";
import { randomId } from "../../client/random_id.ts";

/** How a way fares, and in words what is wrong. */
export interface WayState {
  /** `off`: not part of this run, or the run is over. */
  state: "off" | "connecting" | "open" | "away";
  reason?: string;
}

/** What an {@linkcode MqttLink} is for; with no `topic` it only publishes. */
export interface LinkOptions {
  topic?: string;
  qos: 0 | 1;
  /** @param at When it arrived, as `performance.now()`. */
  onMessage?: (payload: Uint8Array, at: number) => void;
  onState: () => void;
}

const RETRY = 1000;
const PATIENCE = 5000;
/** Longer than a link is idle between two pings of the run; MQTT's own, seconds. */
const KEEPALIVE = 15;

/** One MQTT connection over the gateway's `/mqtt`, which comes back by itself. */
export class MqttLink {
  #state: WayState = { state: "connecting" };
  readonly #client: MqttClient;
  readonly #options: LinkOptions;

  constructor(options: LinkOptions) {
    this.#options = options;
    const url = new URL("/mqtt", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    // The script of a Worker that mqtt would make for its timers is none of ours.
    const client = this.#client = mqtt.connect(url.href.split("#")[0]!, {
      clientId: `edgewire-page-${randomId().slice(0, 8)}`,
      protocolVersion: 4,
      keepalive: KEEPALIVE,
      reconnectPeriod: RETRY,
      connectTimeout: PATIENCE,
      reconnectOnConnackError: true,
      resubscribe: false,
      queueQoSZero: false,
      timerVariant: "native",
    });
    client.on("connect", () => this.#connected());
    client.on("error", (error) => this.#lost(error.message));
    client.on("close", () => this.#lost("no connection, the page tries again"));
    client.on("message", (_topic, payload, packet) => {
      const at = performance.now();
      // What the broker repeats did not happen now.
      if (!packet.retain) options.onMessage?.(payload, at);
    });
  }

  get state(): WayState {
    return this.#state;
  }

  /** Publishes now or never. @returns Whether there is a connection. */
  publish(topic: string, text: string): boolean {
    if (this.#state.state !== "open") return false;
    this.#client.publish(topic, text, { qos: this.#options.qos }, () => {});
    return true;
  }

  /** Ends it for good. */
  close(): void {
    this.#client.end(true);
    this.#set({ state: "off" });
  }

  #connected(): void {
    const { topic, qos } = this.#options;
    if (topic === undefined) {
      this.#set({ state: "open" });
      return;
    }
    this.#client.subscribe(topic, { qos }, (error, granted) => {
      const refused = granted?.some((each) => each.qos >= 128);
      if (error || refused) this.#lost(`the broker refused to subscribe to ${topic}`);
      else if (this.#client.connected) this.#set({ state: "open" });
    });
  }

  #lost(reason: string): void {
    const { state, reason: known } = this.#state;
    if (state === "off" || (state === "away" && known !== undefined)) return;
    this.#set({ state: "away", reason });
  }

  #set(state: WayState): void {
    this.#state = state;
    this.#options.onState();
  }
}
