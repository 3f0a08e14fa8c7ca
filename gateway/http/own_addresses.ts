/**
 * Addresses of this machine.
 *
 * @module
 */

/** They are asked for again after so long, ms. */
const KEPT_MS = 10_000;

let addresses: ReadonlySet<string> = new Set();
let askedAt = -Infinity;

/** @param host IPv4 or IPv6 address, without brackets */
export function isOwnAddress(host: string): boolean {
  const now = performance.now();
  if (now - askedAt > KEPT_MS) {
    askedAt = now;
    addresses = new Set(Deno.networkInterfaces().map(({ address }) => address));
  }
  return addresses.has(host);
}
