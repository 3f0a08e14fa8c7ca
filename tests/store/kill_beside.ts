/**
 * What processes that were killed said of the map and of the outbox, and what must be there
 * afterwards.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Store } from "../../gateway/store/store.ts";
import type { OutboxExtent } from "../../gateway/store/store_messages.ts";

type Values = Record<string, number>;

/** The newest state that was on disk, and what may have come behind it. */
export class ToldBeside {
  #values: Values = {};
  /** Newest message that was on disk, and up to which they were done. */
  #last = 0;
  #done = 0;
  /** Newest number sent at all. */
  #sending = 0;

  /** @returns whether the line was of these things */
  take([kind, ...rest]: unknown[]): boolean {
    if (kind === "sending") {
      const [from, to] = rest as [number, number];
      assert.ok(from > this.#last, `${from} is sent though ${this.#last} is on disk`);
      this.#sending = Math.max(this.#sending, to);
    } else if (kind === "kept") {
      [this.#values, this.#last, this.#done] = rest as [Values, number, number];
    } else if (kind === "found") {
      const [values, extent] = rest as [Values, OutboxExtent];
      this.#checkValues(values);
      this.#checkExtent(extent);
      this.#values = values;
      this.#last = extent.last;
      this.#done = extent.first - 1;
      this.#sending = extent.last;
    } else return false;
    return true;
  }

  /** Turns that were on disk. */
  get turns(): number {
    return this.#values.turn ?? 0;
  }

  /** A turn that came later may be there as well: the whole of it, keys and messages. */
  #checkValues(values: Values) {
    const turn = values.turn ?? 0;
    const least = this.#values.turn ?? 0;
    assert.ok(turn >= least, `turn ${turn}, ${least} was on disk`);
    const wanted = { ...this.#values };
    for (let t = least + 1; t <= turn; t++) {
      wanted.turn = t;
      if (t % 3 === 0) delete wanted[`k${t % 10}`];
      else wanted[`k${t % 10}`] = t;
    }
    assert.deepEqual(values, wanted);
  }

  #checkExtent({ first, last }: OutboxExtent) {
    assert.ok(last >= this.#last && last <= this.#sending, `${last}, ${this.#last} was on disk`);
    assert.ok(first > this.#done, `${this.#done} was done, ${first} comes again`);
  }

  async check(store: Store) {
    const values: Values = {};
    for await (const entries of store.entriesOf("s")) {
      for (const [key, value] of entries) values[key] = Number(new TextDecoder().decode(value));
    }
    this.#checkValues(values);
    this.#checkExtent(store.outboxAtOpen);
    const { first, last, messages } = store.outboxAtOpen;
    let next = first;
    while (next <= last) {
      const { messages } = await store.outbox(next, 2000);
      for (const { n, time, data } of messages) {
        assert.equal(n, next++, "none is missing");
        assert.equal(new TextDecoder().decode(data), `${time}:${n}`);
        if (n === last) assert.equal(time, values.turn, "messages and values of one turn");
      }
      assert.ok(messages.length > 0, `${next} of ${first} to ${last}`);
    }
    assert.equal(messages, last - first + 1);
  }
}
