import { type ReadonlySignal, signal } from "@preact/signals";

/** What an address may name beside a view's own parameters. */
type Place =
  | { view: "overview" }
  | { view: "channel"; name: string }
  | { view: "nodes" }
  | { view: "delay" }
  | { view: "traces" }
  | { view: "health" };

/** Which view the address names, and its parameters: `#/channel/desk?from=..&to=..`. */
export type Route = Place & { query: URLSearchParams };
export type ViewName = Route["view"];

const CHANNEL = "/channel/";
const VIEWS: readonly string[] = ["nodes", "delay", "traces", "health"] satisfies ViewName[];

/** Parameters of an address; those that are undefined or empty are left out. */
export type Query = Readonly<Record<string, string | undefined>>;

function queryText(query: Query): string {
  const said = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return said.length === 0 ? "" : `?${new URLSearchParams(said as [string, string][])}`;
}

/** The address of a view other than a channel's. */
export function viewHref(view: Exclude<ViewName, "channel">, query: Query = {}): string {
  return `#/${view === "overview" ? "" : view}${queryText(query)}`;
}

/** The address of a channel's view. */
export function channelHref(name: string, query: Query = {}): string {
  return `#${CHANNEL}${encodeURIComponent(name)}${queryText(query)}`;
}

function parsePlace(path: string): Place {
  const view = path.slice(1);
  if (VIEWS.includes(view)) return { view } as Place;
  if (!path.startsWith(CHANNEL) || path.length === CHANNEL.length) return { view: "overview" };
  try {
    return { view: "channel", name: decodeURIComponent(path.slice(CHANNEL.length)) };
  } catch {
    return { view: "overview" };
  }
}

/** Anything that names no view is the overview. */
export function parseRoute(hash: string): Route {
  const [path, ...rest] = hash.slice(1).split("?");
  return { ...parsePlace(path!), query: new URLSearchParams(rest.join("?")) };
}

const route = signal(parseRoute(globalThis.location?.hash ?? ""));

function pathOf(hash: string): string {
  return hash.split("?")[0]!;
}

let shown = globalThis.location?.hash ?? "";

function follow(): void {
  if (location.hash === shown) return;
  if (pathOf(location.hash) !== pathOf(shown)) scrollTo(0, 0);
  shown = location.hash;
  route.value = parseRoute(shown);
}

/** The route as a signal that follows the address for the life of the page. */
export function currentRoute(): ReadonlySignal<Route> {
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
  return route;
}

/**
 * Changes parameters of the address; the view stays.
 *
 * @param change values by name; undefined or "" takes one away
 * @param how `push`: back leads to what was before; `replace`: what changes as one types or drags
 */
export function setQuery(change: Query, how: "push" | "replace" = "push"): void {
  const query = Object.fromEntries(route.peek().query);
  const hash = (pathOf(location.hash) || "#/") + queryText({ ...query, ...change });
  if (hash === location.hash) return;
  if (how === "push") history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
  follow();
}
