/**
 * Values of BTHome objects that both versions have in common.
 *
 * @module
 */
import { hexBytes } from "../wire/hex_text.ts";
import { rule } from "../wire/problem.ts";
import { invalidUtf8, utf8Text } from "../wire/utf8.ts";
import { buttonEvent, DIMMER_EVENTS } from "./bthome_objects.ts";
import type { Measure } from "./measure.ts";
import type { SensorReport } from "./sensor_report.ts";

const FORMAT_PAGE = "bthome.io/format";

const NOT_BINARY = rule("bthome", "warning", "binary value is neither 0 nor 1", FORMAT_PAGE);
const UNKNOWN_EVENT = rule("bthome", "note", "event is not known", FORMAT_PAGE);
const NOT_UTF8 = rule("bthome", "error", "text is no UTF-8", FORMAT_PAGE);

/** Adds a binary. @param at where it stands in the bytes given to the decoder */
export function addBinary(report: SensorReport, measure: Measure, raw: number, at: number): void {
  if (raw > 1) report.problem(NOT_BINARY, at, `${raw}`);
  report.add(measure, raw !== 0, raw, at, 1);
}

/** Adds a button's event; `null` when nothing was done, which keeps the place of several buttons. */
export function addButton(report: SensorReport, measure: Measure, raw: number, at: number): void {
  if (raw === 0) {
    report.add(measure, null, raw, at, 1);
    return;
  }
  const event = buttonEvent(raw);
  if (event === undefined) report.problem(UNKNOWN_EVENT, at, `button ${raw}`);
  report.add(measure, event ?? raw, raw, at, 1);
}

/** Adds a dimmer's event, and by how many steps; both `null` when nothing was done. */
export function addDimmer(
  report: SensorReport,
  measure: Measure,
  stepsMeasure: Measure,
  raw: number,
  steps: number,
  at: number,
): void {
  if (raw === 0) {
    report.add(measure, null, raw, at, 1);
    report.add(stepsMeasure, null, steps, at + 1, 1);
    return;
  }
  const event = DIMMER_EVENTS[raw];
  if (event === undefined) report.problem(UNKNOWN_EVENT, at, `dimmer ${raw}`);
  report.add(measure, event ?? raw, raw, at, 1);
  report.add(stepsMeasure, steps, steps, at + 1, 1);
}

/** Adds text, what is no UTF-8 shown as U+FFFD. @param shift from `start` to where it really stands */
export function addText(
  report: SensorReport,
  measure: Measure,
  data: Uint8Array,
  start: number,
  length: number,
  shift: number,
): void {
  const wrong = invalidUtf8(data, start, start + length);
  if (wrong >= 0) report.problem(NOT_UTF8, wrong + shift);
  const raw = hexBytes(data, start, length);
  report.add(measure, utf8Text(data, start, start + length), raw, start + shift, length);
}

/** Adds bytes, as hexadecimal digits. */
export function addBytes(
  report: SensorReport,
  measure: Measure,
  data: Uint8Array,
  start: number,
  length: number,
  shift: number,
): void {
  const raw = hexBytes(data, start, length);
  report.add(measure, raw, raw, start + shift, length);
}
