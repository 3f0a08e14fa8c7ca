import type { HealthAnswer } from "../../../gateway/http/health_answer.ts";

/** What happens per second, between one answer and the next. */
export class Rates {
  #before: HealthAnswer | undefined;

  /** @returns `undefined` at the first answer, and at the first after a start of the gateway */
  take(answer: HealthAnswer): { messages: number; updates: number } | undefined {
    const before = this.#before;
    this.#before = answer;
    if (!before || before.started !== answer.started || answer.time <= before.time) {
      return undefined;
    }
    const seconds = (answer.time - before.time) / 1000;
    return {
      messages: (answer.broker.messages - before.broker.messages) / seconds,
      updates: (answer.history.updates - before.history.updates) / seconds,
    };
  }
}
