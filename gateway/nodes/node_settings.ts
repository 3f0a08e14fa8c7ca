/**
 * Settings of our own nodes: wishes go out on `edgewire/v1/<node>/set` with an `id`, the node
 * answers on `.../set/result` with the same `id`, all its settings, and why not if it refuses.
 *
 * @module
 */
import type { Broker } from "../broker/broker.ts";
import type { NodeSettingsAnswer } from "./answers.ts";

/** Answers that are waited for at the same time, at most. */
const MAX_OPEN = 100;
/** Longest answer that is read, bytes. */
const MAX_ANSWER = 65_536;

/** What a node said, or why there is nothing: it did not answer in time, or too many ask. */
export type SettingsOutcome = NodeSettingsAnswer | "silent" | "busy";

interface Open {
  node: string;
  settle: (outcome: SettingsOutcome) => void;
}

type Json = Record<string, unknown>;

/** A JSON object; `null`: it is none. */
function parseObject(payload: Uint8Array): Json | null {
  if (payload.length > MAX_ANSWER) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Json
      : null;
  } catch {
    return null;
  }
}

/** Ends with `close()`: who waits hears that the node is silent. */
export class NodeSettings {
  readonly #open = new Map<string, Open>();
  readonly #timeoutMs: number;

  /** @param timeoutMs how long a node may take to answer */
  constructor(timeoutMs = 10_000) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Asks a node to change settings; with no wishes it only says what they are.
   *
   * @param wishes by name; none is called "id"
   * @throws {PublishError} if the broker is away
   */
  async ask(node: string, wishes: Json, broker: Broker): Promise<SettingsOutcome> {
    if (this.#open.size >= MAX_OPEN) return "busy";
    const id = crypto.randomUUID();
    const { promise, resolve } = Promise.withResolvers<SettingsOutcome>();
    this.#open.set(id, { node, settle: resolve });
    const timer = setTimeout(() => resolve("silent"), this.#timeoutMs);
    try {
      const payload = new TextEncoder().encode(JSON.stringify({ ...wishes, id }));
      // The answer may come before the acknowledgement; that may take long when the broker stalls.
      const failed = broker.publish(`edgewire/v1/${node}/set`, payload).then(() => promise);
      return await Promise.race([promise, failed]);
    } finally {
      clearTimeout(timer);
      this.#open.delete(id);
    }
  }

  /** Takes what a node says on `set/result`; what nobody here asked for is ignored. */
  take(node: string, payload: Uint8Array) {
    if (this.#open.size === 0) return;
    const said = parseObject(payload);
    if (said === null || typeof said.id !== "string") return;
    const open = this.#open.get(said.id);
    if (open?.node !== node) return;
    const { id: _, ok, reason, ...settings } = said;
    open.settle(
      ok === true
        ? { ok, settings }
        : { ok: false, reason: typeof reason === "string" ? reason : "no reason given", settings },
    );
  }

  close() {
    for (const { settle } of this.#open.values()) settle("silent");
  }
}
