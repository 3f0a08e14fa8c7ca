/**
 * The two ends of a connection as IP addresses of one family, whatever is known of them.
 *
 * @module
 */
import { ipv4Bytes, ipv6Bytes } from "../../../traces/wire/address_bytes.ts";

/** One end of a TCP connection. */
export interface Endpoint {
  /** An IP address as text; anything else counts as unknown. */
  readonly host: string;
  /** 0 to 65535; 0 where it is not known. */
  readonly port: number;
}

/** Addresses of 4 or 16 bytes, both of the same length. */
export interface AddressPair {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** `::ffff:0:0/96` (RFC 4291, 2.5.5.2). */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/**
 * The bytes of an address; undefined when the text is none. Brackets and zone are left out, and an
 * IPv4 address mapped to IPv6 is one of IPv4.
 */
export function addressBytes(host: string): Uint8Array | undefined {
  const text = host.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
  const v4 = ipv4Bytes(text);
  if (v4 !== undefined) return v4;
  const v6 = text.includes(":") ? ipv6Bytes(text) : undefined;
  return v6 !== undefined && MAPPED.every((byte, at) => v6[at] === byte) ? v6.subarray(12) : v6;
}

/**
 * The addresses of both ends. One that is unknown, and the server's when the families differ, is
 * the unspecified address of the other's family (0.0.0.0 or ::); both unknown are 0.0.0.0.
 */
export function addressPair(clientHost: string, serverHost: string): AddressPair {
  const client = addressBytes(clientHost);
  const server = addressBytes(serverHost);
  const length = (client ?? server)?.length ?? 4;
  return {
    client: client ?? new Uint8Array(length),
    server: server?.length === length ? server : new Uint8Array(length),
  };
}
