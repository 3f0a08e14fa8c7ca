/**
 * OpenMQTTGateway and Theengs Gateway: what Bluetooth devices say on
 * `<base>/<gateway>/BTtoMQTT/<address>` (or `.../undecoded`, or an iBeacon's UUID), whether the
 * gateway is there on `<base>/<gateway>/LWT`, what it says of itself on `.../SYStoMQTT` and
 * `.../version`, and how far devices are on presence topics. The base is of any depth.
 *
 * Times are made Unix milliseconds: `unixtime` counts seconds (or milliseconds, from 1e11 on),
 * `UTCtime` is ISO 8601 and, without a zone, UTC. A gateway that never had the time from a server
 * counts since its start instead: such times count as not said.
 *
 * @module
 */
import { isSettings } from "../../access/policy.ts";
import type { Dialect, DialectSink, TopicReader } from "./dialect.ts";
import { addressOf, numberOf, wordsOf } from "./fields.ts";
import { type JsonObject, parseObject, textOf } from "./json.ts";
import { readDeviceMessage, readPresenceMessage } from "./theengs_message.ts";

/** Members of SYStoMQTT that are shown. All others stay out: among them are SSID, BSSID and the like. */
const DETAILS = [
  ...["uptime", "env", "modules", "freemem", "minfreemem", "freestack", "rssi", "tempc"],
  ...["lowpowermode", "powermode", "scnct", "msgrcv", "msgprc", "msgblck", "maxq"],
  ...["discovery", "ohdiscovery"],
];

const MAX_GATEWAYS = 10_000;
/** Names that gateways have of themselves. */
const USUAL_NAME = /openmqttgateway|theengs|^omg/i;
const THEENGS = /theengs/i;

function detailsOf(said: JsonObject): Record<string, string | number | boolean> {
  const details: Record<string, string | number | boolean> = {};
  for (const key of DETAILS) {
    const value = said[key];
    if (Array.isArray(value)) {
      details[key] = value.filter((item) => typeof item === "string").join(", ").slice(0, 256);
    } else if (typeof value === "boolean") details[key] = value;
    else if (typeof value === "number" || typeof value === "string") {
      const number = numberOf(value);
      details[key] = Number.isNaN(number) ? String(value).slice(0, 128) : number;
    }
  }
  return details;
}

function objectReader(
  node: string,
  take: (said: JsonObject, sink: DialectSink) => void,
): TopicReader {
  return (payload, sink) => {
    // A retained message was removed.
    if (payload.length === 0) return;
    const said = parseObject(payload);
    if (typeof said === "string") sink.malformed(node, said);
    else take(said, sink);
  };
}

function systemReader(node: string): TopicReader {
  return objectReader(node, (said, sink) => {
    const version = wordsOf(said.version, 64);
    const details = detailsOf(said);
    sink.node(node, { details, ...version === undefined ? {} : { version } });
  });
}

function stateReader(node: string): TopicReader {
  return (payload, sink) => {
    if (payload.length === 0) return;
    const state = textOf(payload)?.trim().toLowerCase();
    if (state === "online" || state === "offline") sink.node(node, { state });
    else sink.malformed(node, "says neither online nor offline");
  };
}

function versionReader(node: string): TopicReader {
  return (payload, sink) => {
    const version = wordsOf(textOf(payload) ?? "", 64)?.replace(/^"(.*)"$/, "$1");
    if (version !== undefined) sink.node(node, { version });
  };
}

/** Gateways of one of the two programs, which differ in name alone. */
class BtGateways implements Dialect {
  readonly name: string;
  onChange?: (() => void) | undefined;
  readonly #usualName: string;
  readonly #isOurs: (gateway: string) => boolean;
  /** `<base>/<gateway>` of those that were heard. */
  readonly #known = new Set<string>();
  /** Those of whose other topics we said that they are not ours. */
  readonly #refused = new Set<string>();

  constructor(name: string, usualName: string, isOurs: (gateway: string) => boolean) {
    this.name = name;
    this.#usualName = usualName;
    this.#isOurs = isOurs;
  }

  reader(topic: string): TopicReader | null {
    const levels = topic.split("/");
    const at = levels.findIndex((level) => level === "BTtoMQTT" || level === "SYStoMQTT");
    if (at === -1) return isSettings(topic) ? null : this.#aside(levels);
    const gateway = levels[at - 1] ?? this.#usualName;
    if (!this.#isOurs(gateway)) return null;
    const path = levels.slice(0, at).join("/");
    const node = path === "" ? this.#usualName : path;
    const isSystem = levels[at] === "SYStoMQTT" && at === levels.length - 1;
    // What it says of itself is read here, member by member; no other settings are.
    if (isSystem ? isSettings(path) : isSettings(topic)) return null;
    this.#learn(path);
    if (isSystem) return systemReader(node);
    const address = addressOf(levels[at + 1]);
    return objectReader(node, (said, sink) => readDeviceMessage(node, address, said, sink));
  }

  /** Topics with words that others use too: only of gateways that are known, or named as usual. */
  #aside(levels: string[]): TopicReader | null {
    const [before, last] = levels.slice(-2);
    if (before === undefined || last === undefined) return null;
    if (before === "presence" || before === "home_presence") {
      const base = levels.slice(0, -2);
      return this.#isKnown([...base, last]) ? this.#presence([...base, last].join("/")) : null;
    }
    if (last !== "LWT" && last !== "version" && last !== "presence") return null;
    // Tasmota has LWT topics too, but under `tele`.
    const isWill = last === "LWT" && levels[0] === "home" && this.#isOurs(before);
    const path = levels.slice(0, -1);
    if (!isWill && !this.#isKnown(path)) return null;
    const node = path.join("/");
    if (last === "LWT") return stateReader(node);
    return last === "version" ? versionReader(node) : this.#presence(node);
  }

  #presence(node: string): TopicReader {
    return objectReader(node, (said, sink) => readPresenceMessage(node, said, sink));
  }

  #isKnown(levels: string[]): boolean {
    const gateway = levels.at(-1) as string;
    if (!this.#isOurs(gateway)) return false;
    const path = levels.join("/");
    if (USUAL_NAME.test(gateway) || this.#known.has(path)) return true;
    if (this.#refused.size < MAX_GATEWAYS) this.#refused.add(path);
    return false;
  }

  #learn(path: string) {
    if (this.#known.has(path) || this.#known.size >= MAX_GATEWAYS) return;
    this.#known.add(path);
    if (this.#refused.delete(path)) this.onChange?.();
  }
}

/** OpenMQTTGateway: gateways whose name does not say "Theengs". */
export function openMqttGateway(): Dialect {
  return new BtGateways("openmqttgateway", "OpenMQTTGateway", (name) => !THEENGS.test(name));
}

/** Theengs Gateway: gateways whose name says so (`TheengsGateway` unless configured otherwise). */
export function theengsGateway(): Dialect {
  return new BtGateways("theengs", "TheengsGateway", (name) => THEENGS.test(name));
}
