/**
 * A frame's time, to the microsecond as the recorder's are.
 *
 * @param time Unix microseconds; "" when there is none
 * @param first the first frame's, that seconds are counted from; `undefined`: the time of the day here
 */
export function timeText(time: number | undefined, first: number | undefined): string {
  if (time === undefined) return "";
  if (first !== undefined) return ((time - first) / 1e6).toFixed(6);
  const rest = String(time % 1e6).padStart(6, "0");
  return `${new Date(time / 1000).toTimeString().slice(0, 8)}.${rest}`;
}
