/**
 * Says in one line why a reading has its value: which bytes, their number, the factor, the rule.
 *
 * @module
 */
import { hexText } from "../wire/hex_text.ts";
import { type Reading, scaled } from "./measure.ts";

/** Characters of bytes shown in full. */
const SHOWN = 32;

/**
 * The line, as `bytes 3..4: 0x09ca = 2506 x 0.01 = 25.06 °C (BTHome v2, object 0x02: ...)`.
 *
 * @param base what to add to the reading's offset: where the bytes given to the decoder begin
 * @default base 0
 */
export function explainReading(reading: Reading, base = 0): string {
  const { measure, offset, length } = reading;
  return `${place(base + offset, length)}: ${derivation(reading)} (${measure.rule})`;
}

function place(first: number, length: number): string {
  if (length === 0) return `no bytes at ${first}`;
  return length === 1 ? `byte ${first}` : `bytes ${first}..${first + length - 1}`;
}

function derivation(reading: Reading): string {
  const { measure, value, raw, length } = reading;
  const bytes = rawText(raw, length);
  if (value === null) return `${bytes}: ${measure.kind === "event" ? "nothing" : "not available"}`;
  const unit = measure.unit === "" ? "" : ` ${measure.unit}`;
  if (measure.kind !== "number" || typeof value !== "number" || typeof raw !== "number") {
    if (value === raw) return `${bytes}${unit}`;
    const shown = typeof value === "string" ? textValue(value, measure.kind) : String(value);
    return `${bytes} = ${shown}${unit}`;
  }
  if (!fits(scaled(measure, raw), value)) return `${bytes} -> ${value}${unit}`;
  const formula = formulaText(raw, measure.multiplier / measure.divisor, measure.addend);
  const start = bytes === String(raw) ? "" : `${bytes} = `;
  return formula === String(value)
    ? `${start}${value}${unit}`
    : `${start}${formula} = ${value}${unit}`;
}

/** Numbers in hexadecimal as wide as their bytes, negative ones as they stand there. */
function rawText(raw: number | string, length: number): string {
  if (typeof raw === "string") {
    const shown = raw.length > SHOWN ? `${raw.slice(0, SHOWN)}...` : raw;
    // Other than digits it may be anything that a device sends.
    return /^[0-9a-fA-F]+$/.test(raw) ? shown : JSON.stringify(shown);
  }
  if (!Number.isInteger(raw) || length > 6) return String(raw);
  if (raw < 0 && raw < -(2 ** (8 * length - 1))) return String(raw);
  return hexText(raw < 0 ? raw + 2 ** (8 * length) : raw, 2 * length);
}

function textValue(value: string, kind: string): string {
  return kind === "text" ? JSON.stringify(value) : value;
}

function formulaText(raw: number, factor: number, addend: number): string {
  const product = factor === 1 ? `${raw}` : `${raw} x ${factor}`;
  if (addend === 0) return product;
  return addend < 0 ? `${product} - ${-addend}` : `${product} + ${addend}`;
}

/** Whether the formula gives the value, but for the last digits. */
function fits(computed: number, value: number): boolean {
  return Math.abs(computed - value) <= Math.abs(value) * 1e-12;
}
