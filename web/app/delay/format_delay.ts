/** A delay for people, of about the same width whatever it is; milliseconds in. */
export function formatDelay(delay: number | undefined): string {
  if (delay === undefined || !Number.isFinite(delay)) return "–";
  const size = Math.abs(delay);
  if (size >= 9999.5) return `${(delay / 1000).toFixed(1)} s`;
  if (size >= 999.5) return `${(delay / 1000).toFixed(2)} s`;
  return `${delay.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0)} ms`;
}

/** Messages that did not come, of how many. */
export function formatLoss(lost: { count: number; upTo?: boolean }, expected: number): string {
  const share = expected === 0 ? 0 : 100 * Math.min(1, lost.count / expected);
  const digits = share === 0 || share >= 10 ? 0 : share < 0.1 ? 3 : 1;
  return `${lost.upTo ? "≤ " : ""}${lost.count} (${share.toFixed(digits)} %)`;
}

/** Hours, minutes, seconds: `0:00:07`. */
export function formatLength(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number) => String(value % 60).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60))}:${two(seconds)}`;
}
