/**
 * Thermometers with the firmware of atc1441 or pvvx (LYWSD03MMC and others): service data of
 * UUID 0x181A (Environmental Sensing), in early versions 0x181C. The four layouts have no version
 * field; their length tells them apart.
 *
 * | bytes | layout                    | content                                                       |
 * | ----- | ------------------------- | ------------------------------------------------------------- |
 * | 13    | ATC1441                   | MAC, temperature, humidity, battery, voltage, counter         |
 * | 14    | pvvx custom               | MAC, temperature, humidity, voltage, battery, counter         |
 * | 15    | pvvx custom, with flags   | the same, flags                                               |
 * | 11    | pvvx custom, encrypted    | counter, 6 encrypted bytes, integrity code of 4               |
 * | 8     | ATC1441, encrypted        | counter, 3 encrypted bytes, integrity code of 4               |
 *
 * Encryption is AES-128-CCM with the additional data 0x11. Its nonce is the MAC, last byte first,
 * and the first five bytes of the AD structure, counter included. The counter has 8 bits: nonces
 * come again every 256 measurements, and a packet from a round before can't be told from a new one.
 *
 * Source: pvvx/ATC_MiThermometer, src/custom_beacon.h, src/custom_beacon.c and src/trigger.h.
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { sameBytes } from "../wire/same_bytes.ts";
import { type Measure, number, type NumberOptions, other } from "./measure.ts";
import {
  type CounterMemory,
  type FormatDecoder,
  putReversedAddress,
  type SensorPacket,
} from "./sensor_packet.ts";
import type { SensorReport } from "./sensor_report.ts";
import { AAD, addNumber } from "./xiaomi_values.ts";

const PVVX = "pvvx";
const ATC1441 = "ATC1441";
const PVVX_ENCRYPTED = "pvvx encrypted";
const ATC1441_ENCRYPTED = "ATC1441 encrypted";

const MIC_BYTES = 4;
const COUNTER_VALUES = 256;

const UNKNOWN_LENGTH = rule(
  "sensor",
  "note",
  "Environmental Sensing data of a layout that is not known",
  "pvvx/ATC_MiThermometer, custom_beacon.h",
);
const OTHER_ADDRESS = rule("sensor", "note", "payload names another address than its sender's");
const RESERVED_FLAG = rule("sensor", "note", "flag bit without known meaning is set");
const NO_ADDRESS = rule("sensor", "warning", "can't be decrypted: sender's address is unknown");

/** -273.15 is the lowest temperature there is; the codes go lower. */
const COLDEST = -273.15;

function temperature(how: string, highest: number, options: NumberOptions): Measure {
  return number("temperature", "°C", [COLDEST, highest], how, {
    quantity: "temperature",
    ...options,
  });
}

function humidity(how: string, divisor: number): Measure {
  return number("humidity", "%", [0, 100], how, { divisor, quantity: "humidity" });
}

function battery(how: string): Measure {
  return number("battery", "%", [0, 100], how, { quantity: "battery", diagnostic: true });
}

function voltage(how: string): Measure {
  return number("voltage", "V", [0, 65.535], how, { divisor: 1000, quantity: "voltage" });
}

function packetCounter(how: string): Measure {
  return number("packet_counter", "", [0, 255], how, { diagnostic: true });
}

const ATC = {
  temperature: temperature("ATC1441, bytes 6-7: sint16, big-endian, x 0.1", 3276.7, {
    divisor: 10,
  }),
  humidity: humidity("ATC1441, byte 8: uint8", 1),
  battery: battery("ATC1441, byte 9: uint8"),
  voltage: voltage("ATC1441, bytes 10-11: uint16, big-endian, x 0.001"),
  counter: packetCounter("ATC1441, byte 12: uint8, counts measurements"),
};

const CUSTOM = {
  temperature: temperature("pvvx custom, bytes 6-7: sint16, little-endian, x 0.01", 327.67, {
    divisor: 100,
  }),
  humidity: humidity("pvvx custom, bytes 8-9: uint16, little-endian, x 0.01", 100),
  voltage: voltage("pvvx custom, bytes 10-11: uint16, little-endian, x 0.001"),
  battery: battery("pvvx custom, byte 12: uint8"),
  counter: packetCounter("pvvx custom, byte 13: uint8, counts measurements"),
  flags: flagMeasures("pvvx custom, byte 14"),
};

const CUSTOM_ENCRYPTED = {
  counter: packetCounter("pvvx encrypted, byte 0: uint8, counts measurements"),
  temperature: temperature("pvvx encrypted, bytes 1-2: sint16, little-endian, x 0.01", 327.67, {
    divisor: 100,
  }),
  humidity: humidity("pvvx encrypted, bytes 3-4: uint16, little-endian, x 0.01", 100),
  battery: battery("pvvx encrypted, byte 5: uint8"),
  flags: flagMeasures("pvvx encrypted, byte 6"),
};

const ATC_ENCRYPTED = {
  counter: packetCounter("ATC1441 encrypted, byte 0: uint8, counts measurements"),
  temperature: temperature("ATC1441 encrypted, byte 1: uint8, x 0.5 - 40", 87.5, {
    divisor: 2,
    addend: -40,
  }),
  humidity: humidity("ATC1441 encrypted, byte 2: uint8, x 0.5", 2),
  battery: battery("ATC1441 encrypted, byte 3, bits 0-6"),
  controlled: outputControlled("ATC1441 encrypted, byte 3, bit 7"),
};

function outputControlled(where: string): Measure {
  return other(
    "output_controlled",
    "binary",
    `${where}: 1 when thresholds of temperature or humidity control the output pin`,
    { diagnostic: true },
  );
}

/** By bit, from bit 0 on. */
function flagMeasures(where: string): readonly Measure[] {
  const flag = (bit: number, name: string, meaning: string, quantity?: string): Measure =>
    other(name, "binary", `${where}, bit ${bit}: ${meaning}`, {
      diagnostic: bit > 1,
      ...quantity === undefined ? {} : { quantity },
    });
  return [
    flag(0, "reed_switch", "1 when the reed switch says open", "opening"),
    flag(1, "output", "level of the output pin"),
    outputControlled(`${where}, bit 2`),
    flag(3, "temperature_trigger", "1 when the temperature's threshold is crossed"),
    flag(4, "humidity_trigger", "1 when the humidity's threshold is crossed"),
    flag(5, "key_pressed", "1 while the key is pressed"),
    flag(6, "second_reed_switch", "1 when the second reed switch says open", "opening"),
  ];
}

/** Decodes the four layouts of ATC1441 and pvvx firmware. */
export const decodeAtc: FormatDecoder = (packet, report) => {
  const { cursor, data } = packet;
  const early = data[cursor.pos - 2] === 0x1c;
  switch (cursor.left) {
    case 8:
      return sealed(packet, report, ATC1441_ENCRYPTED, early, readAtcEncrypted);
    case 11:
      return sealed(packet, report, PVVX_ENCRYPTED, early, readCustomEncrypted);
    case 13:
      return plain(packet, report, ATC1441, early);
    case 14:
    case 15:
      return plain(packet, report, PVVX, early);
  }
  // 0x181C is User Data, which is also of others.
  if (early) return false;
  report.problem(UNKNOWN_LENGTH, cursor.pos, `${cursor.left} bytes`);
  return true;
};

function plain(
  packet: SensorPacket,
  report: SensorReport,
  format: string,
  early: boolean,
): boolean {
  const { cursor, address } = packet;
  const at = cursor.pos;
  const named = format === ATC1441 ? cursor.uintBE(6) : cursor.uintLE(6);
  if (early && named !== address) return false;
  report.format = format;
  report.payloadAddress = named;
  if (address >= 0 && named !== address) report.problem(OTHER_ADDRESS, at);
  if (packet.memory.key !== undefined) {
    report.sealing = "refused";
    report.find("downgrade", `${format} in plain text from a device whose key is known`);
    return true;
  }
  if (format === ATC1441) readAtc(packet, report);
  else readCustom(packet, report);
  return true;
}

function readAtc({ cursor }: SensorPacket, report: SensorReport): void {
  const at = cursor.pos;
  addNumber(report, ATC.temperature, cursor.sintBE(2), at, 2);
  addNumber(report, ATC.humidity, cursor.u8(), at + 2, 1);
  addNumber(report, ATC.battery, cursor.u8(), at + 3, 1);
  addNumber(report, ATC.voltage, cursor.uintBE(2), at + 4, 2);
  count(report, ATC.counter, cursor.u8(), at + 6);
}

function readCustom({ cursor }: SensorPacket, report: SensorReport): void {
  const at = cursor.pos;
  addNumber(report, CUSTOM.temperature, cursor.sintLE(2), at, 2);
  addNumber(report, CUSTOM.humidity, cursor.uintLE(2), at + 2, 2);
  addNumber(report, CUSTOM.voltage, cursor.uintLE(2), at + 4, 2);
  addNumber(report, CUSTOM.battery, cursor.u8(), at + 6, 1);
  count(report, CUSTOM.counter, cursor.u8(), at + 7);
  if (cursor.left > 0) readFlags(report, CUSTOM.flags, cursor.u8(), at + 8);
}

function count(report: SensorReport, measure: Measure, counter: number, at: number): void {
  report.sequence = counter;
  report.sequenceModulus = COUNTER_VALUES;
  report.add(measure, counter, counter, at, 1);
}

function readFlags(
  report: SensorReport,
  measures: readonly Measure[],
  flags: number,
  at: number,
): void {
  for (let bit = 0; bit < measures.length; bit++) {
    const on = flags >>> bit & 1;
    report.add(measures[bit]!, on === 1, on, at, 1);
  }
  if (flags >>> measures.length !== 0) report.problem(RESERVED_FLAG, at, `flags ${flags}`);
}

/** Reads decrypted bytes that stand encrypted at `at`, behind the counter. */
type SealedReader = (report: SensorReport, bytes: Uint8Array, at: number) => void;

const nonce = new Uint8Array(11);
const opened = new Uint8Array(6);

function sealed(
  packet: SensorPacket,
  report: SensorReport,
  format: string,
  early: boolean,
  read: SealedReader,
): boolean {
  const { cursor, data, memory, structure } = packet;
  const ccm = memory.key?.ccm;
  if (structure < 0 || (early && ccm === undefined)) return false;
  const at = cursor.pos;
  const counter = data[at]!;
  const ends = cursor.end;
  if (ccm === undefined) {
    report.format = format;
    report.sealing = "no key";
    report.sequence = counter;
    report.sequenceModulus = COUNTER_VALUES;
    return true;
  }
  if (packet.address < 0) {
    report.format = format;
    report.sealing = "no key";
    report.problem(NO_ADDRESS, at);
    return true;
  }
  putReversedAddress(packet.address, nonce, 0);
  for (let i = 0; i < 5; i++) nonce[6 + i] = data[structure + i]!;
  const right = ccm.open(nonce, AAD, data.subarray(at + 1, ends), MIC_BYTES, opened);
  if (!right && early) return false;
  report.format = format;
  if (!right) {
    report.sealing = "refused";
    const last = memory.counters.get(format)?.counter ?? -1;
    report.find("integrity", "integrity code is wrong: another key, or changed", counter, last);
    return true;
  }
  report.sealing = "opened";
  count(
    report,
    format === PVVX_ENCRYPTED ? CUSTOM_ENCRYPTED.counter : ATC_ENCRYPTED.counter,
    counter,
    at,
  );
  judge(packet, report, memory.counterOf(format), at + 1, ends - at - 1);
  read(report, opened, at + 1);
  return true;
}

function readCustomEncrypted(report: SensorReport, bytes: Uint8Array, at: number): void {
  const raw = bytes[0]! | bytes[1]! << 8;
  addNumber(report, CUSTOM_ENCRYPTED.temperature, raw << 16 >> 16, at, 2);
  addNumber(report, CUSTOM_ENCRYPTED.humidity, bytes[2]! | bytes[3]! << 8, at + 2, 2);
  addNumber(report, CUSTOM_ENCRYPTED.battery, bytes[4]!, at + 4, 1);
  readFlags(report, CUSTOM_ENCRYPTED.flags, bytes[5]!, at + 5);
}

function readAtcEncrypted(report: SensorReport, bytes: Uint8Array, at: number): void {
  addNumber(report, ATC_ENCRYPTED.temperature, bytes[0]!, at, 1);
  addNumber(report, ATC_ENCRYPTED.humidity, bytes[1]!, at + 1, 1);
  const level = bytes[2]!;
  addNumber(report, ATC_ENCRYPTED.battery, level & 0x7f, at + 2, 1);
  const on = level >>> 7;
  report.add(ATC_ENCRYPTED.controlled, on === 1, on, at + 2, 1);
}

/** A set of the counters seen stands before the sealed bytes of each of them. */
const SEEN_BYTES = COUNTER_VALUES / 8;
/** Further ahead than half the way round is behind. */
const BEHIND = COUNTER_VALUES / 2;

/**
 * Tells whether a packet that verifies is new, and whether its nonce is. `memory.sealed` holds what
 * came last under each counter: it takes a whole round to see a nonce again.
 */
function judge(
  { data, time }: SensorPacket,
  report: SensorReport,
  memory: CounterMemory,
  at: number,
  length: number,
): void {
  const counter = report.sequence;
  const size = SEEN_BYTES + COUNTER_VALUES * length;
  if (memory.sealed.length !== size) memory.sealed = new Uint8Array(size);
  const bytes = memory.sealed;
  const slot = SEEN_BYTES + counter * length;
  const mask = 1 << (counter & 7);
  const last = memory.counter;
  const ahead = last < 0 ? 1 : counter - last & 0xff;
  if ((bytes[counter >>> 3]! & mask) !== 0) {
    const same = sameBytes(bytes, slot, data, at, length);
    if (same && (ahead === 0 || ahead >= BEHIND)) {
      report.stale = true;
      return;
    }
    if (!same) {
      const detail = `counter ${counter} was used before for other content`;
      report.find("repeated nonce", detail, counter, last);
      // The number no longer stands for one content.
      if (ahead === 0) report.sequence = -1;
    }
  }
  bytes[counter >>> 3] = bytes[counter >>> 3]! | mask;
  bytes.set(data.subarray(at, at + length), slot);
  memory.counter = counter;
  memory.time = time;
}
