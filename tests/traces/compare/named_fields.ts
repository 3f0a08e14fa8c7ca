/**
 * The fields that are compared with tshark: those that this decoder promises, by protocol. A name
 * that ends in `*` stands for all of tshark's fields that begin so.
 *
 * @module
 */
import { allFields } from "../../../traces/wire/field.ts";
import type { OracleFields } from "./oracle_fields.ts";

const LISTS: Readonly<Record<string, string>> = {
  "frame": "number time_epoch cap_len len protocols interface_id interface_name section_number " +
    "comment packet_flags packet_flags_direction packet_id drop_count cb_pen encap_type",
  "eth": "dst src type",
  "vlan": "id etype",
  "sll": "pkttype hatype halen src.eth etype ifindex",
  "null": "type family",
  "ip": "version hdr_len len id flags.df flags.mf frag_offset ttl proto src dst reassembled_in",
  "ipv6": "plen nxt hlim flow src dst fraghdr.*",
  "udp": "srcport dstport length stream",
  "tcp": "stream srcport dstport seq seq_raw nxtseq ack ack_raw len hdr_len flags flags.str " +
    "window_size_value window_size options.mss_val options.wscale.shift options.sack_le " +
    "options.sack_re options.timestamp.tsval options.timestamp.tsecr payload segment " +
    "segment.count reassembled_in reassembled.length completeness",
  "tcp.analysis": "flags retransmission fast_retransmission spurious_retransmission out_of_order " +
    "lost_segment ack_lost_segment duplicate_ack duplicate_ack_num duplicate_ack_frame " +
    "keep_alive keep_alive_ack zero_window zero_window_probe zero_window_probe_ack " +
    "window_update window_full reused_ports bytes_in_flight acks_frame ack_rtt initial_rtt rto",
  "http": "request.method request.uri request.version host connection upgrade response.code " +
    "sec_websocket_key sec_websocket_version sec_websocket_accept sec_websocket_protocol " +
    "sec_websocket_extensions",
  "websocket": "fin rsv pmc opcode mask payload_length payload_length_ext_16 " +
    "payload_length_ext_64 masking_key payload masked_payload payload.text " +
    "payload.close.status_code payload.close.reason payload.ping payload.pong payload.continue " +
    "payload.unknown fragments fragment fragment.count reassembled.length " +
    "decompression.failed.expert payload.unknown.expert",
  "data": "data len",
  "mqtt": "msgtype hdrflags dupflag qos retain len msgid protoname ver conflags conflag.uname " +
    "conflag.passwd conflag.retain conflag.qos conflag.willflag conflag.cleansess " +
    "conflag.reserved kalive clientid willtopic willmsg username passwd conack.flags " +
    "conack.flags.sp conack.val connack.reason_code topic topic_len msg sub.qos suback.qos " +
    "subscription_options_* puback.reason_code pubrec.reason_code pubrel.reason_code " +
    "pubcomp.reason_code suback.reason_code unsuback.reason_code disconnect.reason_code " +
    "auth.reason_code property_len property_id prop_number prop_string prop_key prop_value " +
    "property.content_type property.topic_alias property.max_qos unknown_version " +
    "illegal_topic_length unknown_topic_alias",
  "btle_rf": "channel signal_dbm noise_dbm access_address_offenses reference_access_address " +
    "flags.* pdu_type phy",
  "btle": "access_address coding_indicator advertising_header.pdu_type " +
    "advertising_header.ch_sel advertising_header.randomized_tx " +
    "advertising_header.randomized_rx advertising_header.length advertising_address " +
    "scanning_address initiator_address target_address link_layer_data.* " +
    "extended_advertising_header.* data_header.llid data_header.next_expected_sequence_number " +
    "data_header.sequence_number data_header.more_data data_header.length control_opcode crc " +
    "crc.incorrect crc.indeterminate",
  "btcommon": "eir_ad.entry.length eir_ad.entry.type eir_ad.entry.flags.* " +
    "eir_ad.entry.device_name eir_ad.entry.power_level eir_ad.entry.company_id " +
    "eir_ad.entry.uuid_16 eir_ad.entry.uuid_128 eir_ad.entry.data eir_ad.entry.service_data " +
    "eir_ad.entry.appearance",
  "nordic_ble": "protover packet_id flags crcok direction encrypted micok phy channel rssi " +
    "event_counter delta_time time",
  "hci_h4": "type direction",
  "bthci_cmd": "opcode opcode.ogf opcode.ocf",
  "bthci_evt": "code le_meta_subevent bd_addr rssi",
  "bthci_acl": "*",
  "wpan": "fcf frame_type security pending ack_request pan_id_compression seqno_suppression " +
    "ie_present dst_addr_mode src_addr_mode version seq_no dst_pan dst16 dst64 src_pan src16 " +
    "src64 fcs fcs32 fcs_ok aux_sec.sec_level aux_sec.key_id_mode " +
    "aux_sec.frame_counter_suppression aux_sec.asn_in_nonce aux_sec.frame_counter " +
    "aux_sec.key_source aux_sec.key_index mic cmd cinfo.* assoc.status asoc.addr beacon_order " +
    "superframe_order assoc_permit bcn_coord header_ie.* payload_ie.* mlme.* tsch.* " +
    "decrypt_error",
  "wpan-tap": "length tlv.type tlv.length fcs_type rss ch_num ch_page lqi bit_rate sof_ts eof_ts " +
    "asn slot_start_ts ch_freq",
  "zbee_nwk": "frame_type proto_version discovery multicast security src_route ext_dst ext_src " +
    "dst src radius seqno dst64 src64",
  "zbee.sec": "field key_id ext_nonce counter src64 key_seqno mic",
  "6lowpan": "pattern iphc.* frag.size frag.tag frag.offset",
  "exported_pdu": "prot_name ipv4_src ipv4_dst src_port dst_port port_type",
};

/** The protocols of the promised fields; some with what follows in their fields' names. */
export const PROMISED_PROTOCOLS: readonly string[] = Object.keys(LISTS);

/** The promised fields: those that a decoder of ours writes, and those that none does. */
export interface NamedFields {
  readonly compared: readonly string[];
  readonly lacking: readonly string[];
}

/** @param oracle what tshark knows; a promised name that it does not know is left out */
export function namedFields(oracle: OracleFields): NamedFields {
  const ours = new Set(allFields().map(({ name }) => name));
  const wanted = promised(oracle);
  return {
    compared: wanted.filter((name) => ours.has(name)),
    lacking: wanted.filter((name) => !ours.has(name)),
  };
}

/** All fields of ours that tshark has too, but for protocols: there it prints words for people. */
export function sharedFields(oracle: OracleFields): string[] {
  return allFields().filter(({ type }) => type !== "protocol").map(({ name }) => name)
    .filter((name) => oracle.has(name));
}

function promised(oracle: OracleFields): string[] {
  const names = new Set<string>();
  for (const [protocol, list] of Object.entries(LISTS)) {
    for (const part of list.split(" ")) {
      const name = `${protocol}.${part}`;
      if (!name.endsWith("*")) {
        if (oracle.has(name)) names.add(name);
        continue;
      }
      const start = name.slice(0, -1);
      for (const known of oracle.keys()) if (known.startsWith(start)) names.add(known);
    }
  }
  return [...names];
}
