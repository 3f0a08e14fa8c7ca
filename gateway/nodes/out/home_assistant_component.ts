/**
 * One reading as a component of a device in Home Assistant's MQTT discovery
 * (home-assistant.io/integrations/mqtt, "Device discovery payload").
 *
 * @module
 */
import { BINARY_CLASSES, EVENT_CLASSES, SENSOR_CLASSES } from "./home_assistant_classes.ts";
import { plainName, readingLabel } from "./readings_names.ts";
import type { PublishedReading } from "./readings_publisher.ts";

type Json = Record<string, unknown>;

/** A state of Home Assistant has at most so many characters. */
const MAX_STATE = 255;
/** Kinds of one event that are told apart. */
const MAX_EVENT_TYPES = 50;

const PRESSES = [
  ...["press", "double_press", "triple_press", "hold_press"],
  ...["long_press", "long_double_press", "long_triple_press"],
];
const TURNS = ["rotate_left", "rotate_right"];

/**
 * What events are known to say. Home Assistant wants to know beforehand, and drops others; of those
 * that are not here the first of each kind is lost.
 */
const EVENT_TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ["button", PRESSES],
  ["cube", TURNS],
  ["dimmer", [
    ...TURNS,
    ...TURNS.map((turn) => `${turn}_pressed`),
    "press",
    "long_press",
  ]],
  ["security", ["replayed counter", "downgrade", "repeated nonce", "integrity"]],
]);

/** Names of readings that say who a device is; by themselves they are not worth an entity. */
const IDENTITIES: ReadonlySet<string> = new Set([
  ...["uuid", "major", "minor", "url", "beacon_id", "tag_id", "string"],
  ...["beacon_namespace", "beacon_instance", "ephemeral_id", "security"],
]);

/** A component as it is known so far. */
export interface Component {
  /** The newest; `null` for events, which are not told again. */
  last: PublishedReading | null;
  /** The newest when the device was announced. */
  announced: PublishedReading | null;
  readonly kind: PublishedReading["kind"];
  readonly unit: string;
  /** Of an event, what it has said or may say. */
  readonly eventTypes: Set<string>;
  /** It alone makes the device worth announcing. */
  readonly telling: boolean;
  /** Without the event types, which may grow. */
  readonly config: Json;
}

/**
 * Makes a component of the first reading of its name.
 *
 * @param id unique to the device, of letters that Home Assistant takes in ids
 */
export function makeComponent(reading: PublishedReading, id: string): Component {
  const { name, topic, kind, unit, quantity, diagnostic } = reading;
  const noise = quantity === "signal_strength" ||
    (diagnostic && kind === "number" && quantity === undefined);
  const config: Json = {
    ...platform(reading),
    name: readingLabel(name),
    uniq_id: `${id}_${name}`,
    stat_t: topic,
    ...(diagnostic || noise || name === "security" ? { ent_cat: "diagnostic" } : {}),
    ...(noise ? { en: false } : {}),
    // A press or a door is said once, so it is published with QoS 1.
    ...(kind === "event" || kind === "binary" ? { qos: 1 } : {}),
  };
  return {
    last: null,
    announced: null,
    kind,
    unit,
    eventTypes: new Set(EVENT_TYPES.get(family(name)) ?? []),
    telling: !diagnostic && !noise && unit !== "dBm" && !IDENTITIES.has(name),
    config,
  };
}

/** `button_left_2` and `button` say the same. */
function family(name: string): string {
  const plain = plainName(name);
  return plain.startsWith("button_") ? "button" : plain;
}

function platform(reading: PublishedReading): Json {
  switch (reading.kind) {
    case "number":
      return number(reading);
    case "binary":
      return {
        p: "binary_sensor",
        ...classIn(BINARY_CLASSES, reading.quantity),
        val_tpl: "{{ 'ON' if value_json.value else 'OFF' }}",
      };
    case "event":
      return {
        p: "event",
        ...classIn(EVENT_CLASSES, reading.quantity),
        val_tpl: `{"event_type": "{{ ${eventPath(reading.name)} }}"}`,
      };
    default:
      return { p: "sensor", val_tpl: `{{ (value_json.value | string)[:${MAX_STATE}] }}` };
  }
}

function number({ unit, quantity }: PublishedReading): Json {
  const known = SENSOR_CLASSES.get(quantity ?? "");
  const fits = known?.units.includes(unit) === true;
  const state = fits ? known.state : "measurement";
  return {
    p: "sensor",
    ...(fits ? { dev_cla: quantity } : {}),
    ...(state === undefined ? {} : { stat_cla: state }),
    ...(unit === "" ? {} : { unit_of_meas: unit }),
    val_tpl: "{{ value_json.value }}",
  };
}

function classIn(classes: ReadonlySet<string>, quantity: string | undefined): Json {
  return quantity !== undefined && classes.has(quantity) ? { dev_cla: quantity } : {};
}

/** Where an event's kind stands in its message. */
function eventPath(name: string): string {
  return name === "security" ? "value_json.value.finding" : "value_json.value";
}

/** Notes what an event said. @returns whether that is news for Home Assistant */
export function learnEvent({ eventTypes }: Component, { name, json }: PublishedReading): boolean {
  const value: unknown = JSON.parse(json);
  const type = name === "security" ? (value as { finding?: unknown }).finding : value;
  if (typeof type !== "string" || eventTypes.has(type)) return false;
  if (eventTypes.size >= MAX_EVENT_TYPES) return false;
  eventTypes.add(type);
  return true;
}

/** The component as Home Assistant reads it. */
export function componentConfig({ config, kind, eventTypes }: Component): Json {
  return kind === "event" ? { ...config, event_types: [...eventTypes] } : config;
}
