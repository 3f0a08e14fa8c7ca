/**
 * Messages without the layers that carried them (LINKTYPE_WIRESHARK_UPPER_PDU, 252; tcpdump.org):
 * tags, big-endian and not aligned, name the dissector and the ends of the connection.
 *
 * @module
 */
import { UpperPduTag as Tag } from "../../../traces/wire/upper_pdu_tag.ts";
import { addressPair, type Endpoint } from "./addresses.ts";

const PORT_TYPE_TCP = 2;

/** Whose message it is. */
export interface UpperPduEnds {
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

/**
 * The tags that stand before each PDU; made once per connection and direction.
 *
 * @param dissector Wireshark's name of the protocol, such as "mqtt" or "json"
 * @param ends left out: no addresses and ports
 */
export function upperPduTags(dissector: string, ends?: UpperPduEnds): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const tag = (code: number, value: ArrayLike<number>) =>
    bytes.push(code >> 8, code & 255, value.length >> 8, value.length & 255, ...Array.from(value));
  tag(Tag.Dissector, new TextEncoder().encode(dissector));
  if (ends !== undefined) {
    const { source, destination } = ends;
    const { client: from, server: to } = addressPair(source.host, destination.host);
    const v4 = from.length === 4;
    tag(v4 ? Tag.Ipv4Source : Tag.Ipv6Source, from);
    tag(v4 ? Tag.Ipv4Destination : Tag.Ipv6Destination, to);
    tag(Tag.PortType, u32(PORT_TYPE_TCP));
    tag(Tag.SourcePort, u32(source.port));
    tag(Tag.DestinationPort, u32(destination.port));
  }
  tag(Tag.End, []);
  return Uint8Array.from(bytes);
}

/** Tags and PDU in one fresh array. */
export function upperPdu(tags: Uint8Array, pdu: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(tags.length + pdu.length);
  bytes.set(tags);
  bytes.set(pdu, tags.length);
  return bytes;
}

function u32(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}
