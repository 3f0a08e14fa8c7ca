/**
 * Messages without the layers that carried them (LINKTYPE_WIRESHARK_UPPER_PDU, 252): tags say which
 * protocol the message is of and between whom it went.
 *
 * tcpdump.org, LINKTYPE_WIRESHARK_UPPER_PDU.
 *
 * @module
 */
import { ipv4Text, ipv6Text } from "./address_text.ts";
import type { Dissection } from "./dissection.ts";
import { bytes, define, int32, ipv4, ipv6, protocol, string, uint16, uint32 } from "./field.ts";
import { rule } from "./problem.ts";
import { UpperPduTag as Tag } from "./upper_pdu_tag.ts";

const EXPORTED = protocol("exported_pdu", "Exported PDU", "Exported PDU");

const TAGS = {
  0: "End of tags",
  10: "Length of tags",
  11: "Link type",
  12: "Dissector",
  13: "Heuristic dissector",
  14: "Dissector table",
  20: "IPv4 source",
  21: "IPv4 destination",
  22: "IPv6 source",
  23: "IPv6 destination",
  24: "Port type",
  25: "Source port",
  26: "Destination port",
  30: "Original frame number",
  32: "Value in the dissector table",
  33: "Protocol column",
  34: "TCP information",
  35: "Direction",
};

const PORT_TYPES = { 0: "none", 1: "SCTP", 2: "TCP", 3: "UDP", 4: "DCCP", 15: "Bluetooth" };
const DIRECTIONS = { 0: "Sent", 1: "Received" };

const F = define({
  "exported_pdu.tag": uint16("Tag", { names: TAGS }),
  "exported_pdu.tag_len": uint16("Length"),
  "exported_pdu.prot_name": string("Protocol"),
  "exported_pdu.heur_prot_name": string("Heuristic protocol"),
  "exported_pdu.dis_table_name": string("Dissector table"),
  "exported_pdu.dis_table_val": uint32("Value in the dissector table"),
  "exported_pdu.ipv4_src": ipv4("Source"),
  "exported_pdu.ipv4_dst": ipv4("Destination"),
  "exported_pdu.ipv6_src": ipv6("Source"),
  "exported_pdu.ipv6_dst": ipv6("Destination"),
  "exported_pdu.port_type": uint32("Port type", { names: PORT_TYPES }),
  "exported_pdu.src_port": uint32("Source port"),
  "exported_pdu.dst_port": uint32("Destination port"),
  "exported_pdu.orig_fno": uint32("Original frame number"),
  "exported_pdu.col_proto_str": string("Protocol column"),
  "exported_pdu.dissector_data": bytes("Dissector data"),
  "exported_pdu.p2p_dir": int32("Direction", { names: DIRECTIONS }),
  "exported_pdu.unknown_tag.val": bytes("Value"),
  "exported_pdu.exported_pdu": bytes("Message"),
  "ip.src": ipv4("Source"),
  "ip.dst": ipv4("Destination"),
  "ip.addr": ipv4("Source or destination"),
  "ipv6.src": ipv6("Source"),
  "ipv6.dst": ipv6("Destination"),
  "ipv6.addr": ipv6("Source or destination"),
});

const NO_NAME = rule("exported_pdu", "warning", "no tag says of which protocol the message is");
const BAD_LENGTH = rule("exported_pdu", "error", "tag has a wrong length", "LINKTYPE 252");

/** What the tags say; one object serves all messages. */
export class UpperPduTags {
  /** The dissector's name, as "mqtt"; empty when there is none. */
  name = "";
  portType = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** Where the addresses stand in `d.data`, -1 for none; `v6` says how long they are. */
  sourceAt = -1;
  destinationAt = -1;
  v6 = false;
}

/** Reads the tags. @returns false when the message behind them can't be read */
export function decodeUpperPdu(d: Dissection, t: UpperPduTags): boolean {
  const start = d.pos;
  const entry = d.layer(EXPORTED);
  t.name = "";
  t.portType = t.sourcePort = t.destinationPort = 0;
  t.sourceAt = t.destinationAt = -1;
  t.v6 = false;
  if (d.columns) d.protocolColumn = "Exported PDU";
  for (;;) {
    const tag = d.u16(F["exported_pdu.tag"]);
    d.push();
    const length = d.u16(F["exported_pdu.tag_len"]);
    if (d.failed === 0 && tag !== Tag.End) readTag(d, t, tag, length);
    d.pop();
    if (d.failed !== 0) return false;
    if (tag === Tag.End) {
      d.skip(length);
      break;
    }
  }
  d.lengthOf(entry, d.pos - start);
  if (d.failed !== 0) return false;
  if (d.pos < d.end) d.putBytes(F["exported_pdu.exported_pdu"], d.pos, d.end - d.pos);
  if (t.name === "") d.problem(NO_NAME);
  return true;
}

function readTag(d: Dissection, t: UpperPduTags, tag: number, length: number): void {
  const at = d.pos;
  if (length < minimum(tag)) {
    d.problem(BAD_LENGTH, at - 2);
    d.skip(length);
    return;
  }
  switch (tag) {
    case Tag.Dissector:
      t.name = readText(d, F["exported_pdu.prot_name"], length);
      break;
    case Tag.Heuristic:
      readText(d, F["exported_pdu.heur_prot_name"], length);
      break;
    case Tag.Table:
      readText(d, F["exported_pdu.dis_table_name"], length);
      break;
    case Tag.ProtocolColumn:
      readText(d, F["exported_pdu.col_proto_str"], length);
      break;
    case Tag.Ipv4Source:
    case Tag.Ipv4Destination:
    case Tag.Ipv6Source:
    case Tag.Ipv6Destination:
      readAddress(d, t, tag);
      break;
    case Tag.PortType:
      t.portType = d.u32(F["exported_pdu.port_type"]);
      break;
    case Tag.SourcePort:
      t.sourcePort = d.u32(F["exported_pdu.src_port"]);
      break;
    case Tag.DestinationPort:
      t.destinationPort = d.u32(F["exported_pdu.dst_port"]);
      break;
    case Tag.OriginalFrame:
      d.u32(F["exported_pdu.orig_fno"]);
      break;
    case Tag.TableValue:
      d.u32(F["exported_pdu.dis_table_val"]);
      break;
    case Tag.Direction:
      d.put(F["exported_pdu.p2p_dir"], d.u32() | 0, at, 4);
      break;
    case Tag.TcpInformation:
      d.bytes(length, F["exported_pdu.dissector_data"]);
      break;
    default:
      d.bytes(length, F["exported_pdu.unknown_tag.val"]);
  }
  if (d.failed !== 0) return;
  d.pos = at;
  d.skip(length);
}

/** Least length of a value. */
function minimum(tag: number): number {
  switch (tag) {
    case Tag.Ipv6Source:
    case Tag.Ipv6Destination:
      return 16;
    case Tag.Ipv4Source:
    case Tag.Ipv4Destination:
    case Tag.PortType:
    case Tag.SourcePort:
    case Tag.DestinationPort:
    case Tag.OriginalFrame:
    case Tag.TableValue:
    case Tag.Direction:
      return 4;
    default:
      return 0;
  }
}

/** Text filled up with zeros. */
function readText(d: Dissection, field: number, length: number): string {
  const at = d.pos;
  if (!d.has(length)) {
    d.skip(length);
    return "";
  }
  let end = at;
  while (end < at + length && d.data[end] !== 0) end++;
  d.text(end - at, field);
  let text = "";
  for (let i = at; i < end; i++) text += String.fromCharCode(d.data[i]!);
  return text;
}

function readAddress(d: Dissection, t: UpperPduTags, tag: number): void {
  const at = d.pos;
  const v6 = tag >= Tag.Ipv6Source;
  const source = tag === Tag.Ipv4Source || tag === Tag.Ipv6Source;
  const length = v6 ? 16 : 4;
  if (!d.has(length)) return d.skip(length);
  t.v6 = v6;
  if (source) t.sourceAt = at;
  else t.destinationAt = at;
  if (v6) {
    d.putBytes(source ? F["exported_pdu.ipv6_src"] : F["exported_pdu.ipv6_dst"], at, 16);
    d.putBytes(F["ipv6.addr"], at, 16);
    d.putBytes(source ? F["ipv6.src"] : F["ipv6.dst"], at, 16);
  } else {
    d.putBytes(source ? F["exported_pdu.ipv4_src"] : F["exported_pdu.ipv4_dst"], at, 4);
    d.putBytes(F["ip.addr"], at, 4);
    d.putBytes(source ? F["ip.src"] : F["ip.dst"], at, 4);
  }
  if (d.columns) column(d, source, v6 ? ipv6Text(d.data, at) : ipv4Text(d.data, at));
}

function column(d: Dissection, source: boolean, text: string): void {
  if (source) d.sourceColumn = text;
  else d.destinationColumn = text;
}
