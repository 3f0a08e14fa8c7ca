/**
 * Every setting that has one value: where it stands in the configuration file,
 * on the command line and in the environment, its default, and what it is for.
 * Lists (rules, relays, descriptions, tokens) stand in the file alone.
 *
 * @module
 */

export type OptionType = "text" | "integer" | "number" | "switch" | "list";

export interface Option {
  /** Key in the configuration file; a dot separates group and name. */
  key: string;
  type: OptionType;
  /** What the setting is when nothing sets it; absent: not set. */
  default?: string | number | boolean | string[];
  /** Texts allowed; any where absent. */
  choices?: string[];
  /** Smallest and largest number allowed. */
  range?: [number, number];
  /** One line for `--help` and the README, with the unit. */
  help: string;
}

const PORT: [number, number] = [0, 65535];
const COUNT: [number, number] = [1, 1e9];

export const options: Option[] = [
  { key: "host", type: "text", default: "127.0.0.1", help: "address that HTTP listens on" },
  { key: "port", type: "integer", default: 8080, range: PORT, help: "HTTP port; 0 picks one" },
  {
    key: "mqttHost",
    type: "text",
    default: "127.0.0.1",
    help: "address that the embedded MQTT broker listens on",
  },
  {
    key: "mqttPort",
    type: "integer",
    default: 1883,
    range: PORT,
    help: "port of the embedded MQTT broker; 0 picks one",
  },
  {
    key: "mqttsPort",
    type: "integer",
    range: PORT,
    help: "port of the embedded MQTT broker with TLS (needs cert and key)",
  },
  { key: "cert", type: "text", help: "certificate chain, PEM file" },
  { key: "key", type: "text", help: "private key, PEM file" },
  { key: "dataDir", type: "text", default: "./data", help: "directory for what must last" },
  {
    key: "demo",
    type: "switch",
    default: false,
    help: "start the simulated nodes as well",
  },
  {
    key: "broker.url",
    type: "text",
    help:
      "external broker (several addresses: its nodes): mqtt, mqtts, ws or wss; else the embedded one",
  },
  { key: "broker.username", type: "text", help: "user name at the external broker" },
  { key: "broker.password", type: "text", help: "password at the external broker" },
  {
    key: "broker.ca",
    type: "text",
    help: "certificate authority of the external broker, PEM file",
  },
  {
    key: "broker.clientId",
    type: "text",
    help: "client id at the external broker, where its session is kept [edgewire-HOSTNAME]",
  },
  {
    key: "broker.subscribe",
    type: "list",
    default: ["#"],
    help: "topic filters to gather from the external broker",
  },
  {
    key: "uplink.url",
    type: "text",
    help: "broker elsewhere that gets the updates: mqtt://, mqtts://, ws:// or wss://",
  },
  { key: "uplink.username", type: "text", help: "user name there" },
  { key: "uplink.password", type: "text", help: "password there" },
  { key: "uplink.ca", type: "text", help: "its certificate authority, PEM file" },
  {
    key: "uplink.clientId",
    type: "text",
    help: "client id there [edgewire-uplink-EPOCH, by which other gateways know what we upload]",
  },
  {
    key: "uplink.topics",
    type: "list",
    default: ["#"],
    help: "topic filters of the updates that are uploaded",
  },
  { key: "uplink.prefix", type: "text", default: "", help: "before each topic there" },
  {
    key: "uplink.down",
    type: "list",
    default: [],
    help: "topic filters, behind the prefix, of what comes down, such as devices/+/+/set",
  },
  {
    key: "uplink.role",
    type: "text",
    default: "operator",
    choices: ["viewer", "operator", "admin"],
    help: "what messages that come down may do: operator is commands alone",
  },
  {
    key: "uplink.envelope",
    type: "switch",
    default: false,
    help: "put what a message says of itself into its payload, for MQTT 3.1.1",
  },
  {
    key: "uplink.window",
    type: "integer",
    default: 500,
    range: [1, 65_000],
    help: "messages that may wait for the acknowledgement from there",
  },
  {
    key: "uplink.bytes",
    type: "integer",
    default: 1 << 30,
    range: [1, 1e12],
    help: "bytes of messages that may wait (16 MiB of them where they wait in memory)",
  },
  {
    key: "uplink.ageSeconds",
    type: "number",
    default: 604_800,
    range: [1, 1e9],
    help: "messages that have waited for longer are dropped, seconds",
  },
  {
    key: "uplink.policy",
    type: "text",
    default: "oldest",
    choices: ["oldest", "newest"],
    help: "what is dropped when too many bytes wait",
  },
  {
    key: "session.idleTimeoutSeconds",
    type: "number",
    default: 10,
    range: [1, 3600],
    help: "a WebSocket peer from which no frame came for so long is closed, seconds",
  },
  {
    key: "session.gatherMs",
    type: "number",
    default: 8,
    range: [0, 50],
    help: "longest time that updates gather under load, milliseconds",
  },
  {
    key: "command.timeoutSeconds",
    type: "number",
    default: 5,
    range: [0.1, 3600],
    help: "a command that no device answered for so long has failed, seconds",
  },
  {
    key: "liveness.lateMinSeconds",
    type: "number",
    default: 5,
    range: [0.1, 86_400],
    help: "a device is late no sooner than this, however often it sends, seconds",
  },
  {
    key: "liveness.lateMaxSeconds",
    type: "number",
    default: 3600,
    range: [0.1, 1e7],
    help: "a device is late no later than this (unless it sends only on events), seconds",
  },
  {
    key: "liveness.lostMinSeconds",
    type: "number",
    default: 15,
    range: [0.1, 86_400],
    help: "a device is lost no sooner than this, seconds",
  },
  {
    key: "liveness.lostMaxSeconds",
    type: "number",
    default: 86_400,
    range: [0.1, 1e7],
    help: "a device is lost no later than this, seconds",
  },
  {
    key: "liveness.nodeMinSeconds",
    type: "number",
    default: 15,
    range: [0.1, 86_400],
    help: "a node is called deaf or hung no sooner than this, seconds",
  },
  {
    key: "liveness.nodeMaxSeconds",
    type: "number",
    default: 3600,
    range: [0.1, 1e7],
    help:
      "a node is called deaf or hung no later than this (or one and a half of its own periods), seconds",
  },
  {
    key: "liveness.graceSeconds",
    type: "number",
    default: 20,
    range: [0, 3600],
    help: "so long after the gateway itself stood still nobody is lost, seconds",
  },
  {
    key: "history.count",
    type: "integer",
    default: 10_000,
    range: COUNT,
    help: "entries kept in memory per channel",
  },
  {
    key: "history.bytes",
    type: "integer",
    default: 4 << 20,
    range: COUNT,
    help: "bytes kept in memory per channel",
  },
  {
    key: "history.totalBytes",
    type: "integer",
    default: 64 << 20,
    range: COUNT,
    help: "bytes kept in memory over all channels",
  },
  {
    key: "history.ageSeconds",
    type: "number",
    default: 86_400,
    range: [1, 1e9],
    help: "age of what is kept, in memory or on disk, seconds; silent channels go with it",
  },
  {
    key: "history.disk",
    type: "switch",
    default: false,
    help: "keep the history on disk as well, in the data directory; with an uplink it is",
  },
  {
    key: "history.diskCount",
    type: "integer",
    default: 20_000_000,
    range: COUNT,
    help: "entries kept on disk per channel",
  },
  {
    key: "history.diskBytes",
    type: "integer",
    default: 256 << 20,
    range: [1, 1e12],
    help: "bytes kept on disk per channel",
  },
  {
    key: "store.syncMs",
    type: "number",
    default: 25,
    range: [0, 1000],
    help: "a write to disk that somebody waits for gathers for so long at most, milliseconds",
  },
  {
    key: "store.syncRows",
    type: "integer",
    default: 64,
    range: [1, 1e6],
    help: "and begins with so many entries, when none is under way",
  },
  {
    key: "store.lazyMs",
    type: "number",
    default: 1000,
    range: [1, 60_000],
    help: "one that nobody waits for, milliseconds: so much a cut of power takes of QoS 0",
  },
  {
    key: "store.commitRows",
    type: "integer",
    default: 5000,
    range: [1, 1e6],
    help: "entries after which neither gathers for longer",
  },
  {
    key: "limits.messageBytes",
    type: "integer",
    default: 64 << 10,
    range: COUNT,
    help: "largest message taken from a WebSocket client, bytes",
  },
  {
    key: "limits.messagesPerSecond",
    type: "number",
    default: 100,
    range: COUNT,
    help: "messages per second taken from one WebSocket client",
  },
  {
    key: "limits.deviceRate",
    type: "number",
    default: 2000,
    range: COUNT,
    help: "messages per second taken from one device that is a WebSocket server; more wait there",
  },
  {
    key: "limits.sessions",
    type: "integer",
    default: 10_000,
    range: COUNT,
    help: "WebSocket clients in all",
  },
  {
    key: "limits.sessionsPerAddress",
    type: "integer",
    default: 200,
    range: COUNT,
    help: "WebSocket clients per address (loopback is not limited)",
  },
  {
    key: "limits.channelsPerSession",
    type: "integer",
    default: 1000,
    range: COUNT,
    help: "channels that one WebSocket client may subscribe to",
  },
  {
    key: "limits.replayMessages",
    type: "integer",
    default: 100_000,
    range: COUNT,
    help: "entries sent again from disk to a client that resumes; of more, the newest values alone",
  },
  {
    key: "limits.bodyBytes",
    type: "integer",
    default: 1 << 20,
    range: COUNT,
    help: "largest HTTP request body, bytes",
  },
  {
    key: "limits.decodeBytes",
    type: "integer",
    default: 256 << 20,
    range: COUNT,
    help: "largest capture taken by /api/decode, bytes",
  },
  {
    key: "limits.channels",
    type: "integer",
    default: 10_000,
    range: COUNT,
    help: "channels in all; messages for more are dropped and counted",
  },
  {
    key: "limits.topicsPerChannel",
    type: "integer",
    default: 5000,
    range: COUNT,
    help: "topics per channel; messages for more are dropped and counted",
  },
  {
    key: "limits.mqttClients",
    type: "integer",
    default: 2000,
    range: COUNT,
    help: "MQTT connections in all, over TCP or WebSocket",
  },
  {
    key: "limits.mqttPacketBytes",
    type: "integer",
    default: 1 << 20,
    range: COUNT,
    help: "largest MQTT packet taken, bytes",
  },
  {
    key: "limits.mqttBacklogBytes",
    type: "integer",
    default: 4 << 20,
    range: COUNT,
    help: "bytes that may wait for one MQTT client, or from one on /mqtt, before it is closed",
  },
  {
    key: "readings.publish",
    type: "text",
    default: "auto",
    choices: ["auto", "on", "off"],
    help: "publish decoded values on edgewire/v1/readings/...: auto is on with the embedded broker",
  },
  {
    key: "homeAssistant.discovery",
    type: "switch",
    default: false,
    help: "announce decoded devices to Home Assistant",
  },
  {
    key: "homeAssistant.prefix",
    type: "text",
    default: "homeassistant",
    help: "topic prefix of Home Assistant's discovery",
  },
  {
    key: "zigbee2mqtt.base",
    type: "list",
    default: ["zigbee2mqtt"],
    help: "base topics of Zigbee2MQTT; others are found out when they say what devices they have",
  },
  {
    key: "trace.recentBytes",
    type: "integer",
    default: 16 << 20,
    range: [0, 256 << 20],
    help: "memory of the flight recorder, rounded down to a power of two, bytes; 0: none",
  },
  {
    key: "trace.recentSeconds",
    type: "number",
    default: 300,
    range: [1, 86_400],
    help: "what /traces/recent.pcapng gives is not older than this, seconds",
  },
  {
    key: "trace.port",
    type: "integer",
    range: PORT,
    help: "TCP port of 127.0.0.1 that gives everyone on this machine a live trace; 0 picks one",
  },
  {
    key: "access.openLoopback",
    type: "switch",
    default: true,
    help: "clients on this machine need no token",
  },
  {
    key: "access.origins",
    type: "list",
    default: [],
    help: "other origins whose pages may connect, such as https://lab.example",
  },
  {
    key: "access.hosts",
    type: "list",
    default: [],
    help: "other names under which the gateway may be addressed without a token",
  },
];

/** The name on the command line: `history.ageSeconds` is `history-age-seconds`. */
export function flagName(option: Option): string {
  if (option.key === "broker.url") return "broker";
  if (option.key === "uplink.url") return "uplink";
  return option.key.replaceAll(".", "-").replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}

/** The name in the environment: `mqttPort` is `EDGEWIRE_MQTT_PORT`. */
export function environmentName(option: Option): string {
  return `EDGEWIRE_${flagName(option).replaceAll("-", "_").toUpperCase()}`;
}

/** Environment name of the configuration file itself. */
export const CONFIG_ENVIRONMENT = "EDGEWIRE_CONFIG";
