const SECOND = 1_000_000_000n;

function micro(nanoseconds: bigint): string {
  return String(nanoseconds / 1000n).padStart(6, "0");
}

/** Seconds from the first frame to another: "12.003456"; to the microsecond, as the recorder's are. */
export function sinceFirst(time: bigint, first: bigint): string {
  const since = time - first;
  const size = since < 0n ? -since : since;
  return `${since < 0n ? "−" : ""}${size / SECOND}.${micro(size % SECOND)}`;
}

/** The time of the day here: "20:07:50.289801". */
export function timeOfDay(time: bigint): string {
  const rest = ((time % SECOND) + SECOND) % SECOND;
  const date = new Date(Number((time - rest) / 1_000_000n));
  const part = (value: number) => String(value).padStart(2, "0");
  return `${part(date.getHours())}:${part(date.getMinutes())}:${part(date.getSeconds())}.${
    micro(rest)
  }`;
}
