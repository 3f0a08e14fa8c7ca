/**
 * Maps that forget: a `Map` keeps its entries in the order in which they were put in.
 *
 * @module
 */

/** Puts a value as the newest; if there are more than `most` then, the oldest goes. */
export function putNewest<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) dropOldest(map);
}

/** Takes the oldest entry out. */
export function dropOldest<K>(map: Map<K, unknown>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
