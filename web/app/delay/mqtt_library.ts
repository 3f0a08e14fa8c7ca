/**
 * What measures delays, with its MQTT client: a script of its own, which the delay view alone
 * loads.
 *
 * @module
 */
export { DelayRun } from "./delay_run.ts";
