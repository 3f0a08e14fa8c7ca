/**
 * A lux sensor as an MQTT node: publishes
 * `devices/<name>/illuminance` as
 * `{"value": <lx>, "unit": "lx", "gain", "integration_ms", "counts"}` every
 * period, not retained. It takes no commands.
 *
 * @module
 */

import { type Component, describe } from "./discovery.ts";
import { LuxSensor } from "./lux_sensor.ts";
import { NodeClient, type NodeOptions } from "./node_client.ts";
import { WindowLight } from "./window_light.ts";

/** The Home Assistant components of a lux sensor. */
export function luxComponents(name: string): Record<string, Component> {
  const topic = `devices/${name}/illuminance`;
  return {
    illuminance: {
      p: "sensor",
      name: "Illuminance",
      stat_t: topic,
      val_tpl: "{{ value_json.value }}",
      json_attr_t: topic,
      dev_cla: "illuminance",
      stat_cla: "measurement",
      unit_of_meas: "lx",
    },
  };
}

/** A running lux sensor. Whoever made it closes it. */
export class LuxNode implements AsyncDisposable {
  readonly #name: string;
  readonly #light: WindowLight;
  readonly #sensor: LuxSensor;
  readonly #client: NodeClient;

  /**
   * Starts the light, which advances by one period per period, and connecting
   * to the broker.
   *
   * @param seed Seed of clouds and noise.
   */
  constructor(options: NodeOptions, seed: number) {
    const dt_seconds = (options.period_ms ?? 1000) / 1000;
    this.#name = options.name;
    this.#light = new WindowLight({ seed });
    this.#sensor = new LuxSensor(seed + 1);
    this.#client = new NodeClient({
      ...options,
      announce: (client) => {
        const device = { name: "Lux sensor", model: "Simulated VEML7700" };
        describe(client, this.#name, device, luxComponents(this.#name));
      },
      tick: (client) => this.#tick(client, dt_seconds),
    });
  }

  /** See {@linkcode NodeClient.ready}. */
  get ready(): Promise<void> {
    return this.#client.ready;
  }

  /** Says "offline" and disconnects. */
  close(): Promise<void> {
    return this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #tick(client: NodeClient, dt_seconds: number) {
    this.#light.step(dt_seconds);
    const { lux, gain, integration_ms, counts } = this.#sensor.sample(this.#light.lux);
    const payload = { value: lux, unit: "lx", gain, integration_ms, counts };
    client.publish(`devices/${this.#name}/illuminance`, JSON.stringify(payload));
  }
}
