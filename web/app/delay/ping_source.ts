import type { Update } from "../../../gateway/sessions/messages.ts";
import { type AllSamples, type DelaySource, GRACE, type WayName } from "./delay_source.ts";
import { NumberLedger } from "./number_ledger.ts";
import { payloadValue } from "./payload_key.ts";

/** Number of what is sent before the run, to see that the ways are there. */
const TRIAL = -1;

/** Pings of this page, numbered, with the time of sending: one clock measures all of it. */
export class PingSource implements DelaySource {
  expected = 0;
  /** Ways on which a trial came. */
  readonly tried: Set<WayName> = new Set();
  readonly #run: string;
  readonly #samples: AllSamples;
  readonly #pollPeriod: number;
  readonly #ledgers = {
    mqtt: new NumberLedger(),
    relay: new NumberLedger(),
    room: new NumberLedger(),
    poll: new NumberLedger(),
  };
  /** When the newest pings were sent, as many as may still be waited for. */
  #sent: number[] = [];

  /** @param run Tells this run's pings from those of others. */
  constructor(run: string, samples: AllSamples, pollPeriod: number) {
    this.#run = run;
    this.#samples = samples;
    this.#pollPeriod = pollPeriod;
  }

  /** The text of the next ping, which counts as sent whatever becomes of it. */
  next(now: number): string {
    while (this.#sent.length > 0 && this.#sent[0]! < now - GRACE - this.#pollPeriod) {
      this.#sent.shift();
    }
    this.#sent.push(now);
    return this.#text(this.expected++, now);
  }

  trial(now: number): string {
    return this.#text(TRIAL, now);
  }

  message(way: "mqtt" | "relay", payload: Uint8Array, at: number): void {
    const value = payloadValue(payload);
    this.#take(way, way === "relay" ? (value as { message?: unknown } | null)?.message : value, at);
  }

  update(update: Update, at: number): void {
    this.#take("room", update.value, at);
  }

  polled(update: Update, at: number): void {
    this.#take("poll", update.value, at);
  }

  lost(way: WayName, now: number, final: boolean): { count: number } {
    const before = now - GRACE - (way === "poll" ? this.#pollPeriod : 0);
    const young = final ? 0 : this.#sent.filter((at) => at > before).length;
    return { count: this.#ledgers[way].lost(this.expected - young) };
  }

  open(relayed: boolean): boolean {
    const ways = ["mqtt", "room", ...(relayed ? ["relay" as const] : [])] as const;
    return ways.some((way) => this.#ledgers[way].received < this.expected);
  }

  #text(n: number, t: number): string {
    return JSON.stringify({ run: this.#run, n, t });
  }

  #take(way: WayName, value: unknown, at: number): void {
    if (typeof value !== "object" || value === null) return;
    const { run, n, t } = value as { run?: unknown; n?: unknown; t?: unknown };
    if (run !== this.#run || typeof n !== "number" || typeof t !== "number") return;
    this.tried.add(way);
    if (n < 0 || n >= this.expected || !this.#ledgers[way].take(n)) return;
    this.#samples[way].add(n, at, at - t);
  }
}
