/**
 * File + environment + flags -> {@linkcode Config}. Flags win over the
 * environment, the environment over the file.
 *
 * @module
 */
import * as v from "valibot";
import { parseArgs } from "node:util";
import type { Document, LineCounter } from "yaml";
import { brokerAddresses } from "./broker_addresses.ts";
import { CONFIG_ENVIRONMENT, environmentName, flagName, type Option, options } from "./options.ts";
import { parseDeviceId } from "../../traces/sensors/device_id.ts";
import { TopicFilter } from "../topics/topic_filter.ts";
import { type Config, type ConfiguredDevice, schema } from "./schema.ts";
import { isWebSocketDevice, type WebSocketDeviceConfig } from "./websocket_device.ts";

/** What the user gave cannot be used: the message says what, where and what to do. */
export class UsageError extends Error {
  override name = "UsageError";
}

type Tree = Record<string, unknown>;

function put(tree: Tree, key: string, value: unknown) {
  const [group, name] = key.split(".") as [string, string | undefined];
  if (name === undefined) tree[group] = value;
  else ((tree[group] ??= {}) as Tree)[name] = value;
}

function fromText(option: Option, text: string, where: string): unknown {
  switch (option.type) {
    case "text":
      return text;
    case "list":
      return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
    case "switch":
      if (/^(true|1|yes|on)$/i.test(text)) return true;
      if (/^(false|0|no|off)$/i.test(text)) return false;
      throw new UsageError(`${where}: "${text}" is not true or false`);
    default: {
      const number = Number(text);
      if (text.trim() === "" || Number.isNaN(number)) {
        throw new UsageError(`${where}: "${text}" is not a number`);
      }
      return number;
    }
  }
}

function parseFlags(args: string[]) {
  const flags: Record<string, { type: "string" | "boolean"; multiple?: true }> = {
    config: { type: "string" },
  };
  for (const option of options) {
    flags[flagName(option)] = { type: option.type === "switch" ? "boolean" : "string" };
  }
  // Each node of a cluster may be named by itself.
  flags.broker = { type: "string", multiple: true };
  try {
    const { broker, ...values } = parseArgs({
      args,
      options: flags,
      strict: true,
      allowNegative: true,
    }).values as Record<string, string | boolean | string[] | undefined>;
    const url = Array.isArray(broker) ? { broker: broker.join(",") } : {};
    return { ...values, ...url } as Record<string, string | boolean | undefined>;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** What flag or environment say of an option, and which of them. */
function overriding(
  option: Option,
  flags: ReturnType<typeof parseFlags>,
  environment: (name: string) => string | undefined,
): { value: unknown; where: string } | undefined {
  const flag = flags[flagName(option)];
  if (flag !== undefined) {
    const where = `--${flagName(option)}`;
    return { where, value: typeof flag === "boolean" ? flag : fromText(option, flag, where) };
  }
  const where = environmentName(option);
  const variable = environment(where);
  if (variable === undefined || variable === "") return undefined;
  return { where, value: fromText(option, variable, where) };
}

function lineOf(file: Document, lines: LineCounter, path: unknown[]) {
  for (let length = path.length; length > 0; length--) {
    const node = file.getIn(path.slice(0, length), true) as { range?: number[] } | undefined;
    const offset = node?.range?.[0];
    if (offset !== undefined) return `, line ${lines.linePos(offset).line}`;
  }
  return "";
}

interface ConfigFile {
  tree: Tree;
  place: (path: unknown[]) => string;
}

async function readFile(path: string | undefined): Promise<ConfigFile> {
  if (path === undefined) return { tree: {}, place: () => "" };
  // Most have no such file.
  const { LineCounter, parseDocument } = await import("yaml");
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    throw new UsageError(`cannot read the configuration file: ${(error as Error).message}`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken) throw new UsageError(`${path}: ${broken.message}`);
  const tree = document.toJS() ?? {};
  if (typeof tree !== "object" || Array.isArray(tree)) {
    throw new UsageError(`${path}: expected a list of "key: value", found something else`);
  }
  return { tree, place: (at) => ` (${path}${lineOf(document, lines, at)})` };
}

function explain(issue: v.BaseIssue<unknown>, place: (path: unknown[]) => string): string {
  const path = (issue.path ?? []).map((part) => part.key);
  const name = path.join(".");
  const problem = issue.type === "strict_object"
    ? (issue.expected === "never" ? "is not a known setting" : "is missing or not a group")
    : issue.message;
  return `${name} ${problem}${place(path)}`;
}

/**
 * @param args Words of the command line after `start`.
 * @param environment Reads one variable.
 * @throws {UsageError} if a setting is unknown, malformed or out of range, or
 *   settings contradict each other.
 */
export async function loadConfig(
  args: string[],
  environment: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Promise<Config> {
  const flags = parseFlags(args);
  const path = (flags.config as string | undefined) ?? environment(CONFIG_ENVIRONMENT);
  const file = await readFile(path);
  const tree = structuredClone(file.tree);
  if (typeof tree.broker === "string" || Array.isArray(tree.broker)) {
    tree.broker = { url: tree.broker };
  }
  const broker = tree.broker as Tree | undefined;
  if (Array.isArray(broker?.url)) broker.url = broker.url.join(",");
  if (typeof tree.uplink === "string") tree.uplink = { url: tree.uplink };
  const origin = new Map<string, string>();
  for (const option of options) {
    const given = overriding(option, flags, environment);
    if (given === undefined) continue;
    put(tree, option.key, given.value);
    origin.set(option.key, ` (${given.where})`);
  }
  // Who says what goes on which topic does not mean everything else as well.
  const uplink = tree.uplink as Tree | undefined;
  if (uplink?.rules !== undefined) uplink.topics ??= [];
  // What waits for the cloud outlasts a restart, unless it is said otherwise.
  if (uplink?.url !== undefined) {
    const history = tree.history ??= {};
    if (history !== null && typeof history === "object") (history as Tree).disk ??= true;
  }
  const place = (path: unknown[]) => origin.get(path.join(".")) ?? file.place(path);
  const result = v.safeParse(schema, tree);
  if (!result.success) {
    throw new UsageError(result.issues.map((issue) => explain(issue, place)).join("\n"));
  }
  const { devices, ...rest } = result.output;
  checkDevices(devices);
  const config = {
    ...rest,
    devices: devices.filter((device) => !isWebSocketDevice(device)),
    webSocketDevices: devices.filter(isWebSocketDevice),
  } as unknown as Config;
  checkTogether(config);
  return config;
}

function checkTogether(config: Config) {
  if ((config.cert === undefined) !== (config.key === undefined)) {
    throw new UsageError("cert and key go together: give both or neither");
  }
  if (config.mqttsPort !== undefined && config.cert === undefined) {
    throw new UsageError("mqttsPort needs cert and key");
  }
  checkUplink(config);
  const { liveness } = config;
  for (const what of ["late", "lost", "node"] as const) {
    const [min, max] = [`${what}MinSeconds`, `${what}MaxSeconds`] as const;
    if (liveness[min] > liveness[max]) {
      throw new UsageError(`liveness.${min} is above liveness.${max}`);
    }
  }
  const { prefix } = config.homeAssistant;
  if (prefix === "" || /[+#\0]|^[$/]|\/$/.test(prefix)) {
    throw new UsageError(`homeAssistant.prefix "${prefix}" is not the beginning of a topic`);
  }
  for (const base of config.zigbee2mqtt.base) {
    if (/[+#\0]|^$|^[$/]|\/$|^(?:devices|edgewire|homeassistant)(?:\/|$)/.test(base)) {
      throw new UsageError(`zigbee2mqtt.base "${base}" is not a base topic of Zigbee2MQTT`);
    }
  }
  config.tokens.forEach(({ role, topics }, index) => {
    if (topics === undefined) return;
    if (role !== "node") throw new UsageError(`tokens.${index}.topics goes with the role node`);
    for (const topic of topics) new TopicFilter(topic);
  });
  const { url } = config.broker;
  for (const address of url === undefined ? [] : brokerAddresses(url)) {
    if (/^(mqtts?|wss?):\/\/[^/]/.test(address) && URL.canParse(address)) continue;
    throw new UsageError(
      `broker "${address}" is not a broker's address: use mqtt://, mqtts://, ws:// or wss://`,
    );
  }
}

/** Whether the address, the prefix and the filters can be used. */
function checkUplink({ uplink: { url, prefix, topics, down } }: Config) {
  if (url !== undefined && !(/^(mqtts?|wss?):\/\/[^/]/.test(url) && URL.canParse(url))) {
    throw new UsageError(
      `uplink "${url.replace(/\/\/[^/]*@/, "//")}" is not a broker's address: ` +
        "use mqtt://, mqtts://, ws:// or wss://",
    );
  }
  if (/[+#\0]/.test(prefix)) throw new UsageError(`uplink.prefix "${prefix}" has a wildcard`);
  for (const filter of [...topics, ...down]) new TopicFilter(filter);
}

const CHANNEL_HINT = ", and names the device: give it another, and rules to show both in one";

/** Whether each device is named once, and what belongs together stands together. */
function checkDevices(devices: (ConfiguredDevice | WebSocketDeviceConfig)[]) {
  const seen = new Map<unknown, number>();
  const claim = (what: string, value: unknown, index: number, hint = "") => {
    const other = seen.get(value);
    if (other !== undefined) {
      throw new UsageError(`devices.${index}.${what} is that of devices.${other} already${hint}`);
    }
    seen.set(value, index);
  };
  devices.forEach((device, index) => {
    if (isWebSocketDevice(device)) {
      claim("channel", `name ${device.channel}`, index, CHANNEL_HINT);
      if (device.topic !== undefined && Object.hasOwn(device.values ?? {}, device.topic)) {
        throw new UsageError(`devices.${index}.topic is the name of one of its values`);
      }
      if (device.ca === undefined || /^wss:/i.test(device.websocket)) return;
      throw new UsageError(`devices.${index}.ca goes with a wss:// address`);
    }
    claim("address", parseDeviceId(device.address), index);
    if (device.name !== undefined) claim("name", `name ${device.name}`, index);
    checkKey(device, index);
  });
}

/** Whether a key goes with the address. */
function checkKey({ address, short, key }: ConfiguredDevice, index: number) {
  const extended = /^(?:[0-9a-f]{2}[:-]?){7}[0-9a-f]{2}$/i.test(address);
  if (short !== undefined && !extended) {
    throw new UsageError(`devices.${index}.short goes with an extended address of 8 bytes`);
  }
  if (key !== undefined && key.length !== 32 && extended) {
    throw new UsageError(`devices.${index}.key has to have 32 digits for an 802.15.4 device`);
  }
  if (key !== undefined && address.includes("/")) {
    throw new UsageError(
      `devices.${index}.key needs the extended address: give that as address, and ${address} as short`,
    );
  }
}

/** The text of `start --help`. */
export function helpText(): string {
  const rows = options.map((option) => {
    const value = option.type === "switch" ? "" : ` ${option.type.toUpperCase()}`;
    const preset = option.default === undefined || String(option.default) === ""
      ? ""
      : ` [${option.default}]`;
    return `  ${`--${flagName(option)}${value}`.padEnd(38)} ${option.help}${preset}`;
  });
  return ["  --config FILE                          configuration file (YAML or JSON)", ...rows]
    .join("\n");
}
