/**
 * The fields that the installed tshark knows (`tshark -G fields`), of the protocols that are known
 * here.
 *
 * @module
 */
import { allFields } from "../../../traces/wire/field.ts";
import { PROMISED_PROTOCOLS } from "./named_fields.ts";

/** One registration of a field; a protocol has the type "protocol". */
export interface OracleField {
  /** `FT_...` */
  readonly type: string;
  /** `BASE_...`, a width in bits for booleans, or nothing. */
  readonly base: string;
}

/** By name; some names are registered several times. */
export type OracleFields = ReadonlyMap<string, readonly OracleField[]>;

let known: Promise<OracleFields> | undefined;

/** Asked once per process. */
export function oracleFields(): Promise<OracleFields> {
  return known ??= ask();
}

async function ask(): Promise<OracleFields> {
  const { stdout } = await new Deno.Command("tshark", { args: ["-G", "fields"] }).output();
  const fields = new Map<string, OracleField[]>();
  const add = (name: string, field: OracleField) => {
    const registered = fields.get(name);
    if (registered === undefined) fields.set(name, [field]);
    else registered.push(field);
  };
  const protocols = new Set([...allFields().map(({ name }) => name), ...PROMISED_PROTOCOLS].map(
    (name) => name.split(".", 1)[0]!,
  ));
  const text = new TextDecoder().decode(stdout);
  // Of a quarter of a million lines few are looked at closely.
  for (let at = 0, end; (end = text.indexOf("\n", at)) >= 0; at = end + 1) {
    const start = text.indexOf("\t", at + 2) + 1;
    let stop = start;
    while (stop < end && text[stop] !== "." && text[stop] !== "\t") stop++;
    if (!protocols.has(text.slice(start, stop))) continue;
    const [kind, , name, type, , base] = text.slice(at, end).split("\t");
    if (kind === "P") add(name!, { type: "protocol", base: "" });
    else if (kind === "F") add(name!, { type: type!, base: base! });
  }
  return fields;
}
