/**
 * Protocol numbers of IPv4 and next headers of IPv6 (IANA, "Protocol Numbers").
 *
 * @module
 */

/** Those that are decoded. */
export const IpProtocol = {
  HopByHop: 0,
  Icmp: 1,
  Ipv4: 4,
  Tcp: 6,
  Udp: 17,
  Ipv6: 41,
  Routing: 43,
  Fragment: 44,
  Esp: 50,
  Ah: 51,
  Icmpv6: 58,
  NoNext: 59,
  DestinationOptions: 60,
  Mobility: 135,
  UdpLite: 136,
} as const;

export const IP_PROTOCOLS: Readonly<Record<number, string>> = {
  0: "IPv6 Hop-by-Hop Option",
  1: "ICMP",
  2: "IGMP",
  4: "IPIP",
  6: "TCP",
  17: "UDP",
  33: "DCCP",
  41: "IPv6",
  43: "Routing Header for IPv6",
  44: "Fragment Header for IPv6",
  46: "RSVP",
  47: "GRE",
  50: "ESP",
  51: "AH",
  58: "ICMPv6",
  59: "No Next Header for IPv6",
  60: "Destination Options for IPv6",
  88: "EIGRP",
  89: "OSPF",
  103: "PIM",
  112: "VRRP",
  115: "L2TP",
  132: "SCTP",
  135: "Mobile IPv6",
  136: "UDPLite",
};
