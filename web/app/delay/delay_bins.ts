/**
 * Bins of equal width on a logarithmic axis, the same for every way, so that
 * histograms side by side can be compared and do not move while they grow.
 *
 * @module
 */

/** Left end of the axis: what is shorter stands in the first bin, milliseconds. */
const SHORTEST = 0.1;
const DECADES = 5;
/** Browsers count in steps of 0.1 ms: finer bins would show gaps that nothing has made. */
const PER_DECADE = 8;

/** How many there are; what is longer than 10 s stands in the last one. */
export const BINS = DECADES * PER_DECADE;

/** Powers of ten along the axis, milliseconds. */
export const TICKS: readonly number[] = [0.1, 1, 10, 100, 1000, 10_000];

/** Where a delay stands on the axis, from 0 to 1. */
export function place(delay: number): number {
  if (!(delay > SHORTEST)) return 0;
  return Math.min(1, Math.log10(delay / SHORTEST) / DECADES);
}

/** Which bin a delay in milliseconds is counted in. */
export function binOf(delay: number): number {
  // A hair to the right: 0.1 * 10 ** n is not what it seems in binary.
  return Math.min(BINS - 1, Math.floor(place(delay) * BINS + 1e-9));
}
