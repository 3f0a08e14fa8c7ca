/**
 * What the protocols on streams share within one decoder.
 *
 * @module
 */
import { InflaterPool } from "./inflater_pool.ts";
import type { Observer } from "./observer.ts";
import { StreamBudget } from "./stream_budget.ts";

export class StreamContext {
  readonly observer: Observer;
  readonly budget: StreamBudget;
  readonly inflaters: InflaterPool = new InflaterPool();

  constructor(observer: Observer, budget: StreamBudget = new StreamBudget()) {
    this.observer = observer;
    this.budget = budget;
  }
}
