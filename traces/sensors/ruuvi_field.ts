/**
 * One field of Ruuvi's data formats, and a builder for those that several formats share. All are
 * big-endian.
 *
 * @module
 */
import { type Measure, number, type NumberOptions, other } from "./measure.ts";

/** How the raw number becomes a value. */
export const Coding = {
  /** `(raw * multiplier + bias) / divisor`. */
  Linear: 0,
  /** Sign bit, 7 bits integer part, then a byte of hundredths. */
  SignMagnitude: 1,
  /** Logarithm, see `LUMINOSITY` in `ruuvi_formats.ts`. */
  Logarithmic: 2,
  /** True or false. */
  Flag: 3,
} as const;
export type Coding = (typeof Coding)[keyof typeof Coding];

/** One field of a format. */
export interface RuuviField {
  readonly measure: Measure;
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  readonly coding: Coding;
  /** Two's complement: raw numbers from here on are negative; Infinity: unsigned. */
  readonly half: number;
  /** The field is `raw >> shift & mask`; mask 0: all of it. */
  readonly shift: number;
  readonly mask: number;
  /** Added before the division, so that what is exact stays so. */
  readonly bias: number;
  /** Raw number that means "not available"; NaN: none. */
  readonly none: number;
  /** Bit of the format's flags that is the least significant bit of this field; -1: none. */
  readonly lowBit: number;
}

interface FieldOptions extends NumberOptions {
  readonly coding?: Coding;
  readonly signed?: boolean;
  readonly shift?: number;
  readonly mask?: number;
  readonly bias?: number;
  readonly none?: number;
  readonly lowBit?: number;
}

type Span = readonly [offset: number, length: number];

function field([offset, length]: Span, measure: Measure, options: FieldOptions = {}): RuuviField {
  return {
    measure,
    offset,
    length,
    coding: options.coding ?? Coding.Linear,
    half: options.signed === true ? 2 ** (8 * length - 1) : Infinity,
    shift: options.shift ?? 0,
    mask: options.mask ?? 0,
    bias: options.bias ?? 0,
    none: options.none ?? NaN,
    lowBit: options.lowBit ?? -1,
  };
}

/** Makes the fields of one format. Offsets count from the format number. */
export class RuuviFields {
  readonly #title: string;

  /** @param title what rules call the format, as `5 (RAWv2)` */
  constructor(title: string) {
    this.#title = title;
  }

  #rule([offset, length]: Span, text: string): string {
    const bytes = length === 1 ? `byte ${offset}` : `bytes ${offset}-${offset + length - 1}`;
    return `Ruuvi data format ${this.#title}, ${bytes}: ${text}`;
  }

  #number(
    span: Span,
    name: string,
    unit: string,
    range: readonly [number, number],
    text: string,
    options: FieldOptions = {},
  ): RuuviField {
    const divisor = options.divisor ?? 1;
    const addend = (options.bias ?? 0) / divisor;
    const measure = number(name, unit, range, this.#rule(span, text), { ...options, addend });
    return field(span, measure, options);
  }

  /** °C, formats from 5 on. */
  temperature(offset: number): RuuviField {
    const text = "sint16, big-endian, x 0.005 °C; 0x8000 not available";
    const options = { divisor: 200, signed: true, none: -0x8000, quantity: "temperature" };
    return this.#number([offset, 2], "temperature", "°C", [-163.835, 163.835], text, options);
  }

  /** %, formats from 5 on. */
  humidity(offset: number): RuuviField {
    const text = "uint16, big-endian, x 0.0025 %; 0xFFFF not available";
    const options = { divisor: 400, none: 0xffff, quantity: "humidity" };
    return this.#number([offset, 2], "humidity", "%", [0, 163.835], text, options);
  }

  /** Ruuvi counts Pa; hPa here, so that all formats agree. */
  pressure(offset: number): RuuviField {
    const text = "uint16, big-endian, Pa less 50000, shown in hPa (/ 100); 0xFFFF not available";
    const options = { divisor: 100, bias: 50_000, none: 0xffff, quantity: "pressure" };
    return this.#number([offset, 2], "pressure", "hPa", [500, 1155.34], text, options);
  }

  /** One axis, g. @param none raw number that means "not available"; NaN: none */
  acceleration(offset: number, axis: string, none: number): RuuviField {
    const text = `sint16, big-endian, mG, shown in g (/ 1000)${
      Number.isNaN(none) ? "; -32767 to 32767" : "; 0x8000 not available"
    }`;
    const options = { divisor: 1000, signed: true, none };
    return this.#number([offset, 2], `acceleration_${axis}`, "g", [-32.767, 32.767], text, options);
  }

  /** All three axes, from `offset` on. */
  accelerations(offset: number, none: number): RuuviField[] {
    return ["x", "y", "z"].map((axis, i) => this.acceleration(offset + 2 * i, axis, none));
  }

  /** Battery voltage and transmit power share two bytes. */
  power(offset: number): RuuviField[] {
    const voltage = "upper 11 bits, mV above 1600, shown in V (/ 1000); 2047 not available";
    const power = "lower 5 bits, x 2 dBm above -40 dBm; 31 not available";
    return [
      this.#number([offset, 2], "voltage", "V", [1.6, 3.646], voltage, {
        divisor: 1000,
        bias: 1600,
        shift: 5,
        mask: 0x7ff,
        none: 0x7ff,
        quantity: "voltage",
      }),
      this.#number([offset + 1, 1], "tx_power", "dBm", [-40, 20], power, {
        multiplier: 2,
        bias: -40,
        mask: 0x1f,
        none: 0x1f,
        quantity: "signal_strength",
        diagnostic: true,
      }),
    ];
  }

  /** Counter of movements. */
  movement(offset: number): RuuviField {
    const text = "uint8, counts up with each movement; 255 not available";
    return this.#number([offset, 1], "movement_counter", "", [0, 254], text, { none: 0xff });
  }

  /** Number of the measurement. @param none whether all ones mean "not available" */
  sequence(offset: number, length: number, none: boolean): RuuviField {
    const ones = 2 ** (8 * length) - 1;
    const text = `uint${8 * length}${
      length > 1 ? ", big-endian" : ""
    }, counts up with each measurement${none ? `; ${ones} not available` : ""}`;
    const range = [0, none ? ones - 1 : ones] as const;
    return this.#number([offset, length], "measurement_sequence", "", range, text, {
      none: none ? ones : NaN,
      diagnostic: true,
    });
  }

  /** Particulate matter, µg/m³. @param size largest diameter, µm */
  particles(offset: number, name: string, size: string, quantity?: string): RuuviField {
    const text = `PM ${size}, uint16, big-endian, x 0.1 µg/m³; 0xFFFF not available`;
    return this.#number([offset, 2], name, "µg/m³", [0, 6553.4], text, {
      divisor: 10,
      none: 0xffff,
      ...(quantity === undefined ? {} : { quantity }),
    });
  }

  /** Carbon dioxide, ppm. */
  co2(offset: number): RuuviField {
    const text = "uint16, big-endian, ppm; 0xFFFF not available";
    const options = { none: 0xffff, quantity: "carbon_dioxide" };
    return this.#number([offset, 2], "co2", "ppm", [0, 65_534], text, options);
  }

  /** VOC and NOX: 9 bits, the lowest of them in the flags. */
  index(offset: number, name: string, lowBit: number): RuuviField {
    const text = `upper 8 bits of 9; the lowest is bit ${lowBit} of the flags; 511 not available`;
    return this.#number([offset, 1], name, "", [0, 510], text, { none: 0x1ff, lowBit });
  }

  /** Whether the device calibrates itself; `offset` is that of the flags. */
  calibrating(offset: number): RuuviField {
    const text = "flags, bit 0: 1 calibration in progress, values not fully accurate yet";
    const rule = this.#rule([offset, 1], text);
    const measure = other("calibrating", "binary", rule, { diagnostic: true });
    return field([offset, 1], measure, { coding: Coding.Flag, mask: 1 });
  }

  /** Illuminance of format 6, lx. */
  luminosityCode(offset: number): RuuviField {
    const text = "uint8 code, exp(code x ln(65536) / 254) - 1 lx, to 0.01; 255 not available";
    const options = { coding: Coding.Logarithmic, none: 0xff, quantity: "illuminance" };
    return this.#number([offset, 1], "illuminance", "lx", [0, 65_535], text, options);
  }

  /** Illuminance of format E1, lx. */
  luminosity(offset: number): RuuviField {
    const text = "uint24, big-endian, x 0.01 lx; 0xFFFFFF not available";
    const options = { divisor: 100, none: 0xffffff, quantity: "illuminance" };
    return this.#number([offset, 3], "illuminance", "lx", [0, 167_772.14], text, options);
  }

  /** %, formats 2 to 4. */
  wholeHumidity(offset: number): RuuviField {
    const text = "uint8, x 0.5 %; above 100 % the sensor is faulty";
    const options = { divisor: 2, quantity: "humidity" };
    return this.#number([offset, 1], "humidity", "%", [0, 127.5], text, options);
  }

  /** Temperature of the formats 2 to 4, °C. */
  signMagnitude(offset: number): RuuviField {
    const text = "sign bit and 7 bits °C, then a byte of hundredths, 0-99";
    const options = { divisor: 100, coding: Coding.SignMagnitude, quantity: "temperature" };
    return this.#number([offset, 2], "temperature", "°C", [-127.99, 127.99], text, options);
  }

  /** Pressure of the formats 2 to 4, which cannot say "not available". */
  wholePressure(offset: number): RuuviField {
    const text = "uint16, big-endian, Pa less 50000, shown in hPa (/ 100)";
    const options = { divisor: 100, bias: 50_000, quantity: "pressure" };
    return this.#number([offset, 2], "pressure", "hPa", [500, 1155.35], text, options);
  }

  /** Battery voltage of format 3, V. */
  millivolts(offset: number): RuuviField {
    const text = "uint16, big-endian, mV, shown in V (/ 1000)";
    const options = { divisor: 1000, quantity: "voltage" };
    return this.#number([offset, 2], "voltage", "V", [0, 65.535], text, options);
  }

  /** Humidity, temperature and pressure of the formats 2 to 4, from byte 1 on. */
  weather(): RuuviField[] {
    return [this.wholeHumidity(1), this.signMagnitude(2), this.wholePressure(4)];
  }

  /** Temperature, humidity and pressure of the newer formats, from byte 1 on. */
  fineWeather(): RuuviField[] {
    return [this.temperature(1), this.humidity(3), this.pressure(5)];
  }
}
