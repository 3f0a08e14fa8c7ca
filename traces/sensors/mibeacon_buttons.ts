/**
 * Buttons, remote controls, dimmers and the cube in MiBeacons: object 0x1001 and those that newer
 * switches send instead. What index and type mean depends on the model.
 *
 * @module
 */
import { type Measure, number, other } from "./measure.ts";
import { type Events, type MiObject, ruleOf, type Step, value } from "./mibeacon_object.ts";
import type { SensorReport } from "./sensor_report.ts";
import { addNumber, unknownCode } from "./xiaomi_values.ts";

const BUTTON = 0x1001;

/** Mijia BLE Object Definition, "Key event". */
const PRESSES: Events = { 0: "press", 1: "double_press", 2: "long_press", 3: "triple_press" };
/** The K9B switches have the two the other way round. */
const K9B_PRESSES: Events = { 0: "press", 1: "long_press", 2: "double_press" };

/** Names of the buttons by index; several where they are pressed together. */
interface Keys {
  readonly presses: Events;
  readonly names: readonly (readonly string[])[];
}

const each = (...names: readonly string[]): readonly (readonly string[])[] =>
  names.map((name) => [name]);

const KEYS: Readonly<Record<string, Keys>> = {
  "YLYK01YL": {
    presses: PRESSES,
    names: each("on", "off", "brightness", "plus", "m", "minus"),
  },
  "YLYK01YL-FANCL": {
    presses: PRESSES,
    names: each("fan", "light", "wind_speed", "color_temperature", "wind_mode", "brightness"),
  },
  "YLYK01YL-VENFAN": {
    presses: PRESSES,
    names: each(
      "swing",
      "power",
      "timer_60_minutes",
      "increase_wind_speed",
      "timer_30_minutes",
      "decrease_wind_speed",
    ),
  },
  "YLYB01YL-BHFRC": {
    presses: PRESSES,
    names: each(
      "stop",
      "air_exchange",
      "fan",
      "increase_speed",
      "decrease_speed",
      "dry",
      "light",
      "swing",
      "heat",
    ),
  },
  "K9B-1BTN": { presses: K9B_PRESSES, names: [[""]] },
  "K9B-2BTN": { presses: K9B_PRESSES, names: [["left"], ["right"], ["left", "right"]] },
  "K9B-3BTN": {
    presses: K9B_PRESSES,
    names: [
      ["left"],
      ["middle"],
      ["right"],
      ["left", "middle"],
      ["middle", "right"],
      ["left", "right"],
      ["left", "middle", "right"],
    ],
  },
};

const buttons = new Map<string, Measure>();

/** `button`, or `button_<name>`. Their number is that of the names above and below. */
function buttonMeasure(id: number, name: string): Measure {
  const key = `${id} ${name}`;
  let measure = buttons.get(key);
  if (measure === undefined) {
    measure = other(
      name === "" ? "button" : `button_${name}`,
      "event",
      id === BUTTON
        ? ruleOf(id, 0, 3, "bytes 0-1 which button, byte 2 how it was pressed")
        : ruleOf(id, 0, 1, "the object says how, the byte which button was pressed"),
    );
    buttons.set(key, measure);
  }
  return measure;
}

const buttonIndex = value(BUTTON, 0, "uint16", {
  name: "button_index",
  unit: "",
  range: [0, 0xffff],
  options: { diagnostic: true },
});

/** Object 0x1001, 3 bytes. */
export const button: Step = (object, report) => {
  const { model } = object;
  if (model === "XMMF01JQD") return cube(object, report);
  if (model === "YLKG07YL/YLKG08YL") return dimmer(object, report);
  const index = object.unsigned(0, 2);
  const keys = Object.hasOwn(KEYS, model) ? KEYS[model]! : undefined;
  const names = keys === undefined ? [""] : keys.names[index];
  const type = object.u8(2);
  const press = (keys?.presses ?? PRESSES)[type];
  const at = object.offset(0);
  if (press === undefined) {
    unknownCode(report, buttonMeasure(BUTTON, ""), type, object.offset(2));
    return;
  }
  if (names === undefined) {
    unknownCode(report, buttonMeasure(BUTTON, ""), index, at);
    return;
  }
  for (const name of names) report.add(buttonMeasure(BUTTON, name), press, type, at, 3);
  if (keys === undefined && index > 0) buttonIndex(object, report);
};

const CUBE = other("cube", "event", ruleOf(BUTTON, 0, 1, "0 rotate_right, 1 rotate_left"));

function cube(object: MiObject, report: SensorReport): void {
  const code = object.u8(0);
  const at = object.offset(0);
  if (code > 1) unknownCode(report, CUBE, code, at);
  else report.add(CUBE, code === 0 ? "rotate_right" : "rotate_left", code, at, 1);
}

const DIMMER = other(
  "dimmer",
  "event",
  ruleOf(
    BUTTON,
    0,
    3,
    "byte 2: 3 press (byte 0: 1 a long one), 4 rotation (byte 0: while pressed)",
  ),
);
const dimmerNumber = (name: string, unit: string, how: string): Measure =>
  number(name, unit, [0, 255], ruleOf(BUTTON, 0, 2, how));
const DIMMER_STEPS = dimmerNumber("dimmer_steps", "", "sint8, without sign: steps of the rotation");
const DIMMER_PRESSES = dimmerNumber("dimmer_presses", "", "byte 1, uint8: times pressed");
const DIMMER_DURATION = dimmerNumber("dimmer_duration", "s", "byte 1, uint8: how long pressed");

/** What is pressed is told by byte 0, how often or how long by byte 1. */
function dimmer(object: MiObject, report: SensorReport): void {
  const first = object.u8(0);
  const second = object.u8(1);
  const type = object.u8(2);
  const at = object.offset(0);
  if (type === 3 && first <= 1) {
    report.add(DIMMER, first === 0 ? "press" : "long_press", type, at, 3);
    addNumber(report, first === 0 ? DIMMER_PRESSES : DIMMER_DURATION, second, at + 1, 1);
    return;
  }
  if (type !== 4) {
    unknownCode(report, DIMMER, type, object.offset(2));
    return;
  }
  const pressed = first !== 0;
  const turn = pressed ? first : second;
  const right = turn <= 127;
  const name = `rotate_${right ? "right" : "left"}${pressed ? "_pressed" : ""}`;
  report.add(DIMMER, name, type, at, 3);
  addNumber(report, DIMMER_STEPS, right ? turn : 256 - turn, pressed ? at : at + 1, 1);
}

/** Buttons by their code, in objects that stand for one kind of press. */
const SWITCHES: Readonly<Record<string, Readonly<Record<number, readonly string[]>>>> = {
  "XMWXKG01YL": { 1: ["left"], 2: ["right"], 3: ["left", "right"] },
  "XMWS01XS": { 0: ["left"], 1: ["right"] },
  "KS1": { 1: ["left"], 2: ["mid_left"], 3: ["mid_right"], 4: ["right"] },
  "KS1BP": { 1: ["left"], 2: ["mid_left"], 3: ["mid_right"], 4: ["right"] },
};
/** This one puts the kind of press into the byte. */
const K9BB_PRESSES: Events = { 1: "press", 8: "long_press", 15: "double_press" };

/** Objects 0x4a0c, 0x4e0c, 0x560c and the two behind each: press, double press, long press. */
export function pressed(id: number, kind: string): Step {
  return (object, report) => {
    const code = object.length > 0 ? object.u8(0) : 0;
    const at = object.offset(0);
    let press: string | undefined = kind;
    let names: readonly string[] | undefined = [""];
    if (object.model === "K9BB-1BTN") press = K9BB_PRESSES[code];
    else if (Object.hasOwn(SWITCHES, object.model)) names = SWITCHES[object.model]![code];
    if (press === undefined || names === undefined) {
      unknownCode(report, buttonMeasure(id, ""), code, at);
      return;
    }
    for (const name of names) report.add(buttonMeasure(id, name), press, code, at, object.length);
  };
}
