/**
 * What a Zigbee device can say and take, as Zigbee2MQTT tells it in `exposes`
 * (zigbee2mqtt.io, "Exposes"): units, ranges, choices.
 *
 * Generic kinds are `binary`, `numeric`, `enum`, `text`, `composite` and `list`. Specific ones
 * (`light`, `switch`, `fan`, `cover`, `lock`, `climate`, and those to come) are groups of generic
 * ones. `access` is made of bits.
 *
 * @module
 */
import type { Control } from "../../sessions/messages.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";

const ACCESS_PUBLISHED = 1;
const ACCESS_SETTABLE = 2;

const MAX_PROPERTIES = 500;
const MAX_CHOICES = 1000;
const MAX_DEPTH = 8;

/** One property of a device's state. */
export interface Exposed {
  /** Member of the state. */
  readonly property: string;
  readonly unit: string | undefined;
  /** Absent where it takes no commands, or such that no control can make. */
  readonly control: Control | undefined;
  readonly settable: boolean;
}

function finite(from: JsonObject, key: string): number | undefined {
  const value = from[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function numberControl(expose: JsonObject): Control {
  const min = finite(expose, "value_min");
  const max = finite(expose, "value_max");
  const step = finite(expose, "value_step");
  const control: Control = { type: "number" };
  if (min !== undefined && (max === undefined || min < max)) control.min = min;
  if (max !== undefined && (min === undefined || min < max)) control.max = max;
  if (step !== undefined && step > 0) control.step = step;
  return control;
}

function choiceControl(expose: JsonObject): Control | undefined {
  if (!Array.isArray(expose.values) || expose.values.length === 0) return undefined;
  return { type: "choice", choices: expose.values.slice(0, MAX_CHOICES) };
}

function controlOf(expose: JsonObject, access: number): Control | undefined {
  if ((access & ACCESS_SETTABLE) === 0) return undefined;
  // What the device never tells ("identify") answers no command: every one would seem to have failed.
  if ((access & ACCESS_PUBLISHED) === 0) return undefined;
  switch (expose.type) {
    case "numeric":
      return numberControl(expose);
    case "binary":
      return { type: "switch", on: expose.value_on ?? true, off: expose.value_off ?? false };
    case "enum":
      return choiceControl(expose);
    case "text":
      return { type: "text" };
    default:
      return undefined;
  }
}

/** Whether some part of a composite takes commands, where it does not say so itself. */
function accessOf(expose: JsonObject): number {
  const own = finite(expose, "access");
  if (own !== undefined) return own;
  if (!Array.isArray(expose.features)) return 0;
  return expose.features.reduce<number>(
    (access, feature) => access | (isObject(feature) ? finite(feature, "access") ?? 0 : 0),
    0,
  );
}

function take(expose: JsonObject, property: string, found: Map<string, Exposed>) {
  const access = accessOf(expose);
  const settable = (access & ACCESS_SETTABLE) !== 0;
  const known = found.get(property);
  // Colour, for one, is said twice: as x/y and as hue and saturation. What takes commands goes first.
  if (known !== undefined && (known.settable || !settable)) return;
  const unit = typeof expose.unit === "string" && expose.unit !== ""
    ? expose.unit.slice(0, 32)
    : undefined;
  found.set(property, { property, unit, control: controlOf(expose, access), settable });
}

function walk(list: Json | undefined, depth: number, found: Map<string, Exposed>) {
  if (!Array.isArray(list) || depth > MAX_DEPTH) return;
  for (const expose of list) {
    if (!isObject(expose) || found.size >= MAX_PROPERTIES) continue;
    const { property, type } = expose;
    const generic = type === "composite" || type === "list" || !Array.isArray(expose.features);
    if (!generic) walk(expose.features, depth + 1, found);
    else if (typeof property === "string" && property !== "") take(expose, property, found);
    else if (type === "composite") walk(expose.features, depth + 1, found);
  }
}

/** Reads `exposes`: properties by their name in the state. Parts of composites are no properties. */
export function readExposes(exposes: Json | undefined): Map<string, Exposed> {
  const found = new Map<string, Exposed>();
  walk(exposes, 0, found);
  return found;
}
