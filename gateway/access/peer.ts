/**
 * Whether a client is on this machine, and may so come without a token.
 *
 * @module
 */

/** Whether an address is of the loopback range (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, "").toLowerCase().replace(/^::ffff:/, "");
  return plain === "::1" || /^127(\.\d{1,3}){3}$/.test(plain);
}

/** Whether a host name means this machine to every client. */
function isLoopbackName(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || isLoopback(name);
}

function hostName(host: string): string {
  return host.startsWith("[") ? host.slice(0, host.indexOf("]") + 1) : host.split(":")[0] as string;
}

/** What the client calls us. HTTP/2 has `:authority` for it (RFC 9113 section 8.3.1), in the URL here. */
function hostOf(request: Request): string {
  return (request.headers.get("host") ?? new URL(request.url).host).toLowerCase();
}

const FORWARDED = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/**
 * Whether an HTTP request really comes from a person at this machine: the
 * peer is loopback, no proxy stands between (it would make the whole world
 * look local), and the Host is a loopback name (else a page on the internet
 * could reach us through a name that resolves to 127.0.0.1).
 *
 * @param hosts Other host names to accept.
 */
export function isLocalRequest(peer: string, request: Request, hosts: string[]): boolean {
  if (!isLoopback(peer)) return false;
  if (FORWARDED.some((name) => request.headers.has(name))) return false;
  const host = hostName(hostOf(request));
  return isLoopbackName(host) || hosts.includes(host);
}

/**
 * Whether the page that opens a WebSocket or sends a form is ours: its Origin
 * is the Host it talks to, or is on the list. No Origin means no browser.
 */
export function isAllowedOrigin(request: Request, origins: string[]): boolean {
  const origin = request.headers.get("origin");
  if (origin === null) return true;
  if (origins.includes(origin)) return true;
  try {
    return new URL(origin).host === hostOf(request);
  } catch {
    return false;
  }
}
