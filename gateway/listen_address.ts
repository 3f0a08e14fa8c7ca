/**
 * Where the gateway listens, and with which certificate.
 *
 * @module
 */

/** The address of a listener. */
export function listenUrl(scheme: string, { hostname, port }: Deno.NetAddr): URL {
  return new URL(`${scheme}://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/`);
}

/** What TLS needs. */
export interface Certificate {
  /** PEM texts. */
  cert: string;
  key: string;
}

/**
 * The certificate that the configuration names; `undefined`: none.
 *
 * @throws If a file cannot be read.
 */
export function readCertificate(
  { cert, key }: { cert?: string | undefined; key?: string | undefined },
): Certificate | undefined {
  if (cert === undefined || key === undefined) return undefined;
  return { cert: Deno.readTextFileSync(cert), key: Deno.readTextFileSync(key) };
}
