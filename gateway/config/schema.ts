/**
 * What a configuration is: the one schema behind file, environment and flags.
 *
 * @module
 */
import * as v from "valibot";
import { parseDeviceId } from "../../traces/sensors/device_id.ts";
import { type Option, options } from "./options.ts";
import {
  isWebSocketDevice,
  webSocketDevice,
  type WebSocketDeviceConfig,
} from "./websocket_device.ts";

/** A topic filter of MQTT in which a level may have a name: `lab/:room/+/state`. */
const filter = v.pipe(v.string(), v.nonEmpty("is empty"));

const control = v.strictObject({
  type: v.picklist(["number", "switch", "choice", "text", "button"]),
  min: v.optional(v.number()),
  max: v.optional(v.number()),
  step: v.optional(v.number()),
  choices: v.optional(v.array(v.unknown())),
  on: v.optional(v.unknown()),
  off: v.optional(v.unknown()),
});

/** A device that bridge nodes hear: what to call it, and its key where it encrypts. */
const heardDevice = v.strictObject({
  /**
   * `A4:C1:38:8D:18:B2` (Bluetooth), `00:12:4B:00:01:02:03:04` (IEEE 802.15.4, extended) or
   * `1A62/0001` (IEEE 802.15.4, PAN and short address).
   */
  address: v.pipe(
    v.string(),
    v.check((text) => parseDeviceId(text) !== undefined, "is no address of a device"),
  ),
  /** PAN and short address of an IEEE 802.15.4 device whose frames hold those: `1A62/0001`. */
  short: v.optional(v.pipe(
    v.string(),
    v.regex(/^(?:0x)?[0-9a-f]{1,4}\/(?:0x)?[0-9a-f]{1,4}$/i, "is not of the form 1A62/0001"),
  )),
  /** Level of its topics, and its channel. */
  name: v.optional(v.pipe(
    v.string(),
    v.regex(/^[^/+#$\0]+$/, "has to be one topic level, without / + # $"),
  )),
  /** 32 hexadecimal digits; 24 for MiBeacon version 2 and 3. */
  key: v.optional(v.pipe(
    v.string(),
    v.regex(/^(?:[0-9a-f]{32}|[0-9a-f]{24})$/i, "is not 32 hexadecimal digits"),
  )),
});

const lists = {
  /** Topic to channel; the first that matches counts, before the built-in ones. */
  rules: v.optional(
    v.array(v.strictObject({
      filter,
      /** Channel name; names of the filter may stand in it: `:room`. */
      channel: v.pipe(v.string(), v.nonEmpty("is empty")),
      /** Topic of commands; `:names`, and `+` and `#` as the filter matched them. */
      command: v.optional(v.string()),
    })),
    [],
  ),
  /** Topics to republish under another name, with the gateway's time; those of the delay view. */
  relays: v.optional(
    v.array(v.strictObject({ filter, to: v.string() })),
    [{ filter: "devices/delay/ping", to: "devices/delay/relayed" }],
  ),
  /** Units and controls of topics whose devices do not describe themselves. */
  describe: v.optional(
    v.array(v.strictObject({
      topic: filter,
      unit: v.optional(v.string()),
      control: v.optional(control),
    })),
    [],
  ),
  /** Devices that bridge nodes hear, and those that are WebSocket servers. */
  devices: v.optional(
    v.array(v.lazy((entry) => isWebSocketDevice(entry) ? webSocketDevice : heardDevice)),
    [],
  ),
  /** Tokens beside those that the gateway makes. */
  tokens: v.optional(
    v.array(v.strictObject({
      name: v.pipe(v.string(), v.nonEmpty("is empty")),
      role: v.picklist(["viewer", "operator", "admin", "node"]),
      token: v.pipe(v.string(), v.minLength(16, "is shorter than 16 characters")),
      /** Topics that a node of another dialect publishes and reads, as `home/OpenMQTTGateway/#`. */
      topics: v.optional(v.array(filter)),
    })),
    [],
  ),
};

function optionSchema(option: Option): v.GenericSchema {
  const { type, range } = option;
  if (option.choices !== undefined) {
    return v.picklist(option.choices, `is not one of ${option.choices.join(", ")}`);
  }
  if (type === "text") return v.string("is not text");
  if (type === "switch") return v.boolean("is not true or false");
  if (type === "list") return v.array(v.string("is not text"), "is not a list");
  const [min, max] = range ?? [-Infinity, Infinity];
  const number = v.pipe(
    v.number("is not a number"),
    v.minValue(min, `is below ${min}`),
    v.maxValue(max, `is above ${max}`),
  );
  return type === "integer" ? v.pipe(number, v.integer("is not a whole number")) : number;
}

function groupSchema(prefix: string): Record<string, v.GenericSchema> {
  const entries: Record<string, v.GenericSchema> = {};
  for (const option of options) {
    if (!option.key.startsWith(prefix)) continue;
    const name = option.key.slice(prefix.length);
    if (name.includes(".")) continue;
    entries[name] = v.optional(optionSchema(option), option.default as never);
  }
  return entries;
}

const groups = [...new Set(options.map((o) => o.key.split(".")).filter((k) => k.length > 1))]
  .map((k) => k[0] as string);

/** Checks a configuration and fills in the defaults. */
export const schema = v.strictObject({
  ...groupSchema(""),
  ...Object.fromEntries(
    [...new Set(groups)].map((group) => {
      const more: Record<string, v.GenericSchema> = group === "uplink"
        ? { rules: v.optional(v.unknown()) }
        : {};
      return [group, v.optional(v.strictObject({ ...groupSchema(`${group}.`), ...more }), {})];
    }),
  ),
  ...lists,
});

export type Rule = { filter: string; channel: string; command?: string };
export type Relay = { filter: string; to: string };
export type TopicNote = v.InferOutput<typeof lists.describe>[number];
export type ConfiguredDevice = v.InferOutput<typeof heardDevice>;
export type TokenRole = "viewer" | "operator" | "admin" | "node";
export type ConfiguredToken = { name: string; role: TokenRole; token: string; topics?: string[] };

/** A checked configuration. Fields are described in `options.ts`. */
export interface Config {
  host: string;
  port: number;
  mqttHost: string;
  mqttPort: number;
  mqttsPort?: number;
  cert?: string;
  key?: string;
  dataDir: string;
  demo: boolean;
  broker: {
    /** See `brokerAddresses`. */
    url?: string;
    username?: string;
    password?: string;
    ca?: string;
    clientId?: string;
    subscribe: string[];
  };
  uplink: {
    url?: string;
    username?: string;
    password?: string;
    ca?: string;
    clientId?: string;
    topics: string[];
    prefix: string;
    down: string[];
    role: "viewer" | "operator" | "admin";
    envelope: boolean;
    window: number;
    bytes: number;
    ageSeconds: number;
    policy: "oldest" | "newest";
    /** See `uplink/upload_rules.ts`, which checks them. */
    rules?: unknown;
  };
  session: { idleTimeoutSeconds: number; gatherMs: number };
  command: { timeoutSeconds: number };
  history: {
    count: number;
    bytes: number;
    totalBytes: number;
    ageSeconds: number;
    disk: boolean;
    diskCount: number;
    diskBytes: number;
  };
  store: { syncMs: number; syncRows: number; lazyMs: number; commitRows: number };
  limits: {
    messageBytes: number;
    messagesPerSecond: number;
    deviceRate: number;
    sessions: number;
    sessionsPerAddress: number;
    channelsPerSession: number;
    replayMessages: number;
    bodyBytes: number;
    decodeBytes: number;
    channels: number;
    topicsPerChannel: number;
    mqttClients: number;
    mqttPacketBytes: number;
    mqttBacklogBytes: number;
  };
  access: { openLoopback: boolean; origins: string[]; hosts: string[] };
  rules: Rule[];
  relays: Relay[];
  describe: TopicNote[];
  liveness: {
    lateMinSeconds: number;
    lateMaxSeconds: number;
    lostMinSeconds: number;
    lostMaxSeconds: number;
    nodeMinSeconds: number;
    nodeMaxSeconds: number;
    graceSeconds: number;
  };
  /** Those that bridge nodes hear. */
  devices: ConfiguredDevice[];
  /** Those that are WebSocket servers. */
  webSocketDevices: WebSocketDeviceConfig[];
  readings: { publish: "auto" | "on" | "off" };
  homeAssistant: { discovery: boolean; prefix: string };
  zigbee2mqtt: { base: string[] };
  trace: { recentBytes: number; recentSeconds: number; port?: number };
  tokens: ConfiguredToken[];
}
