/**
 * Time from a message's arrival by MQTT to its sending by WebSocket, of every update.
 *
 * @module
 */
import { Histogram } from "../histogram.ts";

/** Upper bounds of the buckets, milliseconds. */
const BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000];

export class DeliveryHistogram extends Histogram {
  constructor() {
    super(BOUNDS_MS);
  }
}
