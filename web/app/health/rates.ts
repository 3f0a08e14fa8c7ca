import type { HealthAnswer } from "../../../gateway/http/health_answer.ts";

/** What happens per second, between one answer and the next. */
export class Rates {
  #before: HealthAnswer | undefined;

  /** @returns `undefined` at the first answer, and at the first after a start of the gateway */
  take(answer: HealthAnswer): { messages: number; updates: number } | undefined {
    const before = this.#before;
    this.#before = answer;
    if (before?.run !== answer.run) return undefined;
    // Not by the times: the clock may be set between.
    const seconds = answer.uptime - before.uptime;
    if (seconds <= 0) return undefined;
    return {
      messages: (answer.broker.messages - before.broker.messages) / seconds,
      updates: (answer.history.updates - before.history.updates) / seconds,
    };
  }
}
