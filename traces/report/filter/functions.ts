/**
 * Functions of the display filter language.
 *
 * @module
 */
import { colonText, ipv4Text, ipv6Text } from "../../wire/address_text.ts";
import type { Dissection } from "../../wire/dissection.ts";
import { DisplayFilterError } from "./filter_error.ts";
import type { Value } from "./filter_value.ts";
import { compareValues } from "./comparison.ts";
import { countEntries, derived, lengthOf, needNumber, type Reader } from "./reader.ts";

type Maker = (args: readonly Reader[], name: string, at: number) => Reader;

const FUNCTIONS: Readonly<Record<string, Maker>> = {
  len: ([of]) => derived("number", (d) => of!.read(d).map((value) => lengthOf(value, of!.field))),
  count: ([of], name, at) => {
    const { id } = of!;
    if (id === undefined) throw new DisplayFilterError(`${name}() counts fields only`, at);
    return derived("number", (d) => {
      const count = countEntries(d, id);
      return count === 0 ? [] : [count];
    });
  },
  lower: (args, name, at) =>
    onText(args[0]!, name, at, (text) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  upper: (args, name, at) =>
    onText(args[0]!, name, at, (text) => text.replace(/[a-z]+/g, (part) => part.toUpperCase())),
  string: ([of]) => derived("string", (d) => of!.read(d).map((value) => asText(value, of!))),
  max: (args, name, at) => extreme(args, name, at, 1),
  min: (args, name, at) => extreme(args, name, at, -1),
  abs: ([of], _name, at) => {
    needNumber(of!, at);
    const absolute = (value: Value) => (value as number) < 0 ? -(value as number) : value;
    return derived(of!.type, (d) => of!.read(d).map(absolute));
  },
};

/** Functions that take more than one argument. */
const VARIADIC = new Set(["max", "min"]);

/** @throws {DisplayFilterError} for an unknown function or arguments it does not take */
export function compileCall(name: string, args: readonly Reader[], at: number): Reader {
  const make = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (make === undefined) {
    const known = Object.keys(FUNCTIONS).map((known) => `${known}()`).join(", ");
    throw new DisplayFilterError(`there is no function ${name}(): there are ${known}`, at);
  }
  if (args.length === 0 || (args.length > 1 && !VARIADIC.has(name))) {
    throw new DisplayFilterError(`${name}() takes one field`, at);
  }
  return make(args, name, at);
}

function onText(of: Reader, name: string, at: number, change: (text: string) => string): Reader {
  if (of.type !== "string") {
    throw new DisplayFilterError(`${name}() takes text, ${of.field?.name ?? "this"} is none`, at);
  }
  return derived("string", (d) => of.read(d).map((value) => change(value as string)));
}

function asText(value: Value, { type }: Reader): string {
  if (!(value instanceof Uint8Array)) return String(value);
  if (type === "address") return value.length === 4 ? ipv4Text(value, 0) : ipv6Text(value, 0);
  return colonText(value, 0, value.length);
}

function extreme(args: readonly Reader[], name: string, at: number, sign: 1 | -1): Reader {
  const { type } = args[0]!;
  if (args.some((arg) => arg.type !== type)) {
    throw new DisplayFilterError(`the arguments of ${name}() have to be of one type`, at);
  }
  return derived(type, (d: Dissection) => {
    let best: Value | undefined;
    for (const arg of args) {
      for (const value of arg.read(d)) {
        if (best === undefined || compareValues(value, best) * sign > 0) best = value;
      }
    }
    return best === undefined ? [] : [best];
  });
}
