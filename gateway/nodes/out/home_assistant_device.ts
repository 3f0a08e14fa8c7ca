/**
 * A device as Home Assistant is to see it.
 *
 * @module
 */
import { type Component, componentConfig } from "./home_assistant_component.ts";
import { type DeviceFacts, idOf, isBluetooth, shownName } from "./home_assistant_names.ts";
import { READINGS } from "./readings_names.ts";

export class HomeDevice {
  readonly name: string;
  /** In letters that ids may have; no other device has it. */
  readonly id: string;
  facts: DeviceFacts = {};
  readonly components: Map<string, Component> = new Map();
  available = true;
  /** It is configured, or was heard for long enough to be announced. */
  steady: boolean;
  /** Home Assistant has been told of it. */
  announced = false;
  timer: ReturnType<typeof setTimeout> | undefined;
  repeatTimer: ReturnType<typeof setTimeout> | undefined;
  /** When the first change that is not announced yet was learned, ms; 0: there is none. */
  changedAt = 0;
  readonly #metAt = performance.now();
  #packets = 0;
  #newest = NaN;

  constructor(name: string, steady: boolean) {
    this.name = name;
    this.id = `edgewire_${idOf(name)}`;
    this.steady = steady;
  }

  /**
   * It was heard, while it is not steady.
   *
   * @param time of the packet: all of its readings have the same
   * @param ms for how long it has to be heard
   * @param packets and how often
   * @returns whether it is steady now
   */
  hears(time: number, ms: number, packets: number): boolean {
    if (time === this.#newest) return false;
    this.#newest = time;
    this.#packets++;
    this.steady = this.#packets >= packets && performance.now() - this.#metAt >= ms;
    return this.steady;
  }

  /** Phones and tags that say no more than who they are come and go, with new addresses. */
  get isTelling(): boolean {
    return [...this.components.values()].some(({ telling }) => telling);
  }

  get availabilityTopic(): string {
    return `${READINGS}${this.name}/availability`;
  }

  /**
   * Its discovery payload.
   *
   * @param version of this program
   * @param gateway topic that says whether the gateway lives, where there is one
   */
  config(version: string, gateway: string | undefined) {
    const { id, facts: { address, model }, components, availabilityTopic: topic } = this;
    return {
      dev: {
        ids: [id],
        name: shownName(this.name, this.facts),
        ...(model === undefined ? {} : { mdl: model }),
        ...(isBluetooth(address) ? { cns: [["bluetooth", address]] } : {}),
      },
      o: { name: "Edgewire", sw: version },
      ...(gateway === undefined
        ? { avty_t: topic }
        : { avty: [{ t: topic }, { t: gateway }], avty_mode: "all" }),
      cmps: Object.fromEntries(
        [...components].map(([name, component]) => [name, componentConfig(component)]),
      ),
    };
  }
}
