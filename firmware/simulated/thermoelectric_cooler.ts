/**
 * A thermoelectric cooler (Peltier module) in steady state, by the standard
 * equations, e.g. Rowe (ed.), "CRC Handbook of Thermoelectrics", 1995,
 * chapter 49: Peltier pumping, Joule heat split evenly between the two sides,
 * and conduction back through the module.
 *
 * @module
 */

/** What a module is made of. */
export interface CoolerParameters {
  /** Seebeck coefficient of the whole module, V/K. */
  seebeck: number;
  /** Electrical resistance, ohm. */
  resistance: number;
  /** Thermal conductance between the sides, W/K. */
  conductance: number;
}

/** A module of 127 couples, 40 mm by 40 mm, 6 A (the size sold as "TEC1-12706"). */
export const COUPLES_127: CoolerParameters = { seebeck: 0.053, resistance: 2.0, conductance: 0.55 };

/** Heat flows of a module, W. `hot_w - cold_w` is its electrical power. */
export interface HeatFlow {
  /** Taken from the cold side; negative when conduction and Joule heat win. */
  cold_w: number;
  /** Given to the hot side. */
  hot_w: number;
}

const ZERO_CELSIUS_K = 273.15;

/**
 * Heat that a module moves.
 *
 * @param current_a Drive current, A; 0 leaves conduction alone.
 * @param cold_c Temperature of the cold side, °C.
 * @param hot_c Temperature of the hot side, °C.
 */
export function heatFlow(
  module: CoolerParameters,
  current_a: number,
  cold_c: number,
  hot_c: number,
): HeatFlow {
  const joule_w = current_a ** 2 * module.resistance;
  const back_w = module.conductance * (hot_c - cold_c);
  const peltier = module.seebeck * current_a;
  return {
    cold_w: peltier * (cold_c + ZERO_CELSIUS_K) - joule_w / 2 - back_w,
    hot_w: peltier * (hot_c + ZERO_CELSIUS_K) + joule_w / 2 - back_w,
  };
}
