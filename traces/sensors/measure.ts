/**
 * What a sensor says, in physical units, and why: a `Measure` is a row of a format's table, a
 * `Reading` is what one packet says by it.
 *
 * @module
 */

/** What kind of value a measure has. */
export type MeasureKind =
  /** A number with a unit. */
  | "number"
  /** True or false. */
  | "binary"
  /** Something that happened, as "press": not a state. */
  | "event"
  /** Words, addresses, identifiers. */
  | "text";

/** One row of a format's table. Made once; readings refer to it. */
export interface Measure {
  /** Last level of the topic: lower case letters, digits and `_`, as `temperature`. */
  readonly name: string;
  readonly kind: MeasureKind;
  /** As shown, `°C`; "" without. */
  readonly unit: string;
  /** A number is `raw * multiplier / divisor + addend`: what is exact stays so. */
  readonly multiplier: number;
  readonly divisor: number;
  readonly addend: number;
  /** Smallest and largest value of a number, in its unit. */
  readonly min: number;
  readonly max: number;
  /** How the value is had from the bytes, and where that is written: "BTHome v2, object 0x02: ...". */
  readonly rule: string;
  /**
   * What kind of quantity it is, in Home Assistant's words (`device_class` of sensor or
   * binary_sensor), where it has one.
   */
  readonly quantity: string | undefined;
  /** Whether `true` of a binary, or a high number, is of interest only to who looks after devices. */
  readonly diagnostic: boolean;
}

/** Raw numbers up to 2^53, or text where they are not numbers. */
export type Raw = number | string;

/** One value in a packet. */
export interface Reading {
  readonly measure: Measure;
  /** 0 when the packet says it once; else 1, 2, ... in order of appearance. */
  instance: number;
  /** `null`: the packet says that it is not available. */
  readonly value: number | boolean | string | null;
  /** As in the packet, before factor and sign bit rules; for encrypted packets after decryption. */
  readonly raw: Raw;
  /** Where its bytes stand in the bytes given to the decoder, and how many they are. */
  readonly offset: number;
  readonly length: number;
}

export interface NumberOptions {
  readonly multiplier?: number;
  readonly divisor?: number;
  readonly addend?: number;
  readonly quantity?: string;
  readonly diagnostic?: boolean;
}

/**
 * A measure that is a number.
 *
 * @param range smallest and largest value, in the unit
 */
export function number(
  name: string,
  unit: string,
  range: readonly [number, number],
  rule: string,
  options: NumberOptions = {},
): Measure {
  return {
    name,
    kind: "number",
    unit,
    multiplier: options.multiplier ?? 1,
    divisor: options.divisor ?? 1,
    addend: options.addend ?? 0,
    min: range[0],
    max: range[1],
    rule,
    quantity: options.quantity,
    diagnostic: options.diagnostic ?? false,
  };
}

/** A measure that is no number. */
export function other(
  name: string,
  kind: "binary" | "event" | "text",
  rule: string,
  options: { readonly quantity?: string; readonly diagnostic?: boolean } = {},
): Measure {
  return {
    name,
    kind,
    unit: "",
    multiplier: 1,
    divisor: 1,
    addend: 0,
    min: 0,
    max: kind === "binary" ? 1 : 0,
    rule,
    quantity: options.quantity,
    diagnostic: options.diagnostic ?? false,
  };
}

/** The value of a number. Divided last, so that 2506 / 100 is 25.06 and no neighbour of it. */
export function scaled(measure: Measure, raw: number): number {
  const { multiplier, divisor, addend } = measure;
  return raw * multiplier / divisor + addend;
}

/** The name with the number behind it, where the packet says the same measure twice: `temperature_2`. */
export function readingName({ measure, instance }: Reading): string {
  return instance === 0 ? measure.name : `${measure.name}_${instance}`;
}
