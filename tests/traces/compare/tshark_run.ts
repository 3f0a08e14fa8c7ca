/**
 * Asks tshark for fields of all frames of a capture, in one pass.
 *
 * @module
 */

import { OTHERS } from "../../support/tshark.ts";

/** What one program says of one capture. */
export interface FieldTable {
  /** By frame, by field: all values in order. */
  readonly frames: readonly (readonly (readonly string[])[])[];
  /** What it said about the file, if reading ended early. */
  readonly complaint: string;
}

/** What tshark has to be told. */
export interface OracleHints {
  /** For `-d`. */
  readonly decodeAs: readonly string[];
  /** Whether MQTT is to be found inside WebSocket. */
  readonly mqttOverWebSocket: boolean;
  /** For `-o`. */
  readonly preferences: readonly string[];
}

export const NO_HINTS: OracleHints = {
  decodeAs: [],
  mqttOverWebSocket: false,
  preferences: [],
};

/** Between fields and between repeats: characters that tshark writes in no value. */
const FIELD = "\x1f";
const REPEAT = "\x1e";

const LUA = new URL("mqtt_over_websocket.lua", import.meta.url).pathname;

export async function tsharkFields(
  file: string,
  fields: readonly string[],
  hints: OracleHints,
): Promise<FieldTable> {
  const args = [
    ...["-n", "-r", file, "-o", "tcp.reassemble_out_of_order:TRUE", ...OTHERS],
    ...hints.preferences.flatMap((preference) => ["-o", preference]),
    ...hints.decodeAs.flatMap((rule) => ["-d", rule]),
    ...(hints.mqttOverWebSocket ? ["-X", `lua_script:${LUA}`] : []),
    ...["-T", "fields", "-E", `separator=${FIELD}`, "-E", "occurrence=a"],
    ...["-E", `aggregator=${REPEAT}`],
    ...fields.flatMap((field) => ["-e", field]),
  ];
  const { stdout, stderr } = await new Deno.Command("tshark", { args, env: { TZ: "UTC" } })
    .output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  lines.pop();
  const complaint = new TextDecoder().decode(stderr).split("\n")
    .filter((line) => line !== "" && !line.startsWith("Running as user")).join("\n");
  return {
    frames: lines.map((line) =>
      line.split(FIELD).map((values) => values === "" ? [] : values.split(REPEAT))
    ),
    complaint,
  };
}
