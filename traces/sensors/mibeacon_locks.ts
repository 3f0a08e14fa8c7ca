/**
 * Door locks in MiBeacons: objects 0x0006 (fingerprint), 0x000b (operation) and 0x100e (bolts).
 * Source: Mijia BLE Object Definition, "Fingerprint event", "Lock event", "Lock attribute".
 *
 * @module
 */
import { type Measure, number, other } from "./measure.ts";
import { byModel, event, type Events, ruleOf, state, type Step } from "./mibeacon_object.ts";
import { unknownCode } from "./xiaomi_values.ts";

const FINGERPRINT = 0x0006;
const LOCK = 0x000b;
const BOLTS = 0x100e;

/** Low four bits of the operation. */
const ACTIONS: Events = {
  0: "unlock_outside",
  1: "lock",
  2: "deadlock_on",
  3: "deadlock_off",
  4: "unlock_inside",
  5: "lock_inside",
  6: "child_lock_on",
  7: "child_lock_off",
  8: "lock_outside",
  15: "abnormal",
};

/** High four bits of the operation. */
const METHODS: Events = {
  0: "bluetooth",
  1: "password",
  2: "biometrics",
  3: "key",
  4: "turntable",
  5: "nfc",
  6: "one_time_password",
  7: "two_step_verification",
  8: "coercion",
  9: "homekit",
  10: "manual",
  11: "automatic",
  15: "abnormal",
};

/** Key ids that stand for something that went wrong. */
const ALARMS: ReadonlyMap<number, string> = new Map([
  [0xc0de0000, "wrong_passwords"],
  [0xc0de0001, "wrong_fingerprints"],
  [0xc0de0002, "operation_timeout"],
  [0xc0de0003, "lock_picking"],
  [0xc0de0004, "reset_pressed"],
  [0xc0de0005, "wrong_keys"],
  [0xc0de0006, "foreign_body_in_keyhole"],
  [0xc0de0007, "key_left_in_lock"],
  [0xc0de0008, "wrong_nfc"],
  [0xc0de0009, "not_locked_in_time"],
  [0xc0de000a, "many_failed_ways"],
  [0xc0de000b, "wrong_faces"],
  [0xc0de000c, "wrong_veins"],
  [0xc0de000d, "hijacking"],
  [0xc0de000e, "unlock_inside_while_armed"],
  [0xc0de000f, "wrong_palms"],
  [0xc0de0010, "safe_moved"],
  [0xc0de1000, "battery_below_10_percent"],
  [0xc0de1001, "battery_below_5_percent"],
  [0xc0de1002, "fingerprint_sensor_fault"],
  [0xc0de1003, "accessory_battery_low"],
  [0xc0de1004, "mechanical_fault"],
  [0xc0de1005, "lock_sensor_fault"],
]);

/** Kinds of keys by the high 16 bits of their id. */
const KEY_KINDS: ReadonlyMap<number, string> = new Map([
  [0x8001, "fingerprint"],
  [0x8002, "password"],
  [0x8003, "key"],
  [0x8004, "nfc"],
  [0x8005, "two_step_verification"],
  [0x8006, "face"],
  [0x8007, "vein"],
  [0x8008, "palm"],
]);

/** Who holds the key with this id, in words. */
function holder(id: number): string {
  if (id === 0) return "administrator";
  if (id === 0xffffffff) return "unknown operator";
  if (id === 0xdeadbeef) return "invalid operator";
  if (id <= 0x7fffffff) return `bluetooth ${id}`;
  const kind = KEY_KINDS.get(Math.floor(id / 0x10000));
  return kind === undefined ? `0x${id.toString(16).padStart(8, "0")}` : `${kind} ${id % 0x10000}`;
}

function keyId(id: number, at: number): Step {
  const measure = other("key_id", "text", ruleOf(id, at, 4, "uint32, little-endian: whose key"));
  return (object, report) => {
    const key = object.unsigned(at, 4);
    if (!ALARMS.has(key)) report.add(measure, holder(key), key, object.offset(at), 4);
  };
}

const ALARM: Measure = other(
  "lock_alarm",
  "event",
  ruleOf(LOCK, 1, 4, "uint32, little-endian: from 0xc0de0000 on, what went wrong"),
);
const alarm: Step = (object, report) => {
  const key = object.unsigned(1, 4);
  const what = ALARMS.get(key);
  if (what !== undefined) report.add(ALARM, what, key, object.offset(1), 4);
};

const ACTION = other("lock_action", "event", ruleOf(LOCK, 0, 1, "bits 0-3: what was done"));
const METHOD = other("lock_method", "text", ruleOf(LOCK, 0, 1, "bits 4-7: how it was done"));
/** In Home Assistant's sense of the word true is unlocked. */
const UNLOCKED = other(
  "lock",
  "binary",
  ruleOf(LOCK, 0, 1, "bits 0-3: 0, 4 open; 1, 5, 8 closed"),
  {
    quantity: "lock",
  },
);
const DEADLOCK = other("deadlock", "binary", ruleOf(LOCK, 0, 1, "bits 0-3: 2 on, 3 off"));
const CHILD_LOCK = other("child_lock", "binary", ruleOf(LOCK, 0, 1, "bits 0-3: 6 on, 7 off"));

/** Which state each action leads to. */
const STATES: ReadonlyMap<number, readonly [Measure, boolean]> = new Map([
  [0, [UNLOCKED, true]],
  [1, [UNLOCKED, false]],
  [2, [DEADLOCK, true]],
  [3, [DEADLOCK, false]],
  [4, [UNLOCKED, true]],
  [5, [UNLOCKED, false]],
  [6, [CHILD_LOCK, true]],
  [7, [CHILD_LOCK, false]],
  [8, [UNLOCKED, false]],
]);

const operation: Step = (object, report) => {
  const code = object.u8(0);
  const at = object.offset(0);
  const action = ACTIONS[code & 15];
  const method = METHODS[code >>> 4];
  if (action === undefined) unknownCode(report, ACTION, code & 15, at);
  else report.add(ACTION, action, code & 15, at, 1);
  if (method === undefined) unknownCode(report, METHOD, code >>> 4, at);
  else report.add(METHOD, method, code >>> 4, at, 1);
  const leads = STATES.get(code & 15);
  if (leads !== undefined) report.add(leads[0], leads[1], code & 15, at, 1);
};

const WHEN = number(
  "event_time",
  "s",
  [0, 0xffffffff],
  ruleOf(LOCK, 5, 4, "uint32, little-endian: Unix time"),
  { diagnostic: true },
);
const when: Step = (object, report) => {
  const time = object.unsigned(5, 4);
  report.add(WHEN, time, time, object.offset(5), 4);
};

/** Steps of object 0x0006, 5 bytes. */
export const fingerprint: readonly Step[] = [
  keyId(FINGERPRINT, 0),
  event(FINGERPRINT, "fingerprint", {
    0: "match",
    1: "no_match",
    2: "timeout",
    3: "low_quality",
    4: "insufficient_area",
    5: "skin_too_dry",
    6: "skin_too_wet",
  }, 4),
];

/** Steps of object 0x000b, 9 bytes. */
export const lockOperation: readonly Step[] = [operation, keyId(LOCK, 1), alarm, when];

const bolt = (bit: number, name: string, meaning: string): Step => {
  const measure = other(name, "binary", ruleOf(BOLTS, 0, 1, `bit ${bit}: ${meaning}`), {
    diagnostic: bit !== 3,
  });
  return (object, report) => {
    const on = object.u8(0) >>> bit & 1;
    report.add(measure, on === 1, on, object.offset(0), 1);
  };
};

/** Steps of object 0x100e, 1 byte. */
export const bolts: readonly Step[] = [
  bolt(0, "square_bolt", "1 out, 0 drawn back"),
  bolt(1, "dead_bolt", "1 out, 0 drawn back"),
  bolt(2, "latch_bolt", "1 out, 0 drawn back"),
  bolt(3, "child_lock", "1 on, 0 off"),
];

/**
 * Steps of object 0x0008. The definition says 1 for armed; DSL-C08 sends 0 when its handle is
 * lifted from outside (Bluetooth-Devices/xiaomi-ble, parser.py).
 */
export const armed: readonly Step[] = [
  byModel(
    { "DSL-C08": [state(0x0008, "armed", { 0: true, 1: false })] },
    [state(0x0008, "armed", { 0: false, 1: true })],
  ),
];
