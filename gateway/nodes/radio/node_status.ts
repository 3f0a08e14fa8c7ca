/**
 * What a node says on `edgewire/v1/<node>/status`.
 *
 * @module
 */
import * as v from "valibot";

/** Longest version that is kept, characters. */
const MAX_VERSION = 100;
const MAX_RADIOS = 16;
const MAX_RADIO = 50;
/** Shortest and longest period, seconds. */
const MIN_PERIOD = 0.1;
const MAX_PERIOD = 86_400;

export interface NodeStatus {
  state: "online" | "offline";
  /** Another at each boot. */
  boot: number | undefined;
  version: string | undefined;
  radios: string[] | undefined;
  /** The status comes again after so many seconds. */
  period: number | undefined;
}

/** A member that makes no sense is left out: that the node lives is worth more. */
function lenient<T>(schema: v.GenericSchema<unknown, T>) {
  return v.fallback(v.optional(schema), undefined);
}

const message = v.object({
  state: v.picklist(["online", "offline"]),
  boot: lenient(v.pipe(v.number(), v.finite())),
  version: lenient(v.pipe(v.string(), v.transform((text) => text.slice(0, MAX_VERSION)))),
  radios: lenient(v.pipe(
    v.array(v.string()),
    v.transform((radios) => radios.slice(0, MAX_RADIOS).map((text) => text.slice(0, MAX_RADIO))),
  )),
  period: lenient(v.pipe(v.number(), v.minValue(MIN_PERIOD), v.maxValue(MAX_PERIOD))),
});

/** Reads a status message; `null`: it is none. Never throws. */
export function readNodeStatus(payload: Uint8Array): NodeStatus | null {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return null;
  }
  const result = v.safeParse(message, said);
  if (!result.success) return null;
  const { state, boot, version, radios, period } = result.output;
  return { state, boot, version, radios, period };
}
