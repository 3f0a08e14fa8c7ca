/**
 * Which protocol follows a link-layer header.
 *
 * IEEE 802 numbers of IANA ("ETHER TYPES").
 *
 * @module
 */
import { protocol } from "./field.ts";

/** Named in `frame.protocols` between a link layer that has a type field and what follows. */
export const ETHERTYPE = protocol("ethertype", "Ethertype", "Ethertype");

/** Type numbers that are decoded, and two of ours for headers without one. */
export const EtherType = {
  Ipv4: 0x0800,
  Arp: 0x0806,
  ReverseArp: 0x8035,
  Vlan: 0x8100,
  Ipv6: 0x86dd,
  /** RFC draft-ietf-isis-ext-eth: LLC behind a type, for long frames. */
  JumboLlc: 0x8870,
  ProviderVlan: 0x88a8,
  QinQ: 0x9100,
  /** IEEE 802.2 LLC, without type. */
  Llc: 0x10000,
  /** Bytes that nothing is known of. */
  Data: 0x10001,
  /** IPv4 or IPv6, by the version nibble. */
  Ip: 0x10002,
} as const;
