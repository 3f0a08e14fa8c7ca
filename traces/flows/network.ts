/**
 * The network side of a capture: link layers, IP with its fragments, ICMP, UDP and TCP.
 *
 * @module
 */
import { decodeArp } from "../wire/arp.ts";
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { decodeEthernet, decodeVlan } from "../wire/ethernet.ts";
import { ETHERTYPE, EtherType } from "../wire/ethertype.ts";
import { hexText } from "../wire/hex_text.ts";
import type { ContextListener } from "../wire/icmpv6.ts";
import { decodeLlc } from "../wire/llc.ts";
import { decodeNull, decodeRawIp } from "../wire/loopback.ts";
import { decodeSll, decodeSll2 } from "../wire/sll.ts";
import type { Conversation } from "./conversation.ts";
import type { DecoderLimits } from "./decoder_limits.ts";
import { IpLayer } from "./ip_layer.ts";
import type { Observer } from "./observer.ts";
import type { StreamBudget } from "./stream_budget.ts";
import type { Recognise } from "./tcp_reassembly.ts";
import { TcpStreams } from "./tcp_streams.ts";
import { type DecodeDatagram, UdpFlows } from "./udp_flows.ts";
import { type ProtocolByName, UpperPdus } from "./upper_pdus.ts";

/** What a network decoder works with. */
export interface NetworkParts {
  readonly observer: Observer;
  /** Bounds what waits in all streams. */
  readonly budget: StreamBudget;
  /** How much is remembered. @default FULL_LIMITS */
  readonly limits?: DecoderLimits;
  /** Finds out what rides on a TCP connection. */
  readonly recognise: Recognise;
  /** Decodes the payload of a UDP datagram. */
  readonly udp: DecodeDatagram;
  /** Makes the protocol of a dissector's name, for messages without lower layers. */
  readonly byName?: ProtocolByName;
  /** Is told of contexts for 6LoWPAN that routers advertise. */
  readonly contexts?: ContextListener;
}

/** LINKTYPE numbers (tcpdump.org, link-layer header types). */
const LinkType = {
  Null: 0,
  Ethernet: 1,
  RawBsd: 12,
  RawOpenBsd: 14,
  Raw: 101,
  Loop: 108,
  Sll: 113,
  Ipv4: 228,
  Ipv6: 229,
  UpperPdu: 252,
  Sll2: 276,
} as const;

export class Network {
  readonly #tcp: TcpStreams;
  readonly #udp: UdpFlows;
  readonly #upper: UpperPdus;
  readonly #ip: IpLayer;
  /** Where the link layer begins; trailers are measured from there. */
  #start = 0;
  #frameLength = 0;

  constructor(parts: NetworkParts) {
    const { observer, limits } = parts;
    this.#tcp = new TcpStreams(observer, parts.recognise, parts.budget, limits);
    this.#udp = new UdpFlows(observer, parts.udp, limits);
    this.#ip = new IpLayer(this.#tcp, this.#udp, parts.contexts);
    this.#upper = new UpperPdus(observer, parts.byName ?? (() => undefined), limits);
  }

  /** The conversations that are known now: TCP, UDP, and those of messages without lower layers. */
  *conversations(): Generator<Conversation> {
    yield* this.#tcp.connections.values();
    yield* this.#udp.conversations.values();
    yield* this.#upper.conversations.values();
  }

  /**
   * Decodes the frame at the cursor.
   *
   * @param fcsLength bytes of the frame check sequence at its end; -1 when the file does not say
   * @returns false when its link layer is none of a network; nothing was decoded then
   */
  decode(d: Dissection, linkType: number, fcsLength = -1): boolean {
    this.begin(d);
    switch (linkType) {
      case LinkType.Ethernet:
        this.#typed(d, decodeEthernet(d, fcsLength));
        return true;
      case LinkType.Sll:
        this.#typed(d, decodeSll(d));
        return true;
      case LinkType.Sll2:
        this.#typed(d, decodeSll2(d));
        return true;
      case LinkType.Null:
      case LinkType.Loop:
        this.#next(d, decodeNull(d, linkType === LinkType.Loop));
        return true;
      case LinkType.Raw:
      case LinkType.RawBsd:
      case LinkType.RawOpenBsd:
        this.#next(d, decodeRawIp(d));
        return true;
      case LinkType.Ipv4:
        this.#ip.ipv4(d);
        return true;
      case LinkType.Ipv6:
        this.#ip.ipv6(d);
        return true;
      case LinkType.UpperPdu:
        this.#upper.decode(d, this.#frameLength);
        return true;
      default:
        return false;
    }
  }

  /** Begins a frame whose link layer others decode; then `ipv4` or `ipv6` may be called. */
  begin(d: Dissection): void {
    this.#start = d.pos;
    this.#frameLength = d.limit - d.pos;
    this.#ip.begin(this.#frameLength);
  }

  /** What follows a link layer with a type field. */
  #typed(d: Dissection, type: number): void {
    if (type < 0) return;
    if (type > 0xffff) return this.#next(d, type);
    enterType(d);
    this.#next(d, type);
  }

  #next(d: Dissection, type: number): void {
    switch (type) {
      case EtherType.Ipv4:
        return this.#ip.ipv4(d);
      case EtherType.Ipv6:
        return this.#ip.ipv6(d);
      case EtherType.Arp:
      case EtherType.ReverseArp:
        return decodeArp(d);
      case EtherType.Vlan:
      case EtherType.ProviderVlan:
        return this.#typed(d, decodeVlan(d, type, this.#start));
      case EtherType.Llc:
      case EtherType.JumboLlc:
        return this.#next(d, decodeLlc(d));
      default:
        if (type < 0) return;
        if (d.columns && type <= 0xffff) {
          d.protocolColumn = hexText(type, 4);
        }
        decodeData(d);
    }
  }

  /** Decodes an IPv4 packet at the cursor, and what is in it. */
  ipv4(d: Dissection): void {
    this.#ip.ipv4(d);
  }

  /** Decodes an IPv6 packet at the cursor, and what is in it. */
  ipv6(d: Dissection): void {
    this.#ip.ipv6(d);
  }
}

function enterType(d: Dissection): void {
  const { depth } = d;
  if (d.layerCount < d.layers.length) d.layers[d.layerCount++] = ETHERTYPE;
  d.depth = depth;
}
