/**
 * Tags before a message without the layers that carried it (tcpdump.org,
 * LINKTYPE_WIRESHARK_UPPER_PDU).
 *
 * @module
 */

export const UpperPduTag = {
  End: 0,
  Dissector: 12,
  Heuristic: 13,
  Table: 14,
  Ipv4Source: 20,
  Ipv4Destination: 21,
  Ipv6Source: 22,
  Ipv6Destination: 23,
  PortType: 24,
  SourcePort: 25,
  DestinationPort: 26,
  OriginalFrame: 30,
  TableValue: 32,
  ProtocolColumn: 33,
  TcpInformation: 34,
  Direction: 35,
} as const;
