const collator = new Intl.Collator(undefined, { numeric: true });

/** Order of names for people: room-2 comes before room-10. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b);
}
