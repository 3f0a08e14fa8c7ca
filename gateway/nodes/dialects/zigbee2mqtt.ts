/**
 * Zigbee2MQTT (zigbee2mqtt.io, "MQTT topics and messages"): `<base>/<name>` holds a device's or
 * group's state, a JSON object whose members become topics of their own, `<base>/<name>/<member>`.
 * With its setting `output: attribute` it publishes on just those topics itself, bare values.
 *
 * `<base>/bridge/devices` says what devices there are and what they can do; names may contain `/`.
 * A base that was not configured is learned from it; below it only what is listed is taken.
 *
 * @module
 */
import { isSettings } from "../../access/policy.ts";
import type { Dialect, DialectSink, TopicReader } from "./dialect.ts";
import { wordsOf } from "./fields.ts";
import { isObject, type Json, type JsonObject, parseJson, parseObject, textOf } from "./json.ts";
import { isTakenBase } from "./own_topics.ts";
import { isEntityName, listIn, Zigbee2MqttNetwork } from "./zigbee2mqtt_network.ts";

const MAX_BASES = 32;
const DEVICES = "/bridge/devices";
/** Commands and questions, of a device or of one of its properties. */
const ASKED = /\/(?:set|get)(?:\/|$)/;

const ignore: TopicReader = () => {};

/** `online` or `offline`, bare (old versions) or as `{"state": ...}`. */
function stateIn(payload: Uint8Array): "online" | "offline" | undefined {
  const text = textOf(payload) ?? "";
  const said = parseJson(text);
  const state = isObject(said) ? said.state : typeof said === "string" ? said : text.trim();
  return state === "online" || state === "offline" ? state : undefined;
}

/** A bare value as JSON text: JSON as it is, nothing as `null`, anything else as a string. */
function bareJson(payload: Uint8Array): string | undefined {
  if (payload.length === 0) return "null";
  const text = textOf(payload);
  if (text === null) return undefined;
  const value = parseJson(text);
  return JSON.stringify(value === undefined ? text : value);
}

function infoDetails(said: JsonObject): Record<string, string | number | boolean> {
  const details: Record<string, string | number | boolean> = {};
  const take = (name: string, value: Json | undefined) => {
    if (typeof value === "number" || typeof value === "boolean") details[name] = value;
    else if (typeof value === "string") details[name] = value.slice(0, 128);
  };
  const { coordinator, network } = said as Record<string, Json | undefined>;
  take("commit", said.commit);
  take("permit_join", said.permit_join);
  take("restart_required", said.restart_required);
  if (isObject(coordinator)) take("coordinator", coordinator.type);
  if (isObject(network)) take("channel", network.channel);
  return details;
}

class Zigbee2Mqtt implements Dialect {
  readonly name = "zigbee2mqtt";
  onChange?: (() => void) | undefined;
  readonly #networks: Zigbee2MqttNetwork[];

  constructor(bases: readonly string[]) {
    this.#networks = bases.map((base) => new Zigbee2MqttNetwork(base));
  }

  reader(topic: string): TopicReader | null {
    let found: Zigbee2MqttNetwork | undefined;
    for (const network of this.#networks) {
      if (topic.length <= network.base.length || topic[network.base.length] !== "/") continue;
      if (!topic.startsWith(network.base)) continue;
      if (found === undefined || found.base.length < network.base.length) found = network;
    }
    if (topic.endsWith(DEVICES)) {
      const base = topic.slice(0, -DEVICES.length);
      const learner = base === found?.base ? null : this.#learner(base);
      if (learner !== null) return learner;
    }
    if (found === undefined) return null;
    const rest = topic.slice(found.base.length + 1);
    if (rest.startsWith("bridge/")) return this.#bridgeReader(found, rest.slice("bridge/".length));
    return isSettings(topic) ? ignore : this.#entityReader(found, rest);
  }

  #bridgeReader(network: Zigbee2MqttNetwork, what: string): TopicReader {
    const { base } = network;
    switch (what) {
      case "state":
        return (payload, sink) => {
          if (payload.length === 0) return;
          const state = stateIn(payload);
          if (state !== undefined) sink.node(base, { state });
          else sink.malformed(base, "bridge/state says neither online nor offline");
        };
      case "info":
        return (payload, sink) => this.#info(base, payload, sink);
      case "devices":
        return (payload, sink) => this.#list(network, "device", payload, sink);
      case "groups":
        return (payload, sink) => this.#list(network, "group", payload, sink);
      case "event":
        return (payload, sink) => this.#event(network, payload, sink);
      default:
        return ignore;
    }
  }

  #info(base: string, payload: Uint8Array, sink: DialectSink) {
    if (payload.length === 0) return;
    const said = parseObject(payload);
    if (typeof said === "string") return sink.malformed(base, `bridge/info: ${said}`);
    const version = wordsOf(said.version, 64);
    sink.node(base, { details: infoDetails(said), ...version === undefined ? {} : { version } });
  }

  #list(
    network: Zigbee2MqttNetwork,
    kind: "device" | "group",
    payload: Uint8Array,
    sink: DialectSink,
  ) {
    if (payload.length === 0) return;
    const list = listIn(parseJson(textOf(payload) ?? ""));
    if (list === undefined) {
      sink.malformed(network.base, `bridge/${kind}s: not a JSON array`);
    } else if (network.list(kind, list, sink)) this.onChange?.();
  }

  /** A device that leaves is gone before the list says so. */
  #event(network: Zigbee2MqttNetwork, payload: Uint8Array, sink: DialectSink) {
    if (payload.length === 0) return;
    const said = parseObject(payload);
    if (typeof said === "string") return sink.malformed(network.base, `bridge/event: ${said}`);
    const name = isObject(said.data) ? said.data.friendly_name : undefined;
    if (said.type !== "device_leave" || typeof name !== "string") return;
    if (network.remove(name, sink)) this.onChange?.();
  }

  /** The first list of devices under a base that nobody configured. */
  #learner(base: string): TopicReader | null {
    if (isTakenBase(base) || this.#networks.length >= MAX_BASES) return null;
    // Commands for its devices would be settings of others.
    if (isSettings(`${base}/name/set`)) return null;
    return (payload, sink) => {
      if (this.#networks.some((network) => network.base === base)) return;
      const list = listIn(parseJson(textOf(payload) ?? ""));
      if (list === undefined || !list.some((item) => "ieee_address" in item)) return;
      const network = new Zigbee2MqttNetwork(base, true);
      this.#networks.push(network);
      network.list("device", list, sink);
      sink.node(base, {});
      this.onChange?.();
    };
  }

  #entityReader(network: Zigbee2MqttNetwork, rest: string): TopicReader | null {
    if (network.isListed(rest)) return (payload, sink) => state(network, rest, payload, sink);
    const asked = rest.search(ASKED);
    if (network.learned && !network.isListed(nameIn(rest, asked))) return null;
    if (asked !== -1) return ignore;
    if (!isEntityName(rest)) return null;
    if (rest.endsWith("/availability")) return this.#availability(network, rest);
    const before = nameIn(rest, -1);
    const member = rest.slice(rest.lastIndexOf("/") + 1);
    if (before !== "" && member !== "" && network.isListed(before)) {
      return (payload, sink) => attribute(network, before, member, payload, sink);
    }
    // Nobody listed it (yet): an object is a state, anything else one value of it.
    return (payload, sink) => {
      if (before === "" || member === "" || payload[0] === 0x7b) {
        state(network, rest, payload, sink);
      } else attribute(network, before, member, payload, sink);
    };
  }

  #availability(network: Zigbee2MqttNetwork, rest: string): TopicReader {
    const name = rest.slice(0, -"/availability".length);
    return (payload, sink) => {
      if (payload.length === 0) return;
      const said = stateIn(payload);
      if (said !== undefined) network.availability(name, said === "online", sink);
      else sink.malformed(network.base, `${rest} says neither online nor offline`);
    };
  }
}

/** Whose topic it is: what stands before a command, or before the last level. */
function nameIn(rest: string, asked: number): string {
  return rest.slice(0, asked === -1 ? Math.max(0, rest.lastIndexOf("/")) : asked);
}

function state(
  network: Zigbee2MqttNetwork,
  name: string,
  payload: Uint8Array,
  sink: DialectSink,
) {
  // A retained message was removed.
  if (payload.length === 0) return;
  const said = parseObject(payload);
  if (typeof said === "string") return sink.malformed(network.base, `${name}: ${said}`);
  for (const member in said) {
    const topic = network.property(name, member);
    if (topic !== undefined) sink.property(network.base, topic, JSON.stringify(said[member]));
  }
}

function attribute(
  network: Zigbee2MqttNetwork,
  name: string,
  member: string,
  payload: Uint8Array,
  sink: DialectSink,
) {
  const json = bareJson(payload);
  if (json === undefined) return sink.malformed(network.base, `${name}/${member}: not UTF-8`);
  const topic = network.property(name, member);
  if (topic !== undefined) sink.property(network.base, topic, json);
}

/**
 * Zigbee2MQTT under its base topics; others are learned as soon as they list their devices.
 *
 * @param bases Base topics, `zigbee2mqtt` unless configured otherwise
 */
export function zigbee2Mqtt(bases: readonly string[] = ["zigbee2mqtt"]): Dialect {
  return new Zigbee2Mqtt(bases);
}
