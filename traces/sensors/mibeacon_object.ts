/**
 * One object of a MiBeacon, and the steps that its table (`mibeacon_objects.ts`) is made of.
 *
 * @module
 */
import { type Measure, number, type NumberOptions, other } from "./measure.ts";
import type { SensorReport } from "./sensor_report.ts";
import { addNumber, float32, unknownCode } from "./xiaomi_values.ts";

/** The object that is read; one serves all. */
export class MiObject {
  /** Plain or decrypted bytes; its content begins at `at`. */
  data: Uint8Array = new Uint8Array(0);
  at = 0;
  length = 0;
  /** What to add to an index in `data` for where the byte stands in the packet. */
  shift = 0;
  /** Model by `mibeacon_models.ts`; "" for unknown ones. */
  model = "";
  id = 0;

  u8(index: number): number {
    return this.data[this.at + index]!;
  }

  /** Unsigned, least significant byte first; up to 6 bytes. */
  unsigned(index: number, length: number): number {
    let value = 0;
    for (let i = this.at + index + length - 1; i >= this.at + index; i--) {
      value = value * 256 + this.data[i]!;
    }
    return value;
  }

  offset(index: number): number {
    return this.at + index + this.shift;
  }
}

/** Reads one value or more; the object has one of the lengths that its row allows. */
export type Step = (object: MiObject, report: SensorReport) => void;

/** A row of the table. */
export interface ObjectRow {
  /** Lengths that it comes in, bytes. */
  readonly lengths: readonly number[];
  readonly steps: readonly Step[];
}

/** Text of a rule: which object and bytes, and how to read them. */
export function ruleOf(id: number, at: number, length: number, how: string): string {
  const last = at + length - 1;
  const bytes = length === 1 ? `byte ${at}` : `bytes ${at}-${last}`;
  return `MiBeacon object 0x${id.toString(16).padStart(4, "0")}, ${bytes}: ${how}`;
}

type Shape = "uint8" | "sint8" | "uint16" | "sint16" | "uint24" | "uint32" | "float32";
const SIZES: Readonly<Record<Shape, number>> = {
  uint8: 1,
  sint8: 1,
  uint16: 2,
  sint16: 2,
  uint24: 3,
  uint32: 4,
  float32: 4,
};

/** What a number of the table is. */
export interface Quantity {
  readonly name: string;
  readonly unit: string;
  /** Smallest and largest value in the unit. */
  readonly range: readonly [number, number];
  readonly options: NumberOptions;
}

/** Reads a number. */
export function value(
  id: number,
  at: number,
  shape: Shape,
  quantity: Quantity,
  divisor = 1,
): Step {
  const length = SIZES[shape];
  const order = length === 1 ? "" : ", little-endian";
  const factor = divisor === 1 ? "" : `, x ${1 / divisor}`;
  const measure = number(
    quantity.name,
    quantity.unit,
    quantity.range,
    ruleOf(id, at, length, `${shape}${order}${factor}`),
    { ...quantity.options, divisor },
  );
  return (object, report) => {
    const raw = shape === "float32"
      ? float32(object.data, object.at + at)
      : signed(object.unsigned(at, length), shape, length);
    addNumber(report, measure, raw, object.offset(at), length);
  };
}

function signed(raw: number, shape: Shape, length: number): number {
  return shape[0] === "s" && raw >= 2 ** (8 * length - 1) ? raw - 2 ** (8 * length) : raw;
}

export interface StateOptions {
  readonly quantity?: string;
  readonly diagnostic?: boolean;
  /** Byte of the object; 0 unless said. */
  readonly at?: number;
}

/** Codes by what they mean; any other is a problem. `null`: the state is not known. */
export type States = Readonly<Record<number, boolean | null>>;

export const NO_YES: States = { 0: false, 1: true };
export const YES_NO: States = { 0: true, 1: false };

/** Reads a code that says true or false. */
export function state(id: number, name: string, states: States, options: StateOptions = {}): Step {
  const { at = 0, ...rest } = options;
  const measure = other(name, "binary", ruleOf(id, at, 1, codesText(states)), rest);
  return (object, report) => {
    const code = object.u8(at);
    const known = states[code];
    if (known === undefined) unknownCode(report, measure, code, object.offset(at));
    else report.add(measure, known, code, object.offset(at), 1);
  };
}

/** A state that only some codes of its byte speak of; the others are another step's matter. */
export function stateIn(
  id: number,
  name: string,
  states: States,
  options: StateOptions = {},
): Step {
  const read = state(id, name, states, options);
  const at = options.at ?? 0;
  return (object, report) => {
    if (states[object.u8(at)] !== undefined) read(object, report);
  };
}

function codesText(states: States): string {
  return Object.entries(states).map(([code, meaning]) => `${code} ${meaning ?? "unknown"}`)
    .join(", ");
}

/** Codes of a byte by what happened. */
export type Events = Readonly<Record<number, string>>;

/** Reads a code that says what happened. */
export function event(id: number, name: string, events: Events, at = 0): Step {
  return words(id, name, "event", events, at);
}

/** Reads a code that stands for a word. */
export function word(id: number, name: string, meanings: Events, at = 0): Step {
  return words(id, name, "text", meanings, at);
}

function words(
  id: number,
  name: string,
  kind: "event" | "text",
  meanings: Events,
  at: number,
): Step {
  const text = Object.entries(meanings).map(([code, meaning]) => `${code} ${meaning}`).join(", ");
  const measure = other(name, kind, ruleOf(id, at, 1, text));
  return (object, report) => {
    const code = object.u8(at);
    const meaning = meanings[code];
    if (meaning === undefined) unknownCode(report, measure, code, object.offset(at));
    else report.add(measure, meaning, code, object.offset(at), 1);
  };
}

/** That the object comes at all says it, whatever is in it. */
export function always(id: number, name: string, says: boolean | string, quantity?: string): Step {
  const measure: Measure = other(
    name,
    typeof says === "string" ? "event" : "binary",
    `MiBeacon object 0x${id.toString(16).padStart(4, "0")}: that it comes says ${says}`,
    quantity === undefined ? {} : { quantity },
  );
  return (object, report) => {
    const raw = object.unsigned(0, Math.min(object.length, 6));
    report.add(measure, says, raw, object.offset(0), object.length);
  };
}

/** A step only for objects that are long enough for it. */
export function from(length: number, step: Step): Step {
  return (object, report) => {
    if (object.length >= length) step(object, report);
  };
}

/** Steps that depend on the model. */
export function byModel(
  models: Readonly<Record<string, readonly Step[]>>,
  otherwise: readonly Step[],
): Step {
  return (object, report) => {
    const steps = Object.hasOwn(models, object.model) ? models[object.model]! : otherwise;
    for (const step of steps) step(object, report);
  };
}
