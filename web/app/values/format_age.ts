/**
 * How long ago something was, coarse as people say it.
 *
 * @param age Milliseconds; below 1.5 s, and clocks that are a little apart, are "now".
 */
export function formatAge(age: number): string {
  const seconds = age / 1000;
  if (seconds < 1.5) return "now";
  if (seconds < 90) return `${Math.floor(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** The same within a sentence: "just now", "12 s ago". */
export function formatAgo(age: number): string {
  const text = formatAge(age);
  return text === "now" ? "just now" : `${text} ago`;
}
