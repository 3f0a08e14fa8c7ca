/**
 * `deno task bench decode [name...]`: measures `edgewire decode` side by side with tshark, on
 * captures made for it.
 *
 * @module
 */
import { stopAll } from "./child.ts";
import { tsharkVersion } from "./decode_programs.ts";
import { conversations, frames, memory, radio, tcp } from "./decode_scenarios.ts";
import { formatResult, type Result } from "./report.ts";

const SCENARIOS: Record<string, (tshark: boolean) => Promise<Result>> = {
  "decode-tcp": tcp,
  "decode-ble": (tshark) => radio("ble", tshark),
  "decode-802.15.4": (tshark) => radio("wpan", tshark),
  "decode-frames": frames,
  "decode-conversations": conversations,
  "decode-memory": memory,
};

/** @param names which parts; all when none is named */
export async function benchDecode(
  names: readonly string[],
): Promise<{ results: Result[]; failures: string[] }> {
  const unknown = names.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0) {
    const known = Object.keys(SCENARIOS).join(", ");
    return { results: [], failures: [`Cannot run ${unknown.join(", ")}: the parts are ${known}`] };
  }
  const version = await tsharkVersion();
  console.log(`tshark: ${version ?? "not installed"}\n`);
  const results: Result[] = [];
  const failures: string[] = [];
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    try {
      const result = { ...await scenario(version !== undefined), other: "tshark" };
      results.push(result);
      console.log(formatResult(result));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      failures.push(`${name}: ${message}`);
      console.log(`== ${name}\nFAILED: ${message}\n`);
    } finally {
      // Captures go as soon as they were measured; the longest has 5 GB.
      await stopAll();
    }
  }
  return { results, failures };
}
