/**
 * A climate chamber as an MQTT node.
 *
 * Publishes below `devices/<name>/`: `temperature`, `wall` and `heatsink`
 * (°C, a JSON number, every period, not retained); `setpoint` (°C) and
 * `power`, `cooler`, `heater`, `fan`, `heatsink_fan` (`on` or `off`) when
 * they change and on connect, retained. Takes `setpoint/set` and `power/set`
 * and answers each on the state topic at once: with the value that now holds,
 * which for a setpoint out of range is the nearest one in range, and for a
 * payload that means nothing is the old one.
 *
 * @module
 */

import { type ChamberReading, ClimateChamber, SETPOINT } from "./climate_chamber.ts";
import { type Component, describe } from "./discovery.ts";
import { NodeClient, type NodeOptions } from "./node_client.ts";

const MEASUREMENTS = ["temperature", "wall", "heatsink"] as const;
const STATES = ["setpoint", "power", "cooler", "heater", "fan", "heatsink_fan"] as const;

type State = typeof STATES[number];

/** The text of a state on its topic. */
function stateText(reading: ChamberReading, state: State): string {
  const value = reading[state];
  return typeof value === "boolean" ? (value ? "on" : "off") : String(value);
}

/** JSON, or undefined. */
function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

/** What a payload of `setpoint/set` asks for, °C: a JSON number. */
export function parseSetpoint(payload: string): number | undefined {
  const value = parsed(payload);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** What a payload of `power/set` asks for: `on` or `off`, bare or as a JSON string, or a JSON boolean. */
export function parsePower(payload: string): boolean | undefined {
  const value = parsed(payload) ?? payload;
  if (typeof value === "boolean") return value;
  return value === "on" ? true : value === "off" ? false : undefined;
}

/** The Home Assistant components of a chamber. */
export function chamberComponents(name: string): Record<string, Component> {
  const topic = (id: string) => `devices/${name}/${id}`;
  const celsius = { dev_cla: "temperature", unit_of_meas: "°C" };
  const sensor = (id: string, label: string): Component => (
    { p: "sensor", name: label, stat_t: topic(id), stat_cla: "measurement", ...celsius }
  );
  const onOff = { pl_on: "on", pl_off: "off" };
  const running = (id: string, label: string): Component => (
    { p: "binary_sensor", name: label, stat_t: topic(id), dev_cla: "running", ...onOff }
  );
  const command = (id: string) => ({
    stat_t: topic(id),
    cmd_t: topic(`${id}/set`),
    qos: 1 as const,
  });
  return {
    temperature: sensor("temperature", "Temperature"),
    setpoint: {
      p: "number",
      name: "Setpoint",
      ...command("setpoint"),
      ...celsius,
      ...SETPOINT,
      mode: "slider",
    },
    power: { p: "switch", name: "Power", ...command("power"), ...onOff },
    wall: sensor("wall", "Wall temperature"),
    heatsink: sensor("heatsink", "Heat sink temperature"),
    cooler: running("cooler", "Cooler"),
    heater: running("heater", "Heater"),
    fan: running("fan", "Circulation fan"),
    heatsink_fan: running("heatsink_fan", "Heat sink fan"),
  };
}

/** A running chamber. Whoever made it closes it. */
export class ChamberNode implements AsyncDisposable {
  readonly #name: string;
  readonly #chamber: ClimateChamber;
  readonly #client: NodeClient;
  /** State texts as last published, to publish changes only. */
  readonly #published = new Map<State, string>();

  /**
   * Starts the physics, which advances by one period per period, and
   * connecting to the broker.
   *
   * @param seed Seed of the sensor noise.
   */
  constructor(options: NodeOptions, seed: number) {
    const dt_seconds = (options.period_ms ?? 1000) / 1000;
    this.#name = options.name;
    this.#chamber = new ClimateChamber({ seed });
    this.#client = new NodeClient({
      ...options,
      commands: {
        [this.#topic("setpoint/set")]: (payload) => this.#onSetpoint(payload),
        [this.#topic("power/set")]: (payload) => this.#onPower(payload),
      },
      announce: (client) => this.#announce(client),
      tick: (client) => this.#tick(client, dt_seconds),
    });
  }

  /** See {@linkcode NodeClient.ready}. */
  get ready(): Promise<void> {
    return this.#client.ready;
  }

  /** Stops the physics, says "offline" and disconnects. */
  close(): Promise<void> {
    return this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #topic(id: string): string {
    return `devices/${this.#name}/${id}`;
  }

  #announce(client: NodeClient) {
    const device = { name: "Climate chamber", model: "Simulated climate chamber" };
    describe(client, this.#name, device, chamberComponents(this.#name));
    for (const state of STATES) this.#publishState(state);
  }

  #tick(client: NodeClient, dt_seconds: number) {
    this.#chamber.step(dt_seconds);
    const reading = this.#chamber.reading;
    for (const id of MEASUREMENTS) client.publish(this.#topic(id), String(reading[id]));
    this.#publishChanges();
  }

  #onSetpoint(payload: string) {
    const wish = parseSetpoint(payload);
    if (wish !== undefined) this.#chamber.setSetpoint(wish);
    this.#publishState("setpoint");
  }

  #onPower(payload: string) {
    const wish = parsePower(payload);
    if (wish !== undefined) this.#chamber.setPower(wish);
    this.#publishState("power");
    this.#publishChanges();
  }

  #publishChanges() {
    const reading = this.#chamber.reading;
    for (const state of STATES) {
      if (this.#published.get(state) !== stateText(reading, state)) this.#publishState(state);
    }
  }

  #publishState(state: State) {
    const text = stateText(this.#chamber.reading, state);
    if (this.#client.publish(this.#topic(state), text, { qos: 1, retain: true })) {
      this.#published.set(state, text);
    }
  }
}
