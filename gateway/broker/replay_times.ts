/**
 * When messages of a replay were published: an admin's client that publishes a capture once more
 * tells it, so that updates are as far from each other as the first time, however fast they come.
 *
 * On {@linkcode REPLAY_TOPIC} such a client says `{"now":N,"at":T}`: on its own time line, in ms, this
 * moment is N, and what it publishes from here on was published at T. `now` is said once. `{}` ends it.
 *
 * @module
 */
import type { Client } from "aedes";

export const REPLAY_TOPIC = "edgewire/v1/gateways/replay";

/** Where a client hears that it was understood. */
export function replayAnswerTopic(clientId: string): string {
  return `${REPLAY_TOPIC}/${clientId}`;
}

/** What is said to be longer ago counts as this, ms. */
const LONGEST_MS = 366 * 86_400_000;

interface Line {
  /** What our monotonic clock had, ms, when the time line began. */
  readonly start: number;
  at: number;
}

export class ReplayTimes {
  readonly #lines = new WeakMap<Client, Line>();
  /** Whether anybody ever said so. */
  #used = false;

  /**
   * Takes what a client says of its time line; what cannot be read changes nothing.
   *
   * @returns whether the time line begins with it
   */
  take(client: Client, payload: string | Uint8Array): boolean {
    const { now, at } = read(payload);
    const begins = now !== undefined && at !== undefined;
    if (begins) this.#lines.set(client, { start: performance.now() - now, at });
    else if (at === undefined) this.#lines.delete(client);
    else {
      const line = this.#lines.get(client);
      if (line !== undefined) line.at = at;
    }
    this.#used = true;
    return begins;
  }

  /** How long ago a client's message was published, ms; undefined: it publishes as things happen. */
  ago(client: Client): number | undefined {
    if (!this.#used) return undefined;
    const line = this.#lines.get(client);
    if (line === undefined) return undefined;
    const ago = performance.now() - line.start - line.at;
    return ago > 0 ? Math.min(ago, LONGEST_MS) : 0;
  }
}

function read(payload: string | Uint8Array): { now?: number; at?: number } {
  try {
    const text = typeof payload === "string" ? payload : new TextDecoder().decode(payload);
    const said = JSON.parse(text);
    const numbers: { now?: number; at?: number } = {};
    if (Number.isFinite(said?.now)) numbers.now = said.now;
    if (Number.isFinite(said?.at)) numbers.at = said.at;
    return numbers;
  } catch {
    return {};
  }
}
