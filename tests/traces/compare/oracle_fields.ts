/**
 * The fields that the installed tshark knows (`tshark -G fields`).
 *
 * @module
 */

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
  for (const line of new TextDecoder().decode(stdout).split("\n")) {
    const [kind, , name, type, , base] = line.split("\t");
    if (kind === "P") add(name!, { type: "protocol", base: "" });
    else if (kind === "F") add(name!, { type: type!, base: base! });
  }
  return fields;
}
