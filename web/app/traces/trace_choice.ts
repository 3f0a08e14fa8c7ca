/**
 * What the Traces view shows, as its address says: where frames come from, and which.
 *
 * @module
 */
import type { Query } from "../router.ts";
import { HOPS } from "./hop_comment.ts";

/** From now on; what the gateway remembers; a capture file of the reader's. */
export type TraceSource = "live" | "recent" | "file";

export const SOURCES: readonly TraceSource[] = ["live", "recent", "file"];

export interface TraceChoice {
  source: TraceSource;
  /** Names of hops; all when empty. */
  hops: string[];
  /** "": all. */
  channel: string;
  node: string;
  /** Wireshark's display filter; "": none. */
  filter: string;
  /** Of one message, as packet comments name it; "": all. */
  id: string;
  /** Channel in which the id is followed, in place of `channel`; "": none. Goes with the id. */
  within: string;
  /** Whether times are those of the day instead of seconds since the first frame. */
  clock: boolean;
  /** Most frames of what the gateway remembers. */
  rows: number;
}

/** Most frames a second when they come live, and at first, and at all, of what is remembered. */
const LIVE_ROWS = 50;
const FEW_ROWS = 1000;
export const ALL_ROWS = 5000;

/** Reads an address; what it does not say, or says wrongly, is as at first. */
export function readChoice(query: URLSearchParams): TraceChoice {
  const text = (name: string) => query.get(name)?.trim() ?? "";
  const asked = text("hop").split(",");
  const id = text("id");
  return {
    source: SOURCES.find((each) => each === text("source")) ?? "live",
    hops: HOPS.filter((hop) => asked.includes(hop)),
    channel: text("channel"),
    node: text("node"),
    filter: text("filter"),
    id,
    within: id && text("within"),
    clock: text("time") === "day",
    rows: text("rows") === `${ALL_ROWS}` ? ALL_ROWS : FEW_ROWS,
  };
}

/** Parameters of an address that choose these hops; all or none are the same. */
export function hopsQuery(hops: readonly string[]): Query {
  const some = hops.length > 0 && hops.length < HOPS.length;
  return { hop: some ? hops.join(",") : undefined };
}

/** What `/traces/live.pcapng` and `/traces/recent.pcapng` take of the choice. */
export function pcapngQuery({ hops, channel, within, node }: TraceChoice): Query {
  return { ...hopsQuery(hops), channel: within || channel, node };
}

/** A path with those parameters that say something. */
export function withQuery(path: string, query: Query): string {
  const said = Object.entries(query).filter(([, value]) => value);
  return said.length === 0 ? path : `${path}?${new URLSearchParams(said as [string, string][])}`;
}

/** Where the frames of a choice come from; files go to it as the body of a POST. */
export function framesPath(choice: TraceChoice): string {
  if (choice.source === "file") {
    return withQuery("/api/decode", { format: "tree", filter: fileFilter(choice) });
  }
  const { source, filter, id } = choice;
  const rows = `${source === "live" ? LIVE_ROWS : choice.rows}`;
  return withQuery("/traces/frames", { source, ...pcapngQuery(choice), filter, id, rows });
}

/** The filter for programs that know none of our parameters: that of the choice, and its id. */
export function fileFilter({ filter, id }: TraceChoice): string {
  if (id === "") return filter;
  const about = `frame.comment contains "id=${id.replace(/["\\]/g, "\\$&")}"`;
  return filter === "" ? about : `(${filter}) and ${about}`;
}

/** Where in the choice's filter a message of the gateway says that it is wrong, from 0. */
export function wrongColumn(choice: TraceChoice, message: string): number | undefined {
  const column = /^filter, column (\d+)/.exec(message)?.[1];
  if (column === undefined) return undefined;
  const brackets = choice.source === "file" && choice.id !== "" ? 1 : 0;
  return Math.max(0, Number(column) - 1 - brackets);
}
