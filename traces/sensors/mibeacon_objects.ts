/**
 * The objects of MiBeacons: id, length, and what is in them. Below 0x4000 as in Xiaomi's "Mijia
 * BLE Object Definition" (in pvvx/ATC_MiThermometer, InfoMijiaBLE); from 0x4000 on each maker
 * defines its own, as found in Bluetooth-Devices/xiaomi-ble (parser.py) and Ernst79/bleparser
 * (xiaomi.py).
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { button, pressed } from "./mibeacon_buttons.ts";
import { armed, bolts, fingerprint, lockOperation } from "./mibeacon_locks.ts";
import {
  always,
  byModel,
  event,
  from,
  MiObject,
  NO_YES,
  type ObjectRow,
  type Quantity,
  ruleOf,
  state,
  stateIn,
  type Step,
  value,
  word,
  YES_NO,
} from "./mibeacon_object.ts";
import { number, other } from "./measure.ts";
import type { SensorReport } from "./sensor_report.ts";
import { addNumber } from "./xiaomi_values.ts";

const DEFINITION = "Mijia BLE Object Definition";
const CUT = rule("mibeacon", "error", "object is cut short", DEFINITION);
const UNKNOWN = rule("mibeacon", "note", "object id is not known", DEFINITION);
const LENGTH = rule("mibeacon", "warning", "object has not the length of its id", DEFINITION);

const OBJECT_HEADER = 3;

const quantity = (
  name: string,
  unit: string,
  range: readonly [number, number],
  options: Quantity["options"] = { quantity: name },
): Quantity => ({ name, unit, range, options });

const temperature = quantity("temperature", "°C", [-273.15, 3276.7]);
const humidity = quantity("humidity", "%", [0, 100]);
const battery = quantity("battery", "%", [0, 100], { quantity: "battery", diagnostic: true });
const illuminance = quantity("illuminance", "lx", [0, 120_000]);
const moisture = quantity("moisture", "%", [0, 100]);
const weight = quantity("weight", "g", [0, 0xffff]);
const noMotionTime = quantity("no_motion_time", "s", [0, 0xffffffff], { quantity: "duration" });
const percent = (name: string): Quantity => quantity(name, "%", [0, 100], {});
const score = quantity("brushing_score", "", [0, 100], {});
const plain = (name: string, highest: number): Quantity => quantity(name, "", [0, highest], {});
const diagnostic = (name: string, highest: number): Quantity =>
  quantity(name, "", [0, highest], { diagnostic: true });
const minutes = (name: string): Quantity =>
  quantity(name, "min", [0, 255], { quantity: "duration" });
const seconds = (name: string): Quantity =>
  quantity(name, "s", [0, 0xffffffff], { quantity: "duration" });

const OPENING = { quantity: "opening" } as const;
const OCCUPANCY = { quantity: "occupancy" } as const;
const LOW_BATTERY = { quantity: "battery", diagnostic: true } as const;

/** Seconds without motion. The maker's app takes up to 30 s for motion, and so do we. */
function stillness(id: number, length: 2 | 4): readonly Step[] {
  const measure = other(
    "motion",
    "binary",
    ruleOf(
      id,
      0,
      length,
      `uint${8 * length}, little-endian: seconds without motion, up to 30 true`,
    ),
    { quantity: "motion" },
  );
  return [
    value(id, 0, length === 2 ? "uint16" : "uint32", noMotionTime),
    (object, report) => {
      const time = object.unsigned(0, length);
      report.add(measure, time <= 30, time, object.offset(0), length);
    },
  ];
}

/** Light as a number of which a model uses two values, dark below 100. */
function litFrom100(id: number): Step {
  const measure = other(
    "light",
    "binary",
    ruleOf(id, 0, 3, "uint24, little-endian: true from 100 on"),
    { quantity: "light" },
  );
  return (object, report) => {
    const level = object.unsigned(0, 3);
    report.add(measure, level >= 100, level, object.offset(0), 3);
  };
}

const STILL = 0x101b;
const stillSince = value(STILL, 0, "uint32", noMotionTime);
const still = state(STILL, "motion", YES_NO, { quantity: "motion" });
const stillAtAll = always(STILL, "motion", false, "motion");
const stillFor: Step = (object, report) => {
  if (object.length === 1) return still(object, report);
  stillSince(object, report);
  stillAtAll(object, report);
};

/** Some models send more than 1; what the number means is not known. */
const OCCUPIED = other(
  "occupancy",
  "binary",
  ruleOf(0x484e, 0, 1, "0 false, any other true"),
  OCCUPANCY,
);
const occupied: Step = (object, report) => {
  const code = object.u8(0);
  report.add(OCCUPIED, code !== 0, code, object.offset(0), 1);
};

const motion = (id: number): Step => always(id, "motion", true, "motion");

/** Scales S400: mass, heart rate and impedance in one number of 32 bits. */
const S400 = 0x6e16;
const s400 = {
  mass: number(
    "mass",
    "kg",
    [0, 204.7],
    ruleOf(S400, 1, 4, "uint32, little-endian, bits 0-10, x 0.1; 0 none"),
    { divisor: 10, quantity: "weight" },
  ),
  heart: number(
    "heart_rate",
    "bpm",
    [51, 176],
    ruleOf(S400, 1, 4, "uint32, little-endian, bits 11-17, + 50; 0 and 127 none"),
    { addend: 50 },
  ),
  low: number(
    "impedance",
    "Ω",
    [0, 1638.3],
    ruleOf(
      S400,
      1,
      4,
      "uint32, little-endian, bits 18-31, x 0.1, where there is a mass: at 50 kHz",
    ),
    { divisor: 10 },
  ),
  high: number(
    "impedance_high",
    "Ω",
    [0, 1638.3],
    ruleOf(S400, 1, 4, "uint32, little-endian, bits 18-31, x 0.1, where there is none: at 250 kHz"),
    { divisor: 10 },
  ),
};

const readS400: Step = (object, report) => {
  const bits = object.unsigned(1, 4);
  const at = object.offset(1);
  const mass = bits & 0x7ff;
  const heart = bits >>> 11 & 0x7f;
  const impedance = bits >>> 18;
  if (mass !== 0) addNumber(report, s400.mass, mass, at, 4);
  if (heart !== 0 && heart !== 127) addNumber(report, s400.heart, heart, at, 4);
  if (impedance !== 0) addNumber(report, mass === 0 ? s400.high : s400.low, impedance, at, 4);
};

const DOOR_EVENTS = {
  0: "open",
  1: "close",
  2: "left_open",
  3: "knock",
  4: "pried",
  5: "stuck",
} as const;
const MAGNET_EVENTS = { 0: "open", 1: "close", 2: "left_open", 3: "reset" } as const;

const row = (lengths: readonly number[], ...steps: readonly Step[]): ObjectRow => ({
  lengths,
  steps,
});

/** A press of each kind, of three ids in a row. */
function presses(id: number): [number, ObjectRow][] {
  return ["press", "double_press", "long_press"].map((
    kind,
    i,
  ) => [id + i, row([0, 1], pressed(id + i, kind))]);
}

/** General events. */
const EVENTS: [number, ObjectRow][] = [
  // The devices that send it say when there is motion, never that it ended.
  [0x0003, row([1], state(0x0003, "motion", NO_YES, { quantity: "motion" }))],
  [0x0006, row([5], ...fingerprint)],
  [
    0x0007,
    row(
      [1, 5],
      stateIn(0x0007, "door", { 0: true, 1: false, 2: true, 4: true }, { quantity: "door" }),
      event(0x0007, "door_event", DOOR_EVENTS),
    ),
  ],
  [0x0008, row([1, 5], ...armed)],
  [0x000a, row([2], value(0x000a, 0, "sint16", temperature, 100))],
  [0x000b, row([9], ...lockOperation)],
  [0x000c, row([1], state(0x000c, "flood", NO_YES, { quantity: "moisture" }))],
  [0x000d, row([1], stateIn(0x000d, "smoke", NO_YES, { quantity: "smoke" }), smokeEvent(0x000d))],
  [0x000e, row([1], stateIn(0x000e, "gas", NO_YES, { quantity: "gas" }), gasEvent(0x000e))],
  [
    0x000f,
    row(
      [3],
      motion(0x000f),
      byModel({ MJYD02YL: [litFrom100(0x000f)], RTCGQ02LM: [litFrom100(0x000f)] }, [
        value(0x000f, 0, "uint24", illuminance),
      ]),
    ),
  ],
  [
    0x0010,
    row(
      [1, 2],
      state(0x0010, "brushing", YES_NO, { quantity: "running" }),
      from(2, brushing(0x0010)),
    ),
  ],
  [0x1001, row([3], button)],
];

function smokeEvent(id: number): Step {
  return event(id, "smoke_event", {
    0: "normal",
    1: "alarm",
    2: "fault",
    3: "self_check",
    4: "simulated_alarm",
  });
}

function gasEvent(id: number): Step {
  return event(id, "gas_event", {
    0: "normal",
    1: "alarm",
    2: "fault",
    3: "sensor_worn_out",
    4: "preheating",
    5: "self_check",
    6: "simulated_alarm",
  });
}

/** What the second byte is depends on the first: at the start a counter, at the end a score. */
function brushing(id: number): Step {
  const counter = value(id, 1, "uint8", plain("brushing_counter", 255));
  const result = value(id, 1, "uint8", score);
  return (object, report) => (object.u8(0) === 0 ? counter : result)(object, report);
}

/** General attributes. */
const ATTRIBUTES: [number, ObjectRow][] = [
  [0x1002, row([1], state(0x1002, "asleep", NO_YES))],
  [
    0x1003,
    row(
      [1],
      value(0x1003, 0, "sint8", {
        name: "reported_rssi",
        unit: "dBm",
        range: [-128, 127],
        options: { quantity: "signal_strength", diagnostic: true },
      }),
    ),
  ],
  [0x1004, row([2], value(0x1004, 0, "sint16", temperature, 10))],
  [
    0x1005,
    row(
      [2],
      state(0x1005, "power", NO_YES, { quantity: "power" }),
      value(0x1005, 1, "uint8", temperature),
    ),
  ],
  [0x1006, row([2], value(0x1006, 0, "uint16", humidity, 10))],
  [
    0x1007,
    row(
      [3],
      byModel({ MJYD02YL: [litFrom100(0x1007)], MCCGQ02HL: [litFrom100(0x1007)] }, [
        value(0x1007, 0, "uint24", illuminance),
      ]),
    ),
  ],
  [0x1008, row([1], value(0x1008, 0, "uint8", moisture))],
  // The definition ends at 5000, fertilised earth does not.
  [
    0x1009,
    row([2], value(0x1009, 0, "uint16", quantity("conductivity", "µS/cm", [0, 0xffff]))),
  ],
  [0x100a, row([1], value(0x100a, 0, "uint8", battery))],
  [
    0x100d,
    row(
      [4],
      value(0x100d, 0, "sint16", temperature, 10),
      value(0x100d, 2, "uint16", humidity, 10),
    ),
  ],
  [0x100e, row([1], ...bolts)],
  [0x100f, row([1], state(0x100f, "door", { 0: true, 1: false, 255: null }, { quantity: "door" }))],
  [
    0x1010,
    row(
      [2],
      value(0x1010, 0, "uint16", quantity("formaldehyde", "mg/m³", [0, 655.35], {}), 100),
    ),
  ],
  [0x1011, row([1], state(0x1011, "bound", NO_YES, { diagnostic: true }))],
  [0x1012, row([1], state(0x1012, "power", NO_YES, { quantity: "power" }))],
  [0x1013, row([1], value(0x1013, 0, "uint8", percent("consumable")))],
  [0x1014, row([1], state(0x1014, "flood", NO_YES, { quantity: "moisture" }))],
  [
    0x1015,
    row(
      [1],
      state(0x1015, "smoke", { 0: false, 1: true, 2: null }, { quantity: "smoke" }),
      state(0x1015, "fault", { 0: false, 1: false, 2: true }, { quantity: "problem" }),
    ),
  ],
  [0x1016, row([1], state(0x1016, "gas", NO_YES, { quantity: "gas" }))],
  [0x1017, row([4], ...stillness(0x1017, 4))],
  [0x1018, row([1], state(0x1018, "light", NO_YES, { quantity: "light" }))],
  [
    0x1019,
    row(
      [1],
      stateIn(0x1019, "opening", { 0: true, 1: false, 2: true }, OPENING),
      stateIn(0x1019, "left_open", { 1: false, 2: true }, { quantity: "problem" }),
      event(0x1019, "opening_event", MAGNET_EVENTS),
    ),
  ],
  [0x101a, row([2], value(0x101a, 0, "uint16", weight))],
  // RTCGQ02LM sends the seconds instead.
  [0x101b, row([1, 4], stillFor)],
  [0x101c, row([1], state(0x101c, "in_bed", NO_YES, OCCUPANCY))],
];

/** Attributes and events of makers, below 0x4000. */
const MAKERS: [number, ObjectRow][] = [
  // Body temperature comes from both by a formula that the maker does not tell.
  [
    0x2000,
    row(
      [5],
      value(
        0x2000,
        0,
        "sint16",
        quantity("skin_temperature", "°C", [-273.15, 327.67], {
          quantity: "temperature",
        }),
        100,
      ),
      value(
        0x2000,
        2,
        "sint16",
        quantity("board_temperature", "°C", [-273.15, 327.67], {
          quantity: "temperature",
          diagnostic: true,
        }),
        100,
      ),
      value(0x2000, 4, "uint8", battery),
    ),
  ],
  // pvvx/ATC_MiThermometer, src/mi_beacon.h: pulses of the reed switch.
  [0x20e1, row([4], value(0x20e1, 0, "uint32", plain("count", 0xffffffff)))],
  [
    0x3003,
    row(
      [5, 6],
      state(0x3003, "brushing", YES_NO, { quantity: "running" }),
      value(0x3003, 1, "uint32", {
        name: "event_time",
        unit: "s",
        range: [0, 0xffffffff],
        options: { diagnostic: true },
      }),
      from(6, value(0x3003, 5, "uint8", score)),
    ),
  ],
];

/** Objects that makers define for their devices. */
const DEVICES: [number, ObjectRow][] = [
  [0x4801, row([4], value(0x4801, 0, "float32", temperature))],
  [0x4802, row([1], value(0x4802, 0, "uint8", humidity))],
  [0x4803, row([1], value(0x4803, 0, "uint8", battery))],
  [0x4804, row([1], state(0x4804, "opening", { 1: true, 2: false }, OPENING))],
  [0x4805, row([4], value(0x4805, 0, "float32", illuminance))],
  [0x4806, row([1], state(0x4806, "flood", NO_YES, { quantity: "moisture" }))],
  [0x4808, row([4], value(0x4808, 0, "float32", humidity))],
  [0x480c, row([1], state(0x480c, "opening", YES_NO, OPENING))],
  [0x4810, row([1], event(0x4810, "sleep_event", { 0: "awake", 1: "asleep", 2: "double_press" }))],
  [0x4811, row([1], state(0x4811, "snoring", NO_YES))],
  [0x4818, row([2], ...stillness(0x4818, 2))],
  [0x483c, row([1], state(0x483c, "occupancy", NO_YES, OCCUPANCY))],
  [0x483d, row([4], value(0x483d, 0, "uint32", seconds("pressure_time")))],
  [0x483e, row([4], value(0x483e, 0, "uint32", seconds("no_pressure_time")))],
  [
    0x484e,
    row(
      [1],
      byModel({
        XMOSB01XS: [state(0x484e, "occupancy", { 0: false, 1: true, 2: false }, OCCUPANCY)],
      }, [occupied]),
    ),
  ],
  [0x4851, row([1], value(0x4851, 0, "uint8", minutes("occupied_time")))],
  [0x4852, row([1], value(0x4852, 0, "uint8", minutes("unoccupied_time")))],
  [0x487b, row([1], state(0x487b, "splash", NO_YES, { quantity: "moisture" }))],
  [0x4a01, row([1], state(0x4a01, "battery_low", NO_YES, LOW_BATTERY))],
  [0x4a08, row([4], motion(0x4a08), value(0x4a08, 0, "float32", illuminance))],
  ...presses(0x4a0c),
  [
    0x4a0f,
    row(
      [1],
      state(0x4a0f, "forced_open", NO_YES, { quantity: "tamper" }),
      stateIn(0x4a0f, "opening", { 1: true }, OPENING),
    ),
  ],
  [0x4a12, row([1], state(0x4a12, "opening", { 1: true, 2: false }, OPENING))],
  [0x4a13, row([1], event(0x4a13, "button", { 1: "press" }))],
  [
    0x4a1a,
    row(
      [1],
      state(0x4a1a, "left_open", NO_YES, { quantity: "problem" }),
      stateIn(0x4a1a, "opening", { 1: true }, OPENING),
    ),
  ],
  [
    0x4a68,
    row(
      [1],
      stateIn(0x4a68, "flood", { 0: true, 1: false }, { quantity: "moisture" }),
      stateIn(0x4a68, "splash", { 2: true, 3: false }, { quantity: "moisture" }),
    ),
  ],
  [0x4c01, row([4], value(0x4c01, 0, "float32", temperature))],
  [0x4c02, row([1], value(0x4c02, 0, "uint8", humidity))],
  [0x4c03, row([1], value(0x4c03, 0, "uint8", battery))],
  [0x4c08, row([4], value(0x4c08, 0, "float32", humidity))],
  [0x4c14, row([1], value(0x4c14, 0, "uint8", diagnostic("mode", 255)))],
  [0x4e01, row([1], state(0x4e01, "battery_low", NO_YES, LOW_BATTERY))],
  ...presses(0x4e0c),
  [
    0x4e16,
    row(
      [1, 9],
      byModel({
        MJTZC02YM: [
          value(0x4e16, 0, "uint8", diagnostic("profile", 255)),
          from(
            9,
            value(
              0x4e16,
              1,
              "uint32",
              quantity("mass", "kg", [0, 300], { quantity: "weight" }),
              100,
            ),
          ),
        ],
      }, [stateIn(0x4e16, "in_bed", { 1: true }, OCCUPANCY)]),
    ),
  ],
  [0x4e17, row([1], stateIn(0x4e17, "in_bed", { 1: false }, OCCUPANCY))],
  [0x4e1c, row([0, 1, 2, 3, 4], always(0x4e1c, "device_event", "reset"))],
  [0x5003, row([1], value(0x5003, 0, "uint8", battery))],
  [0x5010, row([1], event(0x5010, "sleep_event", { 0: "awake", 1: "asleep", 2: "double_press" }))],
  [0x5011, row([1], state(0x5011, "snoring", NO_YES))],
  [0x5403, row([1], value(0x5403, 0, "uint8", battery))],
  [0x5413, row([1], state(0x5413, "occupancy_near", NO_YES, OCCUPANCY))],
  [0x5414, row([1], value(0x5414, 0, "uint8", diagnostic("mode", 255)))],
  [0x5422, row([1], word(0x5422, "charging", { 0: "charging", 1: "not charging", 2: "full" }))],
  [0x5601, row([1], state(0x5601, "battery_low", NO_YES, LOW_BATTERY))],
  ...presses(0x560c),
  [0x5810, row([1], state(0x5810, "asleep", YES_NO))],
  [
    0x5a16,
    row(
      [1],
      stateIn(0x5a16, "in_bed", { 1: true, 2: false }, OCCUPANCY),
      event(0x5a16, "bed_event", { 1: "enter", 2: "leave", 3: "double_press" }),
    ),
  ],
  [0x6461, row([1], state(0x6461, "worn", YES_NO))],
  [S400, row([9], value(S400, 0, "uint8", diagnostic("profile", 255)), readS400)],
];

const OBJECTS: ReadonlyMap<number, ObjectRow> = new Map([
  ...EVENTS,
  ...ATTRIBUTES,
  ...MAKERS,
  ...DEVICES,
]);

const object = new MiObject();

/**
 * Reads all objects in `data[start, end)`.
 *
 * @param shift what to add to an index in `data` for where the byte stands in the packet
 * @param model name of the model; "" when it is not known
 */
export function readObjects(
  report: SensorReport,
  data: Uint8Array,
  start: number,
  end: number,
  shift: number,
  model: string,
): void {
  object.data = data;
  object.shift = shift;
  object.model = model;
  for (let at = start; at < end;) {
    const length = at + OBJECT_HEADER <= end ? data[at + 2]! : 0;
    const next = at + OBJECT_HEADER + length;
    if (next > end) {
      report.problem(CUT, at + shift, `${end - at} bytes left`);
      return;
    }
    const id = data[at]! | data[at + 1]! << 8;
    const found = OBJECTS.get(id);
    const name = `0x${id.toString(16).padStart(4, "0")}`;
    if (found === undefined) {
      report.problem(UNKNOWN, at + shift, `object ${name}, ${length} bytes`);
    } else if (!found.lengths.includes(length)) {
      report.problem(LENGTH, at + 2 + shift, `object ${name}, ${length} bytes`);
    } else {
      object.id = id;
      object.at = at + OBJECT_HEADER;
      object.length = length;
      for (const step of found.steps) step(object, report);
    }
    at = next;
  }
}

/** Whether `data[start, end)` is objects of known ids and lengths, with nothing before or behind. */
export function plausibleObjects(data: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at + OBJECT_HEADER <= end) {
    const length = data[at + 2]!;
    const found = OBJECTS.get(data[at]! | data[at + 1]! << 8);
    if (found === undefined || !found.lengths.includes(length)) return false;
    at += OBJECT_HEADER + length;
  }
  return at === end && at > start;
}
