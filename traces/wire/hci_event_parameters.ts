/**
 * Parameters of HCI events, by event code, and return parameters of commands, by opcode: those that
 * LE hosts see and the common BR/EDR ones (Core 6.0, Vol 4, Part E, 7.1, 7.3, 7.4, 7.7, 7.8). Field
 * names are Wireshark's.
 *
 * @module
 */
import { adStructures, INQUIRY_RESPONSE } from "./ad_structures.ts";
import { COMPANIES, ERRORS } from "./bluetooth_names.ts";
import { channelMap, classOfDevice } from "./btcommon.ts";
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  bytes,
  define,
  ether,
  hex16,
  hex8,
  int8,
  string,
  uint16,
  uint32,
  uint8,
} from "./field.ts";
import { address, bits, call, i8, type Layout, raw, read, text, u16, u32, u8 } from "./layout.ts";

const F = define({
  "bthci_evt.num_handles": uint8("Num handles"),
  "bthci_evt.connection_handle": hex16("Connection handle"),
  "bthci_evt.num_compl_packets": uint16("Num compl packets"),
  "bthci_evt.num_responses": uint8("Num responses"),
  "bthci_evt.page_scan_repetition_mode": hex8("Page scan repetition mode"),
  "bthci_evt.page_scan_period_mode": hex8("Page scan period mode"),
  "bthci_evt.page_scan_mode": hex8("Page scan mode"),
  "bthci_evt.reserved": hex8("Reserved"),
  "bthci_evt.clock_offset": hex16("Clock offset"),
  "bthci_evt.rssi": int8("RSSI", { unit: " dBm" }),
  "bthci_evt.le_channel_map": bytes("LE channel map"),
  "bthci_evt.bd_addr": ether("Device address"),
  "bthci_evt.status": hex8("Status", { names: ERRORS }),
  "bthci_evt.link_type": hex8("Link type"),
  "bthci_evt.encryption_mode": hex8("Encryption mode"),
  "bthci_evt.reason": hex8("Reason", { names: ERRORS }),
  "bthci_evt.remote_name": string("Remote name"),
  "bthci_evt.encryption_enable": hex8("Encryption enable"),
  "bthci_evt.lmp_vers_nr": hex8("Lmp vers nr"),
  "bthci_evt.comp_id": hex16("Comp id", { names: COMPANIES }),
  "bthci_evt.lmp_sub_vers_nr": uint16("Lmp sub vers nr"),
  "bthci_evt.hardware_code": hex8("Hardware code"),
  "bthci_evt.role": hex8("Role"),
  "bthci_evt.current_mode": hex8("Current mode"),
  "bthci_evt.interval": uint16("Interval"),
  "bthci_evt.link_key": bytes("Link key"),
  "bthci_evt.key_type": hex8("Key type"),
  "bthci_evt.max_slots": uint8("Max slots"),
  "bthci_evt.page_number": uint8("Page number"),
  "bthci_evt.max_page_number": uint8("Max page number"),
  "bthci_evt.sync_link_type": hex8("Sync link type"),
  "bthci_evt.sync_tx_interval": uint8("Sync tx interval"),
  "bthci_evt.sync_rtx_window": uint8("Sync rtx window"),
  "bthci_evt.sync_rx_pkt_len": uint16("Sync rx pkt len"),
  "bthci_evt.sync_tx_pkt_len": uint16("Sync tx pkt len"),
  "bthci_evt.air_mode": uint8("Air mode"),
  "bthci_evt.io_capability": hex8("Io capability"),
  "bthci_evt.oob_data_present": uint8("Oob data present"),
  "bthci_evt.auth_requirements": uint8("Auth requirements"),
  "bthci_evt.numeric_value": uint32("Numeric value"),
  "bthci_evt.link_supervision_timeout": uint16("Link supervision timeout"),
  "bthci_evt.device_name": string("Device name"),
  "bthci_evt.scan_enable": hex8("Scan enable"),
  "bthci_evt.inq_mode": uint8("Inq mode"),
  "bthci_evt.fec_required": boolean("Fec required"),
  "bthci_evt.simple_pairing_mode": uint8("Simple pairing mode"),
  "bthci_evt.le_supported_host": boolean("LE supported host"),
  "bthci_evt.le_simultaneous_host": boolean("LE simultaneous host"),
  "bthci_evt.hci_vers_nr": hex8("Hci vers nr"),
  "bthci_evt.local_supported_cmds": bytes("Local supported cmds"),
  "bthci_evt.max_data_length_acl": uint16("Max data length acl"),
  "bthci_evt.max_data_length_sco": uint8("Max data length sco"),
  "bthci_evt.max_data_num_acl": uint16("Max data num acl"),
  "bthci_evt.max_data_num_sco": uint16("Max data num sco"),
  "bthci_evt.le_acl_data_pkt_len": uint16("LE acl data pkt len"),
  "bthci_evt.le_total_num_acl_data_pkts": uint8("LE total num acl data pkts"),
  "bthci_evt.iso_data_pkt_len": uint16("Iso data pkt len"),
  "bthci_evt.total_num_iso_data_pkts": uint8("Total num iso data pkts"),
  "bthci_evt.transmit_power_level": int8("Transmit power level"),
  "bthci_evt.le_white_list_size": uint8("LE white list size"),
  "bthci_evt.le_encrypted_data": bytes("LE encrypted data"),
  "bthci_evt.le_random_number": bytes("LE random number"),
  "bthci_evt.suggested_max_tx_octets": uint16("Suggested max tx octets"),
  "bthci_evt.suggested_max_tx_time": uint16("Suggested max tx time"),
  "bthci_evt.resolving_list_size": uint8("Resolving list size"),
  "bthci_evt.max_tx_octets": uint16("Max tx octets"),
  "bthci_evt.max_tx_time": uint16("Max tx time"),
  "bthci_evt.max_rx_octets": uint16("Max rx octets"),
  "bthci_evt.max_rx_time": uint16("Max rx time"),
  "bthci_evt.le_tx_phy": hex8("LE tx phy"),
  "bthci_evt.le_rx_phy": hex8("LE rx phy"),
  "bthci_evt.max_adv_data_length": uint16("Max adv data length"),
  "bthci_evt.num_supported_adv_sets": uint8("Num supported adv sets"),
  "bthci_evt.le_periodic_adv_list_size": uint8("LE periodic adv list size"),
  "bthci_evt.min_tx_power": int8("Min tx power"),
  "bthci_evt.max_tx_power": int8("Max tx power"),
});

function completedPackets(d: Dissection): void {
  const count = d.u8(F["bthci_evt.num_handles"]);
  for (let i = 0; i < count && d.failed === 0; i++) {
    d.u16le(F["bthci_evt.connection_handle"]);
    d.u16le(F["bthci_evt.num_compl_packets"]);
  }
}

const CLOCK_OFFSET: Layout = [u16(0), bits(F["bthci_evt.clock_offset"], 0x7fff)];

const INQUIRY_RESULT: Layout = [
  address(F["bthci_evt.bd_addr"]),
  u8(F["bthci_evt.page_scan_repetition_mode"]),
  u8(F["bthci_evt.page_scan_period_mode"]),
  u8(F["bthci_evt.page_scan_mode"]),
  call(classOfDevice),
  ...CLOCK_OFFSET,
];

const INQUIRY_RESULT_WITH_RSSI: Layout = [
  address(F["bthci_evt.bd_addr"]),
  u8(F["bthci_evt.page_scan_repetition_mode"]),
  u8(F["bthci_evt.reserved"]),
  call(classOfDevice),
  ...CLOCK_OFFSET,
  i8(F["bthci_evt.rssi"]),
];

function inquiryResults(d: Dissection): void {
  const count = d.u8(F["bthci_evt.num_responses"]);
  for (let i = 0; i < count && d.failed === 0; i++) read(d, INQUIRY_RESULT);
}

function inquiryResultsWithRssi(d: Dissection): void {
  const count = d.u8(F["bthci_evt.num_responses"]);
  for (let i = 0; i < count && d.failed === 0; i++) read(d, INQUIRY_RESULT_WITH_RSSI);
}

const STATUS_AND_ADDRESS: Layout = [u8(F["bthci_evt.status"]), address(F["bthci_evt.bd_addr"])];
const STATUS_AND_HANDLE: Layout = [
  u8(F["bthci_evt.status"]),
  u16(F["bthci_evt.connection_handle"]),
];
const ADDRESS: Layout = [address(F["bthci_evt.bd_addr"])];
const HANDLE: Layout = [u16(F["bthci_evt.connection_handle"])];

export const EVENT_PARAMETERS: Readonly<Record<number, Layout>> = {
  0x09: STATUS_AND_HANDLE,
  0x0a: STATUS_AND_HANDLE,
  0x0d: STATUS_AND_HANDLE,
  0x11: HANDLE,
  0x16: ADDRESS,
  0x1c: STATUS_AND_HANDLE,
  0x1d: STATUS_AND_HANDLE,
  0x1e: HANDLE,
  0x1f: ADDRESS,
  0x21: STATUS_AND_HANDLE,
  0x2d: STATUS_AND_HANDLE,
  0x2e: STATUS_AND_HANDLE,
  0x34: ADDRESS,
  0x35: ADDRESS,
  0x39: HANDLE,
  0x3b: ADDRESS,
  0x3c: ADDRESS,
  0x01: [u8(F["bthci_evt.status"])],
  0x02: [call(inquiryResults)],
  0x03: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    address(F["bthci_evt.bd_addr"]),
    u8(F["bthci_evt.link_type"]),
    u8(F["bthci_evt.encryption_mode"]),
  ],
  0x04: [address(F["bthci_evt.bd_addr"]), call(classOfDevice), u8(F["bthci_evt.link_type"])],
  0x05: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    u8(F["bthci_evt.reason"]),
  ],
  0x06: STATUS_AND_HANDLE,
  0x07: [
    u8(F["bthci_evt.status"]),
    address(F["bthci_evt.bd_addr"]),
    text(F["bthci_evt.remote_name"], 248),
  ],
  0x08: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    u8(F["bthci_evt.encryption_enable"]),
  ],
  0x0b: STATUS_AND_HANDLE,
  0x0c: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    u8(F["bthci_evt.lmp_vers_nr"]),
    u16(F["bthci_evt.comp_id"]),
    u16(F["bthci_evt.lmp_sub_vers_nr"]),
  ],
  0x10: [u8(F["bthci_evt.hardware_code"])],
  0x12: [u8(F["bthci_evt.status"]), address(F["bthci_evt.bd_addr"]), u8(F["bthci_evt.role"])],
  0x13: [call(completedPackets)],
  0x14: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    u8(F["bthci_evt.current_mode"]),
    u16(F["bthci_evt.interval"]),
  ],
  0x17: ADDRESS,
  0x18: [
    address(F["bthci_evt.bd_addr"]),
    raw(F["bthci_evt.link_key"], 16),
    u8(F["bthci_evt.key_type"]),
  ],
  0x1b: [u16(F["bthci_evt.connection_handle"]), u8(F["bthci_evt.max_slots"])],
  0x20: [address(F["bthci_evt.bd_addr"]), u8(F["bthci_evt.page_scan_repetition_mode"])],
  0x22: [call(inquiryResultsWithRssi)],
  0x23: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    u8(F["bthci_evt.page_number"]),
    u8(F["bthci_evt.max_page_number"]),
  ],
  0x2c: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    address(F["bthci_evt.bd_addr"]),
    u8(F["bthci_evt.sync_link_type"]),
    u8(F["bthci_evt.sync_tx_interval"]),
    u8(F["bthci_evt.sync_rtx_window"]),
    u16(F["bthci_evt.sync_rx_pkt_len"]),
    u16(F["bthci_evt.sync_tx_pkt_len"]),
    u8(F["bthci_evt.air_mode"]),
  ],
  0x2f: [call(inquiryResultsWithRssi), call((d) => void adStructures(d, INQUIRY_RESPONSE))],
  0x30: STATUS_AND_HANDLE,
  0x31: ADDRESS,
  0x32: [
    address(F["bthci_evt.bd_addr"]),
    u8(F["bthci_evt.io_capability"]),
    u8(F["bthci_evt.oob_data_present"]),
    u8(F["bthci_evt.auth_requirements"]),
  ],
  0x33: [address(F["bthci_evt.bd_addr"]), u32(F["bthci_evt.numeric_value"])],
  0x36: STATUS_AND_ADDRESS,
  0x38: [u16(F["bthci_evt.connection_handle"]), u16(F["bthci_evt.link_supervision_timeout"])],
  0x3d: ADDRESS,
  0x57: HANDLE,
};

/** Of Command Complete; commands that are not here return a status. */
export const RETURN_PARAMETERS: Readonly<Record<number, Layout>> = {
  0x0408: STATUS_AND_ADDRESS,
  0x040b: STATUS_AND_ADDRESS,
  0x040c: STATUS_AND_ADDRESS,
  0x040d: STATUS_AND_ADDRESS,
  0x040e: STATUS_AND_ADDRESS,
  0x041a: STATUS_AND_ADDRESS,
  0x042b: STATUS_AND_ADDRESS,
  0x042c: STATUS_AND_ADDRESS,
  0x042d: STATUS_AND_ADDRESS,
  0x042e: STATUS_AND_ADDRESS,
  0x042f: STATUS_AND_ADDRESS,
  0x0430: STATUS_AND_ADDRESS,
  0x0433: STATUS_AND_ADDRESS,
  0x0434: STATUS_AND_ADDRESS,
  0x080d: STATUS_AND_HANDLE,
  0x0c08: STATUS_AND_HANDLE,
  0x0c37: STATUS_AND_HANDLE,
  0x0c14: [u8(F["bthci_evt.status"]), text(F["bthci_evt.device_name"], 248)],
  0x0c19: [u8(F["bthci_evt.status"]), u8(F["bthci_evt.scan_enable"])],
  0x0c23: [u8(F["bthci_evt.status"]), call(classOfDevice)],
  0x0c44: [u8(F["bthci_evt.status"]), u8(F["bthci_evt.inq_mode"])],
  0x0c51: [
    u8(F["bthci_evt.status"]),
    u8(F["bthci_evt.fec_required"]),
    call((d) => void adStructures(d, INQUIRY_RESPONSE)),
  ],
  0x0c55: [u8(F["bthci_evt.status"]), u8(F["bthci_evt.simple_pairing_mode"])],
  0x0c6c: [
    u8(F["bthci_evt.status"]),
    u8(F["bthci_evt.le_supported_host"]),
    u8(F["bthci_evt.le_simultaneous_host"]),
  ],
  0x1001: [
    u8(F["bthci_evt.status"]),
    u8(F["bthci_evt.hci_vers_nr"]),
    u16(0),
    u8(F["bthci_evt.lmp_vers_nr"]),
    u16(F["bthci_evt.comp_id"]),
    u16(F["bthci_evt.lmp_sub_vers_nr"]),
  ],
  0x1002: [u8(F["bthci_evt.status"]), raw(F["bthci_evt.local_supported_cmds"], 64)],
  0x1004: [
    u8(F["bthci_evt.status"]),
    u8(F["bthci_evt.page_number"]),
    u8(F["bthci_evt.max_page_number"]),
  ],
  0x1005: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.max_data_length_acl"]),
    u8(F["bthci_evt.max_data_length_sco"]),
    u16(F["bthci_evt.max_data_num_acl"]),
    u16(F["bthci_evt.max_data_num_sco"]),
  ],
  0x1009: STATUS_AND_ADDRESS,
  0x1405: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    i8(F["bthci_evt.rssi"]),
  ],
  0x2002: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.le_acl_data_pkt_len"]),
    u8(F["bthci_evt.le_total_num_acl_data_pkts"]),
  ],
  0x2060: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.le_acl_data_pkt_len"]),
    u8(F["bthci_evt.le_total_num_acl_data_pkts"]),
    u16(F["bthci_evt.iso_data_pkt_len"]),
    u8(F["bthci_evt.total_num_iso_data_pkts"]),
  ],
  0x2007: [u8(F["bthci_evt.status"]), i8(F["bthci_evt.transmit_power_level"])],
  0x200f: [u8(F["bthci_evt.status"]), u8(F["bthci_evt.le_white_list_size"])],
  0x2015: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    call((d) => channelMap(d, F["bthci_evt.le_channel_map"], true)),
  ],
  0x2017: [u8(F["bthci_evt.status"]), raw(F["bthci_evt.le_encrypted_data"], 16)],
  0x2018: [u8(F["bthci_evt.status"]), raw(F["bthci_evt.le_random_number"], 8)],
  0x201a: STATUS_AND_HANDLE,
  0x201b: STATUS_AND_HANDLE,
  0x2020: STATUS_AND_HANDLE,
  0x2021: STATUS_AND_HANDLE,
  0x2022: STATUS_AND_HANDLE,
  0x2023: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.suggested_max_tx_octets"]),
    u16(F["bthci_evt.suggested_max_tx_time"]),
  ],
  0x202a: [u8(F["bthci_evt.status"]), u8(F["bthci_evt.resolving_list_size"])],
  0x202f: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.max_tx_octets"]),
    u16(F["bthci_evt.max_tx_time"]),
    u16(F["bthci_evt.max_rx_octets"]),
    u16(F["bthci_evt.max_rx_time"]),
  ],
  0x2030: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    u8(F["bthci_evt.le_tx_phy"]),
    u8(F["bthci_evt.le_rx_phy"]),
  ],
  0x203a: [u8(F["bthci_evt.status"]), u16(F["bthci_evt.max_adv_data_length"])],
  0x203b: [u8(F["bthci_evt.status"]), u8(F["bthci_evt.num_supported_adv_sets"])],
  0x204a: [u8(F["bthci_evt.status"]), u8(F["bthci_evt.le_periodic_adv_list_size"])],
  0x204b: [
    u8(F["bthci_evt.status"]),
    i8(F["bthci_evt.min_tx_power"]),
    i8(F["bthci_evt.max_tx_power"]),
  ],
};

export const STATUS_ONLY: Layout = [u8(F["bthci_evt.status"])];
