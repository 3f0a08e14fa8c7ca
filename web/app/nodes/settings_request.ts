import type { NodeSettingsAnswer } from "../../../gateway/nodes/answers.ts";

export type Settings = Record<string, unknown>;

/** The node has 10 s, milliseconds. */
const PATIENCE = 15_000;

/**
 * Wishes that a draft makes: what differs from the settings, in their types.
 *
 * @param draft by name; of numbers the text
 */
export function changes(settings: Settings, draft: Record<string, string | boolean>): Settings {
  const wishes: Settings = {};
  for (const [name, typed] of Object.entries(draft)) {
    const value = typeof settings[name] === "number" ? Number(typed) : typed;
    if (value !== settings[name]) wishes[name] = value;
  }
  return wishes;
}

/**
 * Reads the settings of a node, or changes some.
 *
 * @throws {Error} With a message for people.
 */
export async function askSettings(node: string, wishes: Settings): Promise<NodeSettingsAnswer> {
  let response: Response;
  try {
    response = await fetch(`/api/nodes/${encodeURIComponent(node)}/settings`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(wishes),
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Error("No answer from the gateway.");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Error(`Not done: ${answer.error?.message ?? `status ${response.status}`}.`);
}
