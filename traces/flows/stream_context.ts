/**
 * What the protocols on streams share within one decoder.
 *
 * @module
 */
import { type DecoderLimits, FULL_LIMITS } from "./decoder_limits.ts";
import { InflaterPool } from "./inflater_pool.ts";
import type { Observer } from "./observer.ts";
import { StreamBudget } from "./stream_budget.ts";

export class StreamContext {
  readonly observer: Observer;
  readonly budget: StreamBudget;
  readonly inflaters: InflaterPool;

  constructor(observer: Observer, limits: DecoderLimits = FULL_LIMITS) {
    this.observer = observer;
    this.budget = new StreamBudget(limits.waitingBytes);
    this.inflaters = new InflaterPool(limits.inflaters);
  }
}
