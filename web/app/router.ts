import { type ReadonlySignal, signal } from "@preact/signals";

/** Which view the address names. */
export type Route = { view: "list" } | { view: "nodes" } | { view: "channel"; name: string };

const PREFIX = "#/channel/";

/** The address of the view of nodes and devices. */
export const NODES_HREF = "#/nodes";

/** The address of a channel's view. */
export function channelHref(name: string): string {
  return PREFIX + encodeURIComponent(name);
}

/** Anything that names no view is the list. */
export function parseRoute(hash: string): Route {
  if (hash === NODES_HREF) return { view: "nodes" };
  if (!hash.startsWith(PREFIX) || hash.length === PREFIX.length) return { view: "list" };
  try {
    return { view: "channel", name: decodeURIComponent(hash.slice(PREFIX.length)) };
  } catch {
    return { view: "list" };
  }
}

/** The route as a signal that follows the address for the life of the page. */
export function currentRoute(): ReadonlySignal<Route> {
  const route = signal(parseRoute(location.hash));
  addEventListener("hashchange", () => {
    route.value = parseRoute(location.hash);
    scrollTo(0, 0);
  });
  return route;
}
