/** A part of a whole, 0 to 1, in percent; what is not quite all or nothing does not say so. */
export function formatShare(share: number): string {
  const percent = Math.round(share * 100);
  if (percent === 0 && share > 0) return "< 1 %";
  if (percent === 100 && share < 1) return "> 99 %";
  return `${percent} %`;
}
