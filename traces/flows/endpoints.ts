/**
 * Addresses and ports of one packet.
 *
 * @module
 */

/** Addresses as signed 32-bit words in network order; IPv4 uses the first, the others are 0 then. */
export class Endpoints {
  v6 = false;
  s0 = 0;
  s1 = 0;
  s2 = 0;
  s3 = 0;
  d0 = 0;
  d1 = 0;
  d2 = 0;
  d3 = 0;
  sourcePort = 0;
  destinationPort = 0;

  /** Sets the addresses of an IPv4 packet. */
  setIpv4(source: number, destination: number): void {
    this.s0 = source;
    this.d0 = destination;
    if (!this.v6) return;
    this.v6 = false;
    this.s1 =
      this.s2 =
      this.s3 =
      this.d1 =
      this.d2 =
      this.d3 =
        0;
  }

  /** Reads the source address of an IPv6 packet. */
  readSource(data: Uint8Array, at: number): void {
    this.s0 = word32(data, at);
    this.s1 = word32(data, at + 4);
    this.s2 = word32(data, at + 8);
    this.s3 = word32(data, at + 12);
  }

  /** Reads the destination address of an IPv6 packet. */
  readDestination(data: Uint8Array, at: number): void {
    this.d0 = word32(data, at);
    this.d1 = word32(data, at + 4);
    this.d2 = word32(data, at + 8);
    this.d3 = word32(data, at + 12);
  }

  /** Writes both IPv6 addresses, source first: 32 bytes. */
  writeAddresses(view: DataView): void {
    view.setInt32(0, this.s0);
    view.setInt32(4, this.s1);
    view.setInt32(8, this.s2);
    view.setInt32(12, this.s3);
    view.setInt32(16, this.d0);
    view.setInt32(20, this.d1);
    view.setInt32(24, this.d2);
    view.setInt32(28, this.d3);
  }
}

/** The big-endian 32-bit word at `at`, signed. */
export function word32(data: Uint8Array, at: number): number {
  return data[at]! << 24 | data[at + 1]! << 16 | data[at + 2]! << 8 | data[at + 3]!;
}
