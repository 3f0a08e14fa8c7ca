/**
 * The registry of decoded fields. Names, types and bases are Wireshark's own, so that what a reader
 * knows from Wireshark works here, and every value can be checked against tshark.
 *
 * A field is known by a small number (its id), so that decoders can ask "is this one wanted?" with
 * one array access. Id 0 is no field.
 *
 * @module
 */

/** Wireshark's field types (FT_...), as far as they occur here. */
export type FieldType =
  | "none"
  | "protocol"
  | "boolean"
  | "char"
  | "uint8"
  | "uint16"
  | "uint24"
  | "uint32"
  | "uint40"
  | "uint48"
  | "uint64"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "float"
  | "double"
  | "absolute_time"
  | "relative_time"
  | "string"
  | "bytes"
  | "ether"
  | "ipv4"
  | "ipv6"
  | "eui64"
  | "guid"
  | "framenum";

/**
 * How a number is shown: decimal or hexadecimal (width by type), as `-T fields` prints it. Bytes
 * that are "spaced" have a blank between each two.
 */
export type Base = "dec" | "hex" | "spaced";

/** Names of values; unknown values stay numbers. */
export type ValueNames = ReadonlyMap<number, string>;

/** One registered field. */
export interface Field {
  readonly id: number;
  /** Wireshark's filter name, as `mqtt.topic`. */
  readonly name: string;
  /** Words for the tree, as "Topic". */
  readonly label: string;
  readonly type: FieldType;
  readonly base: Base;
  readonly names: ValueNames | undefined;
  /** Unit shown behind the number in the tree, as " dBm". */
  readonly unit: string | undefined;
  /** Only for protocols: the name of the Protocol column, as "MQTT". */
  readonly short: string | undefined;
}

/** A field before it has a name and an id. */
export type FieldShape = Omit<Field, "id" | "name">;

/** What may be said of a field beside its label. */
export interface FieldOptions {
  readonly names?: ValueNames | Readonly<Record<number, string>>;
  readonly unit?: string;
}

const all: Field[] = [shaped(0, "", shape("", "none", "dec"))];
const byName = new Map<string, Field>();

/** The field of an id; id 0 is a nameless placeholder. */
export function fieldOf(id: number): Field {
  return all[id] ?? all[0]!;
}

/** The field of a name, undefined when no decoder writes it. */
export function fieldNamed(name: string): Field | undefined {
  return byName.get(name);
}

/** All fields registered so far, placeholder included. */
export function allFields(): readonly Field[] {
  return all;
}

/**
 * Registers fields by their Wireshark names and returns their ids under the same names. A name that
 * several decoders write is registered once; type and base must agree.
 *
 * @throws {Error} when a name is registered with another type or base
 */
export function define<const T extends Record<string, FieldShape>>(
  shapes: T,
): { readonly [name in keyof T]: number } {
  const ids: Record<string, number> = {};
  for (const [name, wanted] of Object.entries(shapes)) ids[name] = register(name, wanted);
  // Filled key by key, an object becomes a hash table; parsed as a whole it has fixed places, which
  // are read much faster.
  return Object.freeze(JSON.parse(JSON.stringify(ids))) as { readonly [name in keyof T]: number };
}

function register(name: string, wanted: FieldShape): number {
  const known = byName.get(name);
  if (known === undefined) {
    const field = shaped(all.length, name, wanted);
    all.push(field);
    byName.set(name, field);
    return field.id;
  }
  if (known.type !== wanted.type || known.base !== wanted.base) {
    throw new Error(`field ${name}: registered as ${known.type}/${known.base} before`);
  }
  return known.id;
}

function shaped(id: number, name: string, wanted: FieldShape): Field {
  return { id, name, ...wanted };
}

function shape(label: string, type: FieldType, base: Base, options: FieldOptions = {}): FieldShape {
  const names = options.names === undefined || options.names instanceof Map
    ? options.names as ValueNames | undefined
    : new Map(Object.entries(options.names).map(([key, text]) => [Number(key), text]));
  return { label, type, base, names, unit: options.unit, short: undefined };
}

/** A protocol: a field of its own, whose name stands in `frame.protocols` and in filters. */
export function protocol(name: string, short: string, label: string): number {
  return register(name, { ...shape(label, "protocol", "dec"), short });
}

type Maker = (label: string, options?: FieldOptions) => FieldShape;
const maker = (type: FieldType, base: Base = "dec"): Maker => (label, options) =>
  shape(label, type, base, options);

export const none = maker("none");
export const boolean = maker("boolean");
export const char = maker("char");
export const uint8 = maker("uint8");
export const uint16 = maker("uint16");
export const uint24 = maker("uint24");
export const uint32 = maker("uint32");
export const uint40 = maker("uint40");
export const uint48 = maker("uint48");
export const uint64 = maker("uint64");
export const hex8 = maker("uint8", "hex");
export const hex16 = maker("uint16", "hex");
export const hex24 = maker("uint24", "hex");
export const hex32 = maker("uint32", "hex");
export const hex40 = maker("uint40", "hex");
export const hex48 = maker("uint48", "hex");
export const hex64 = maker("uint64", "hex");
export const int8 = maker("int8");
export const int16 = maker("int16");
export const int32 = maker("int32");
export const int64 = maker("int64");
export const float = maker("float");
export const double = maker("double");
export const absoluteTime = maker("absolute_time");
export const relativeTime = maker("relative_time");
export const string = maker("string");
export const bytes = maker("bytes");
export const spacedBytes = maker("bytes", "spaced");
export const ether = maker("ether");
export const ipv4 = maker("ipv4");
export const ipv6 = maker("ipv6");
export const eui64 = maker("eui64");
export const guid = maker("guid");
export const frameNumber = maker("framenum");
