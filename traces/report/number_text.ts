/**
 * Numbers and times as text, in the forms Wireshark shows them.
 *
 * @module
 */

/** A number as C's `%.<digits>g` prints it. */
export function general(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, power] = value.toExponential(digits - 1).split("e") as [string, string];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? "-" : "+";
    return `${withoutZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return withoutZeros(value.toFixed(digits - 1 - exponent));
}

function withoutZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** A point in time in the local time zone, as "Nov 20, 2026 13:12:21.000000000 UTC". */
export function absoluteTime(seconds: number, nanoseconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "Not representable";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${MONTHS[date.getMonth()]} ${String(date.getDate()).padStart(2)}`;
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  const fraction = String(nanoseconds).padStart(9, "0");
  return `${day}, ${date.getFullYear()} ${clock}.${fraction} ${zoneName(date)}`;
}

const ZONE = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" });
/** Names by offset from UTC in minutes: asking for them is slow. */
const zones = new Map<number, string>();

function zoneName(date: Date): string {
  const offset = date.getTimezoneOffset();
  let name = zones.get(offset);
  if (name === undefined) {
    name = ZONE.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? "";
    zones.set(offset, name);
  }
  return name;
}
