/**
 * What a scenario is given.
 *
 * @module
 */
import type { GatewayOptions } from "./gateway.ts";
import type { Result } from "./report.ts";

/** Settings of a run. */
export interface Settings {
  gateway: GatewayOptions;
  /** Bounds every measured window, in seconds. */
  maxSeconds: number;
  /** QoS 1: unacknowledged messages per publisher, at most. */
  window: number;
  /** Whether Mosquitto is measured too. */
  mosquitto: boolean;
  /** Results so far: a scenario may compare with an earlier one. */
  results: Result[];
}

/** Runs one scenario. */
export type Scenario = (settings: Settings) => Promise<Result>;
