import type { TopicModel } from "../channel_model.ts";
import { numericValue } from "../values/numeric_value.ts";

/** Values beside the main one before a tile only counts the rest. */
const BESIDE = 3;

/** What a tile is looked at for, in this order; then other numbers, then the rest. */
const WANTED = ["temperature", "humidity", "co2", "pressure", "illuminance", "power", "energy"];

/** What a tile shows. */
export interface TileTopics {
  /** `undefined` while there is no value at all. */
  main: TopicModel | undefined;
  beside: TopicModel[];
  /** How many more have a value. */
  more: number;
}

function rank({ topic, update, diagnostic }: TopicModel): number {
  if (diagnostic) return WANTED.length + 2;
  if (numericValue(update.peek()?.value) === undefined) return WANTED.length + 1;
  const place = WANTED.indexOf(topic.slice(topic.lastIndexOf("/") + 1));
  return place < 0 ? WANTED.length : place;
}

/**
 * The first number that is measured is the main value, else the first state or text; diagnostics
 * only where there is nothing else.
 *
 * @param topics In the channel's order.
 */
export function tileTopics(topics: TopicModel[]): TileTopics {
  const known = topics.filter(({ update }) => update.peek() !== undefined)
    .sort((a, b) => rank(a) - rank(b));
  const measured = known.filter(({ diagnostic }) => !diagnostic);
  const [main, ...rest] = measured.length > 0 ? measured : known;
  const beside = rest.slice(0, BESIDE);
  return { main, beside, more: Math.max(0, known.length - beside.length - 1) };
}
