/**
 * The network layer: IPv4 and IPv6 with their fragments and extension headers, tunnels, and what is
 * in them: ICMP with the packets it quotes, UDP, TCP.
 *
 * @module
 */
import { ipv6Text } from "../wire/address_text.ts";
import { decodeData } from "../wire/data.ts";
import { type Dissection, Failure } from "../wire/dissection.ts";
import { decodeIcmp } from "../wire/icmp.ts";
import { type ContextListener, decodeIcmpv6 } from "../wire/icmpv6.ts";
import { IP_PROTOCOLS, IpProtocol } from "../wire/ip_protocol.ts";
import { decodeAh, decodeEsp } from "../wire/ipsec.ts";
import { decodeIpv4, Ipv4Header } from "../wire/ipv4.ts";
import { decodeIpv6, Ipv6Header } from "../wire/ipv6.ts";
import {
  decodeFragment,
  decodeMobility,
  decodeOptions,
  decodeRouting,
  Ipv6Chain,
} from "../wire/ipv6_extensions.ts";
import { Endpoints } from "./endpoints.ts";
import { IpFragments } from "./ip_fragments.ts";
import type { TcpStreams } from "./tcp_streams.ts";
import type { UdpFlows } from "./udp_flows.ts";

/** IP packets inside IP packets beyond this are shown as data. */
const MAX_TUNNELS = 8;
/** Headers between IPv6 and its payload. */
const MAX_EXTENSIONS = 32;

export class IpLayer {
  readonly #tcp: TcpStreams;
  readonly #udp: UdpFlows;
  readonly #contexts: ContextListener | undefined;
  readonly #fragments = new IpFragments();
  readonly #endpoints = new Endpoints();
  readonly #ipv4 = new Ipv4Header();
  readonly #ipv6 = new Ipv6Header();
  readonly #chain = new Ipv6Chain();
  #frameLength = 0;
  /** The packet is quoted in an ICMP error. */
  #quoted = false;
  /** The packet is a first fragment whose rest is not there. */
  #fragment = false;
  #tunnels = 0;

  constructor(tcp: TcpStreams, udp: UdpFlows, contexts?: ContextListener) {
    this.#tcp = tcp;
    this.#udp = udp;
    this.#contexts = contexts;
  }

  /** Begins a frame of `length` bytes on the wire. */
  begin(length: number): void {
    this.#frameLength = length;
    this.#quoted = false;
    this.#fragment = false;
    this.#tunnels = 0;
  }

  /** Decodes an IPv4 packet at the cursor, and what is in it. */
  ipv4(d: Dissection): void {
    if (this.#tunnels++ >= MAX_TUNNELS) return decodeData(d);
    const h = this.#ipv4;
    if (!decodeIpv4(d, h, this.#quoted)) {
      // Cooked captures were seen whose type says IPv4 for IPv6 packets.
      if (h.version === 6 && d.failed === 0) {
        d.pos--;
        this.ipv6(d);
      }
      return;
    }
    this.#endpoints.setIpv4(h.source, h.destination);
    const { protocol } = h;
    if (h.fragmentOffset === 0 && !h.moreFragments) {
      this.#fragment = false;
      return this.#transport(d, protocol);
    }
    this.#fragmented(d, protocol);
  }

  #fragmented(d: Dissection, protocol: number): void {
    const h = this.#ipv4;
    const { fragmentOffset, identification, payloadLength } = h;
    const whole = payloadLength > 0 && d.has(payloadLength);
    if (!whole && fragmentOffset === 0) {
      this.#fragment = true;
      this.#transport(d, protocol);
      return;
    }
    if (d.columns) {
      const name = IP_PROTOCOLS[protocol] ?? "Unknown";
      const id = identification.toString(16).padStart(4, "0");
      d.infoColumn =
        `Fragmented IP protocol (proto=${name} ${protocol}, off=${fragmentOffset}, ID=${id})`;
    }
    const complete = whole &&
      this.#fragments.add(
        d,
        this.#endpoints,
        identification,
        protocol,
        fragmentOffset,
        h.moreFragments,
      );
    if (!complete) return decodeData(d);
    this.#fragment = false;
    this.#transport(d, protocol);
    d.leave();
    d.pos = d.end;
  }

  /** Decodes an IPv6 packet at the cursor, and what is in it. */
  ipv6(d: Dissection): void {
    if (this.#tunnels++ >= MAX_TUNNELS) return decodeData(d);
    const h = this.#ipv6;
    if (!decodeIpv6(d, h, this.#quoted)) return;
    const e = this.#endpoints;
    e.v6 = true;
    e.readSource(d.data, h.addressesAt);
    e.readDestination(d.data, h.addressesAt + 16);
    this.#fragment = false;
    this.#extensions(d, h.next, h.payloadLength > 0);
  }

  #extensions(d: Dissection, first: number, sized: boolean): void {
    const chain = this.#chain;
    chain.sourceAt = chain.destinationAt = -1;
    let next = first;
    for (let i = 0; i < MAX_EXTENSIONS; i++) {
      switch (next) {
        case IpProtocol.HopByHop:
        case IpProtocol.DestinationOptions:
          next = decodeOptions(d, next === IpProtocol.HopByHop, chain);
          break;
        case IpProtocol.Routing:
          next = decodeRouting(d, chain);
          break;
        case IpProtocol.Ah:
          next = decodeAh(d);
          break;
        case IpProtocol.Mobility:
          return decodeMobility(d);
        case IpProtocol.Fragment:
          next = decodeFragment(d, chain);
          if (next >= 0 && sized && (chain.fragmentOffset !== 0 || chain.moreFragments)) {
            return this.#fragmented6(d, next);
          }
          break;
        default:
          this.#redirect(d);
          return this.#transport(d, next);
      }
      this.#redirect(d);
      if (next < 0) return;
    }
    decodeData(d);
  }

  /** Routing headers and home addresses say who talks to whom (RFC 8200, 4.4; RFC 6275, 6.3). */
  #redirect(d: Dissection): void {
    const chain = this.#chain;
    const { sourceAt, destinationAt } = chain;
    if (sourceAt >= 0) {
      this.#endpoints.readSource(d.data, sourceAt);
      if (d.columns) d.sourceColumn = ipv6Text(d.data, sourceAt);
    }
    if (destinationAt >= 0) {
      this.#endpoints.readDestination(d.data, destinationAt);
      if (d.columns) d.destinationColumn = ipv6Text(d.data, destinationAt);
    }
    chain.sourceAt = chain.destinationAt = -1;
  }

  #fragmented6(d: Dissection, next: number): void {
    this.#redirect(d);
    const { fragmentOffset, moreFragments, identification } = this.#chain;
    const whole = d.end === d.limit && d.pos < d.end;
    if (!whole) {
      if (fragmentOffset !== 0) return decodeData(d);
      this.#fragment = true;
      return this.#transport(d, next);
    }
    const complete = this.#fragments.add(
      d,
      this.#endpoints,
      identification,
      -1,
      fragmentOffset,
      moreFragments,
    );
    if (!complete) return decodeData(d);
    this.#extensions(d, next, true);
    d.leave();
    d.pos = d.end;
  }

  #transport(d: Dissection, protocol: number): void {
    const e = this.#endpoints;
    switch (protocol) {
      case IpProtocol.Tcp:
        return this.#tcp.decode(
          d,
          e,
          this.#fragment,
          this.#quoted,
          this.#frameLength,
        );
      case IpProtocol.Udp:
      case IpProtocol.UdpLite:
        return this.#udp.decode(
          d,
          e,
          protocol === IpProtocol.UdpLite,
          this.#fragment || this.#quoted,
          this.#quoted,
          this.#frameLength,
        );
      case IpProtocol.Icmp:
        if (d.pos >= d.end && d.end === d.limit) return;
        if (decodeIcmp(d, !this.#fragment && !this.#quoted, this.#ipv4.ttl)) this.#quote(d, false);
        return;
      case IpProtocol.Icmpv6:
        if (d.pos >= d.end && d.end === d.limit) return;
        return this.#icmpv6(d);
      case IpProtocol.Ipv4:
        return this.ipv4(d);
      case IpProtocol.Ipv6:
        return this.ipv6(d);
      case IpProtocol.Ah: {
        const next = decodeAh(d);
        if (next >= 0) this.#transport(d, next);
        return;
      }
      case IpProtocol.Esp:
        return decodeEsp(d);
      default:
        return this.#unknown(d, protocol);
    }
  }

  #unknown(d: Dissection, protocol: number): void {
    if (d.columns) {
      const name = IP_PROTOCOLS[protocol] ?? "Unknown";
      d.infoColumn = protocol === IpProtocol.NoNext
        ? "IPv6 no next header"
        : `${name} (${protocol})`;
    }
    decodeData(d);
  }

  #icmpv6(d: Dissection): void {
    const known = !this.#fragment && !this.#quoted;
    this.#endpoints.writeAddresses(addressView);
    if (decodeIcmpv6(d, addresses, known ? 0 : -1, this.#contexts)) this.#quote(d, true);
  }

  /** The packet that an error message complains of. */
  #quote(d: Dissection, v6: boolean): void {
    if (d.left === 0) return;
    const quoted = this.#quoted;
    const { sourceColumn, destinationColumn, protocolColumn, infoColumn } = d;
    this.#quoted = true;
    if (v6) this.ipv6(d);
    else this.ipv4(d);
    this.#quoted = quoted;
    // An error quotes as much as fits, at least 8 bytes (RFC 792; RFC 4443, 2.4): that is no fault.
    d.failed = Failure.None;
    if (!d.columns) return;
    d.sourceColumn = sourceColumn;
    d.destinationColumn = destinationColumn;
    d.protocolColumn = protocolColumn;
    d.infoColumn = infoColumn;
  }
}

/** Source and destination of the packet, for checksums. */
const addresses = new Uint8Array(32);
const addressView = new DataView(addresses.buffer);
