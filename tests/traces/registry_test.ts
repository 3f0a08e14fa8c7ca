/** Every field of ours is Wireshark's: the name exists, type and base are the same. */
import assert from "node:assert/strict";
import "../../traces/flows/capture_decoder.ts";
import { allFields, type Field } from "../../traces/wire/field.ts";
import { testWith } from "../support/tools.ts";
import { type OracleField, oracleFields } from "./compare/oracle_fields.ts";

/** Wireshark's types that are shown alike. */
const TYPES: Record<string, string> = {
  FT_STRINGZ: "string",
  FT_STRINGZPAD: "string",
  FT_STRINGZTRUNC: "string",
  FT_UINT_STRING: "string",
  FT_UINT_BYTES: "bytes",
};

/** Bases whose numbers `-T fields` prints in one way; others are not checked. */
const BASES: Record<string, string> = {
  BASE_DEC: "dec",
  BASE_DEC_HEX: "dec",
  BASE_PT_TCP: "dec",
  BASE_PT_UDP: "dec",
  BASE_HEX: "hex",
  BASE_HEX_DEC: "hex",
};

function agrees(field: Field, { type, base }: OracleField): boolean {
  const known = TYPES[type] ?? type.replace(/^FT_/, "").toLowerCase();
  if (known !== field.type) return false;
  if (!/^u?int/.test(field.type)) return true;
  return (BASES[base] ?? field.base) === field.base;
}

testWith(["tshark"], "names, types and bases of all fields are Wireshark's", async () => {
  const oracle = await oracleFields();
  const wrong: string[] = [];
  for (const field of allFields().slice(1)) {
    if (field.name.startsWith("edgewire.")) continue;
    const known = oracle.get(field.name);
    if (known === undefined) wrong.push(`${field.name}: Wireshark has no such field`);
    else if (!known.some((one) => agrees(field, one))) {
      const theirs = known.map(({ type, base }) => `${type} ${base}`).join(" or ");
      wrong.push(`${field.name}: ${field.type} ${field.base}, Wireshark has ${theirs}`);
    }
  }
  assert.deepEqual(wrong, []);
});
