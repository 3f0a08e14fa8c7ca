/**
 * The fields of Ruuvi's data formats in manufacturer data (company 0x0499): docs.ruuvi.com, Bluetooth
 * advertisements, "Data format 3 (RAWv1)", "5 (RAWv2)", "6", "C5 (Cut-RAWv2)", "E1 (Extended v1)".
 * Offsets count from the format number. All fields are big-endian.
 *
 * Ranges are what the codes allow, less the one that means "not available"; what a sensor can measure
 * is narrower.
 *
 * @module
 */
import { type RuuviField, RuuviFields } from "./ruuvi_field.ts";

/** A data format. */
export interface RuuviFormat {
  readonly name: string;
  readonly model: string;
  /** Bytes, format number included. */
  readonly length: number;
  readonly fields: readonly RuuviField[];
  readonly sequence: RuuviField | undefined;
  /** Sequence numbers count modulo this. */
  readonly sequenceModulus: number;
  /** Where the address of 6 bytes stands; -1: there is none. */
  readonly address: number;
  /** Where the byte of flags stands; -1: there is none. */
  readonly flags: number;
}

function format(
  name: string,
  model: string,
  length: number,
  fields: readonly RuuviField[],
  places: { readonly address?: number; readonly flags?: number } = {},
): RuuviFormat {
  const sequence = fields.find(({ measure }) => measure.name === "measurement_sequence");
  return {
    name,
    model,
    length,
    fields,
    sequence,
    sequenceModulus: sequence === undefined ? 0 : sequence.measure.max + 1,
    address: places.address ?? -1,
    flags: places.flags ?? -1,
  };
}

function format3(): RuuviFormat {
  const make = new RuuviFields("3 (RAWv1)");
  const fields = [...make.weather(), ...make.accelerations(6, NaN), make.millivolts(12)];
  return format("Ruuvi 3", "RuuviTag", 14, fields);
}

function format5(): RuuviFormat {
  const make = new RuuviFields("5 (RAWv2)");
  return format("Ruuvi 5", "RuuviTag", 24, [
    ...make.fineWeather(),
    ...make.accelerations(7, -0x8000),
    ...make.power(13),
    make.movement(15),
    make.sequence(16, 2, true),
  ], { address: 18 });
}

function formatC5(): RuuviFormat {
  const make = new RuuviFields("C5 (Cut-RAWv2)");
  return format("Ruuvi C5", "RuuviTag", 18, [
    ...make.fineWeather(),
    ...make.power(7),
    make.movement(9),
    make.sequence(10, 2, true),
  ], { address: 12 });
}

function format6(): RuuviFormat {
  const make = new RuuviFields("6");
  return format("Ruuvi 6", "Ruuvi Air", 20, [
    ...make.fineWeather(),
    make.particles(7, "pm25", "2.5", "pm25"),
    make.co2(9),
    make.index(11, "voc_index", 6),
    make.index(12, "nox_index", 7),
    make.luminosityCode(13),
    make.sequence(15, 1, false),
    make.calibrating(16),
  ], { flags: 16 });
}

function formatE1(): RuuviFormat {
  const make = new RuuviFields("E1 (Extended v1)");
  return format("Ruuvi E1", "Ruuvi Air", 40, [
    ...make.fineWeather(),
    make.particles(7, "pm1", "1.0", "pm1"),
    make.particles(9, "pm25", "2.5", "pm25"),
    make.particles(11, "pm4", "4.0"),
    make.particles(13, "pm10", "10.0", "pm10"),
    make.co2(15),
    make.index(17, "voc_index", 6),
    make.index(18, "nox_index", 7),
    make.luminosity(19),
    make.sequence(25, 3, true),
    make.calibrating(28),
  ], { address: 34, flags: 28 });
}

/** Formats in manufacturer data, by their number. */
export const RUUVI_FORMATS: ReadonlyMap<number, RuuviFormat> = new Map([
  [0x03, format3()],
  [0x05, format5()],
  [0x06, format6()],
  [0xc5, formatC5()],
  [0xe1, formatE1()],
]);

/** Formats in the fragment of an Eddystone URL, by their number ("Data format 4 (URL)"). */
export const RUUVI_URL_FORMATS: ReadonlyMap<number, RuuviFormat> = new Map([
  [2, format("Ruuvi 2", "RuuviTag", 6, new RuuviFields("2 (URL)").weather())],
  [4, format("Ruuvi 4", "RuuviTag", 6, new RuuviFields("4 (URL)").weather())],
]);

/** Illuminance by code of format 6, lx, to 0.01 ("Luminosity": more digits mean nothing). */
export const LUMINOSITY: Float64Array = Float64Array.from(
  { length: 255 },
  (_, code) => Math.round(100 * Math.expm1(code * Math.log(65_536) / 254)) / 100,
);
