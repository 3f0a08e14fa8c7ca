/**
 * What the external broker can, as the connection to it needs to know: found out once an hour at
 * most, when a connection begins, and believed of all nodes of a cluster.
 *
 * @module
 */
import type { IClientOptions, MqttClient } from "mqtt";
import { noTaps } from "../taps.ts";
import {
  type BrokerCan,
  describeBroker,
  nothingKnown,
  tryOut,
  type TryOutOptions,
} from "./capabilities.ts";
import type { BrokerAddress, ExternalOptions } from "./external_options.ts";
import { escapeFor, type TopicEscape } from "./topic_escape.ts";
import { UpstreamStream } from "./upstream_stream.ts";

/** What was found out is believed for so long, ms. */
const BELIEVED_MS = 3_600_000;
/** Time to find out, ms; in a cluster pings of a connection that waits must not be late. */
const TIME_MS = 5000;
const NODE_TIME_MS = 2000;

export class Abilities {
  can: BrokerCan = nothingKnown(5);
  /** How topics are written there; `null`: as they are. */
  escape: TopicEscape | null = null;
  readonly #options: ExternalOptions;
  readonly #Client: typeof MqttClient;
  #knownAt = -Infinity;

  constructor(options: ExternalOptions, Client: typeof MqttClient) {
    this.#options = options;
    this.#Client = Client;
  }

  /**
   * Finds out what is not known.
   *
   * @param isNode Whether the address is one of several.
   */
  async learn(address: BrokerAddress, protocol: 4 | 5, isNode: boolean) {
    const { tryTopic: topic, clientId, log } = this.#options;
    const isOther = this.can.protocol !== protocol;
    if (isOther) this.#adopt(nothingKnown(protocol), -Infinity);
    if (topic === undefined || performance.now() - this.#knownAt < BELIEVED_MS) return;
    const { ca } = this.#options;
    const can = await tryOut({
      client: dialler(this.#Client, { ...address, ...(ca === undefined ? {} : { ca }) }),
      protocol,
      clientId,
      topic,
      timeMs: isNode ? NODE_TIME_MS : TIME_MS,
    });
    const isKnown = can.refused !== null;
    // What it does not answer in time may be known from before.
    if (!isKnown && this.can.refused !== null) return;
    log(`broker: ${describeBroker(can)}`);
    this.#adopt(can, isKnown ? performance.now() : -Infinity);
  }

  #adopt(can: BrokerCan, at: number) {
    this.can = can;
    this.#knownAt = at;
    this.escape = escapeFor(can.refused ?? "");
  }
}

/** Where a broker is, and what it takes to get in. */
interface Door extends BrokerAddress {
  /** Certificate authority, PEM text. */
  ca?: string;
}

function dialler(Client: typeof MqttClient, { url, ca, username, password }: Door) {
  return (options: IClientOptions): MqttClient => {
    const { clientId = "" } = options;
    const stream = { url, clientId, taps: noTaps, ...(ca === undefined ? {} : { ca }) };
    return new Client(() => new UpstreamStream(stream), {
      reconnectPeriod: 0,
      resubscribe: false,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...options,
    });
  };
}

/** {@linkcode tryOut}, for any broker; `escapeFor(can.refused ?? "")` says what to do with topics. */
export async function tryBroker(
  door: Door,
  options: Omit<TryOutOptions, "client">,
): Promise<BrokerCan> {
  const { MqttClient } = (await import("mqtt")).default;
  return await tryOut({ ...options, client: dialler(MqttClient, door) });
}
