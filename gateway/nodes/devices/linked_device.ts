/**
 * A device that the gateway itself connects to, as the API tells of it.
 *
 * @module
 */
import type { DeviceAnswer, DeviceInfo } from "../answers.ts";
import type { LinkLiveness } from "../liveness/liveness_monitor.ts";

export class LinkedDevice {
  readonly name: string;
  readonly live: LinkLiveness;
  readonly #address: string;

  /** @param address As shown: without credentials */
  constructor(name: string, address: string, live: LinkLiveness) {
    this.name = name;
    this.#address = address;
    this.live = live;
  }

  info(): DeviceInfo {
    return {
      name: this.name,
      address: this.#address,
      formats: ["WebSocket"],
      linked: true,
      receivers: [],
      findings: 0,
      ...this.live.liveness,
    };
  }

  answer(): DeviceAnswer {
    return { ...this.info(), readings: [], problems: [], recentFindings: [] };
  }
}
