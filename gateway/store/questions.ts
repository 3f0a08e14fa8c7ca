/**
 * Questions to the store's Worker that wait for their answers.
 *
 * @module
 */
import type { Answers, Question } from "./store_messages.ts";

interface Waiting {
  resolve: (answer: Answers[keyof Answers]) => void;
  reject: (error: Error) => void;
}

export class Questions {
  readonly #send: (number: number, question: Question) => void;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  /** Why nothing is answered any more. */
  #ended: string | null = null;

  constructor(send: (number: number, question: Question) => void) {
    this.#send = send;
  }

  /** @throws If the question cannot be answered: why. */
  ask<K extends keyof Answers>(question: Question & { kind: K }): Promise<Answers[K]> {
    if (this.#ended !== null) return Promise.reject(new Error(`store: ${this.#ended}`));
    const { promise, resolve, reject } = Promise.withResolvers<Answers[K]>();
    const number = ++this.#count;
    this.#waiting.set(number, { resolve: resolve as Waiting["resolve"], reject });
    this.#send(number, question);
    return promise;
  }

  answer(number: number, answer: Answers[keyof Answers]) {
    this.#waiting.get(number)?.resolve(answer);
    this.#waiting.delete(number);
  }

  fail(number: number, reason: string) {
    this.#waiting.get(number)?.reject(new Error(`store: ${reason}`));
    this.#waiting.delete(number);
  }

  end(reason: string) {
    this.#ended = reason;
    for (const number of [...this.#waiting.keys()]) this.fail(number, reason);
  }
}
