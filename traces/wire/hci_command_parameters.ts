/**
 * Parameters of HCI commands, by opcode: those that LE hosts use and a few others (Core 6.0, Vol 4,
 * Part E, 7.1, 7.3, 7.8). Field names are Wireshark's.
 *
 * @module
 */
import { adStructures, ADVERTISING_DATA, INQUIRY_RESPONSE } from "./ad_structures.ts";
import { ERRORS } from "./bluetooth_names.ts";
import { channelMap, classOfDevice } from "./btcommon.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, bytes, define, ether, hex16, hex64, hex8, none, uint16, uint8 } from "./field.ts";
import { address, bits, call, i8, type Layout, raw, read, u16, u24, u64, u8 } from "./layout.ts";

const ADDRESS_TYPES = ["public", "random", "public identity", "random identity"];

const F = define({
  "bthci_cmd.le_adv_set": none("Set"),
  "bthci_cmd.adv_num_sets": uint8("Number of sets"),
  "bthci_cmd.adv_duration": uint16("Duration", { unit: " * 10 ms" }),
  "bthci_cmd.le_scan_phys": hex8("PHYs to scan"),
  "bthci_cmd.le_scan_phys.le_1m": boolean("LE 1M"),
  "bthci_cmd.le_scan_phys.le_coded": boolean("LE Coded"),
  "bthci_cmd.le_scan_phy_param": none("PHY"),
  "bthci_cmd.le_init_phys": hex8("PHYs"),
  "bthci_cmd.le_phys.le_1m": boolean("LE 1M"),
  "bthci_cmd.le_phys.le_2m": boolean("LE 2M"),
  "bthci_cmd.le_phys.le_coded": boolean("LE Coded"),
  "bthci_cmd.le_phys.reserved": hex8("Reserved"),
  "bthci_cmd.le_init_phy_param": none("PHY"),
  "bthci_cmd.periodic_adv_properties": hex16("Properties"),
  "bthci_cmd.le_channel_map": bytes("LE channel map"),
  "bthci_cmd.le_data_length": uint8("LE data length"),
  "bthci_cmd.connection_handle": hex16("Connection handle"),
  "bthci_cmd.reason": hex8("Reason", { names: ERRORS }),
  "bthci_cmd.bd_addr": ether("Device address"),
  "bthci_cmd.le_supported_host": hex8("LE supported host"),
  "bthci_cmd.le_simultaneous_host": hex8("LE simultaneous host"),
  "bthci_cmd.le_event_mask": hex64("LE event mask"),
  "bthci_cmd.le_advts_interval_min": uint16("LE advts interval min", { unit: " * 0.625 ms" }),
  "bthci_cmd.le_advts_interval_max": uint16("LE advts interval max", { unit: " * 0.625 ms" }),
  "bthci_cmd.le_advts_type": hex8("LE advts type"),
  "bthci_cmd.le_own_address_type": hex8("LE own address type", { names: ADDRESS_TYPES }),
  "bthci_cmd.le_direct_address_type": hex8("LE direct address type", { names: ADDRESS_TYPES }),
  "bthci_cmd.le_advts_ch_map_1": hex8("LE advts ch map 1"),
  "bthci_cmd.le_advts_ch_map_2": hex8("LE advts ch map 2"),
  "bthci_cmd.le_advts_ch_map_3": hex8("LE advts ch map 3"),
  "bthci_cmd.le_advts_filter_policy": hex8("LE advts filter policy"),
  "bthci_cmd.le_advts_enable": hex8("LE advts enable"),
  "bthci_cmd.le_scan_type": hex8("LE scan type"),
  "bthci_cmd.le_scan_interval": uint16("LE scan interval", { unit: " * 0.625 ms" }),
  "bthci_cmd.le_scan_window": uint16("LE scan window", { unit: " * 0.625 ms" }),
  "bthci_cmd.le_scan_filter_policy": hex8("LE scan filter policy"),
  "bthci_cmd.le_scan_enable": hex8("LE scan enable"),
  "bthci_cmd.le_filter_duplicates": hex8("LE filter duplicates"),
  "bthci_cmd.le_initiator_filter_policy": hex8("LE initiator filter policy"),
  "bthci_cmd.le_peer_address_type": hex8("LE peer address type", { names: ADDRESS_TYPES }),
  "bthci_cmd.le_con_interval_min": uint16("LE con interval min", { unit: " * 1.25 ms" }),
  "bthci_cmd.le_con_interval_max": uint16("LE con interval max", { unit: " * 1.25 ms" }),
  "bthci_cmd.le_con_latency": uint16("LE con latency"),
  "bthci_cmd.le_supv_timeout": uint16("LE supv timeout", { unit: " * 10 ms" }),
  "bthci_cmd.le_min_ce_length": uint16("LE min ce length"),
  "bthci_cmd.le_max_ce_length": uint16("LE max ce length"),
  "bthci_cmd.le_address_type": hex8("LE address type", { names: ADDRESS_TYPES }),
  "bthci_cmd.le_key": bytes("LE key"),
  "bthci_cmd.le_plaintext": bytes("LE plaintext"),
  "bthci_cmd.le_random_number": bytes("LE random number"),
  "bthci_cmd.le_encrypted_diversifier": hex16("LE encrypted diversifier"),
  "bthci_cmd.le_long_term_key": bytes("LE long term key"),
  "bthci_cmd.le_tx_octets": uint16("LE tx octets"),
  "bthci_cmd.le_tx_time": uint16("LE tx time"),
  "bthci_cmd.le_suggested_max_tx_octets": uint16("LE suggested max tx octets"),
  "bthci_cmd.le_suggested_max_tx_time": uint16("LE suggested max tx time"),
  "bthci_cmd.le_remote_p_256_public_key": bytes("LE remote p 256 public key"),
  "bthci_cmd.le_peer_identity_address_type": hex8("LE peer identity address type"),
  "bthci_cmd.le_peer_irk": bytes("LE peer irk"),
  "bthci_cmd.le_local_irk": bytes("LE local irk"),
  "bthci_cmd.le_address_resolution_enable": hex8("LE address resolution enable"),
  "bthci_cmd.le_rpa_timeout": uint16("LE rpa timeout"),
  "bthci_cmd.advertising_handle": hex8("Advertising handle"),
  "bthci_cmd.advertising_properties": hex16("Advertising properties"),
  "bthci_cmd.adv_properties.connectable": boolean("Connectable"),
  "bthci_cmd.adv_properties.scannable": boolean("Scannable"),
  "bthci_cmd.adv_properties.directed": boolean("Directed"),
  "bthci_cmd.adv_properties.hdc_connectable_directed": boolean("Hdc connectable directed"),
  "bthci_cmd.adv_properties.legacy_adv": boolean("Legacy adv"),
  "bthci_cmd.adv_properties.anonymous_adv": boolean("Anonymous adv"),
  "bthci_cmd.adv_properties.txpower": boolean("Txpower"),
  "bthci_cmd.adv_properties.reserved": hex16("Reserved"),
  "bthci_cmd.primary_advertising_phy": hex8("Primary advertising phy"),
  "bthci_cmd.secondary_advertising_max_skip": uint8("Secondary advertising max skip"),
  "bthci_cmd.secondary_advertising_phy": hex8("Secondary advertising phy"),
  "bthci_cmd.advertising_sid": hex8("Advertising sid"),
  "bthci_cmd.scan_request_notification_enable": hex8("Scan request notification enable"),
  "bthci_cmd.adv_data_operation": hex8("Adv data operation"),
  "bthci_cmd.adv_fragment_preference": hex8("Adv fragment preference"),
  "bthci_cmd.scan_duration": uint16("Scan duration"),
  "bthci_cmd.scan_period": uint16("Scan period"),
  "bthci_cmd.le_sync_filter_policy": hex8("LE sync filter policy"),
  "bthci_cmd.skip": uint16("Skip"),
  "bthci_cmd.sync_handle": hex16("Sync handle"),
  "bthci_cmd.le_privacy_mode": hex8("LE privacy mode"),
});

const ADDRESS: Layout = [address(F["bthci_cmd.bd_addr"])];
const HANDLE: Layout = [u16(F["bthci_cmd.connection_handle"])];

const CONNECTION: Layout = [
  u16(F["bthci_cmd.le_con_interval_min"]),
  u16(F["bthci_cmd.le_con_interval_max"]),
  u16(F["bthci_cmd.le_con_latency"]),
  u16(F["bthci_cmd.le_supv_timeout"]),
  u16(F["bthci_cmd.le_min_ce_length"]),
  u16(F["bthci_cmd.le_max_ce_length"]),
];
const SCAN: Layout = [
  u16(F["bthci_cmd.le_scan_interval"]),
  u16(F["bthci_cmd.le_scan_window"]),
];
const IDENTITY: Layout = [u8(F["bthci_cmd.le_peer_identity_address_type"]), ...ADDRESS];

/** A byte whose bits say which PHYs are meant, then the parameters of each. */
function perPhy(d: Dissection, field: number, layout: Layout): void {
  const phys = d.data[d.pos - 1]!;
  for (let bit = 0; bit < 3; bit++) {
    if ((phys >> bit & 1) === 0 || d.failed !== 0) continue;
    d.putNone(field, d.pos, d.left);
    d.push();
    read(d, layout);
    d.pop();
  }
}

const SCANNED_PHY: Layout = [u8(F["bthci_cmd.le_scan_type"]), ...SCAN];
const INITIATING_PHY: Layout = [...SCAN, ...CONNECTION];
const ADVERTISING_SET: Layout = [
  u8(F["bthci_cmd.advertising_handle"]),
  u16(F["bthci_cmd.adv_duration"]),
  u8(0),
];

function advertisingSets(d: Dissection): void {
  const count = d.u8(F["bthci_cmd.adv_num_sets"]);
  for (let i = 0; i < count && d.failed === 0; i++) {
    d.putNone(F["bthci_cmd.le_adv_set"], d.pos, Math.min(d.left, 4));
    d.push();
    read(d, ADVERTISING_SET);
    d.pop();
  }
}

/** A length and so many bytes of advertising data; what is left is not part of it. */
function advertisingData(d: Dissection): void {
  const length = d.u8(F["bthci_cmd.le_data_length"]);
  if (d.failed !== 0 || length === 0) return;
  d.narrow(length);
  adStructures(d, ADVERTISING_DATA);
  d.widen();
}

export const COMMAND_PARAMETERS: Readonly<Record<number, Layout>> = {
  0x202b: IDENTITY,
  0x202c: IDENTITY,
  0x2039: [u8(F["bthci_cmd.le_advts_enable"]), call(advertisingSets)],
  0x203e: [
    u8(F["bthci_cmd.advertising_handle"]),
    u16(F["bthci_cmd.le_advts_interval_min"]),
    u16(F["bthci_cmd.le_advts_interval_max"]),
    u16(F["bthci_cmd.periodic_adv_properties"]),
  ],
  0x2040: [u8(F["bthci_cmd.le_advts_enable"]), u8(F["bthci_cmd.advertising_handle"])],
  0x2041: [
    u8(F["bthci_cmd.le_own_address_type"]),
    u8(F["bthci_cmd.le_scan_filter_policy"]),
    u8(F["bthci_cmd.le_scan_phys"]),
    bits(F["bthci_cmd.le_scan_phys.le_1m"], 0x01),
    bits(F["bthci_cmd.le_scan_phys.le_coded"], 0x04),
    call((d) => perPhy(d, F["bthci_cmd.le_scan_phy_param"], SCANNED_PHY)),
  ],
  0x2043: [
    u8(F["bthci_cmd.le_initiator_filter_policy"]),
    u8(F["bthci_cmd.le_own_address_type"]),
    u8(F["bthci_cmd.le_peer_address_type"]),
    ...ADDRESS,
    u8(F["bthci_cmd.le_init_phys"]),
    bits(F["bthci_cmd.le_phys.le_1m"], 0x01),
    bits(F["bthci_cmd.le_phys.le_2m"], 0x02),
    bits(F["bthci_cmd.le_phys.le_coded"], 0x04),
    bits(F["bthci_cmd.le_phys.reserved"], 0xf8),
    call((d) => perPhy(d, F["bthci_cmd.le_init_phy_param"], INITIATING_PHY)),
  ],
  0x0405: ADDRESS,
  0x0408: ADDRESS,
  0x040b: ADDRESS,
  0x040c: ADDRESS,
  0x040d: ADDRESS,
  0x040e: ADDRESS,
  0x0419: ADDRESS,
  0x041a: ADDRESS,
  0x0429: ADDRESS,
  0x042a: ADDRESS,
  0x042b: ADDRESS,
  0x042c: ADDRESS,
  0x042d: ADDRESS,
  0x042e: ADDRESS,
  0x042f: ADDRESS,
  0x0430: ADDRESS,
  0x0433: ADDRESS,
  0x0434: ADDRESS,
  0x080b: ADDRESS,
  0x040f: HANDLE,
  0x0415: HANDLE,
  0x041c: HANDLE,
  0x041f: HANDLE,
  0x0428: HANDLE,
  0x0801: HANDLE,
  0x0803: HANDLE,
  0x0804: HANDLE,
  0x0807: HANDLE,
  0x080c: HANDLE,
  0x080d: HANDLE,
  0x0811: HANDLE,
  0x0c08: HANDLE,
  0x0c27: HANDLE,
  0x0c28: HANDLE,
  0x0c2d: HANDLE,
  0x0c36: HANDLE,
  0x0c37: HANDLE,
  0x1401: HANDLE,
  0x1402: HANDLE,
  0x1403: HANDLE,
  0x1405: HANDLE,
  0x1406: HANDLE,
  0x1408: HANDLE,
  0x0406: [u16(F["bthci_cmd.connection_handle"]), u8(F["bthci_cmd.reason"])],
  0x0411: HANDLE,
  0x0413: HANDLE,
  0x0409: [address(F["bthci_cmd.bd_addr"]), u8(0)],
  0x040a: [address(F["bthci_cmd.bd_addr"]), u8(F["bthci_cmd.reason"])],
  0x041b: HANDLE,
  0x041d: HANDLE,
  0x0c24: [call(classOfDevice)],
  0x0c52: [u8(0), call((d) => void adStructures(d, INQUIRY_RESPONSE))],
  0x0c6d: [u8(F["bthci_cmd.le_supported_host"]), u8(F["bthci_cmd.le_simultaneous_host"])],
  0x2001: [u64(F["bthci_cmd.le_event_mask"])],
  0x2005: [address(F["bthci_cmd.bd_addr"])],
  0x2006: [
    u16(F["bthci_cmd.le_advts_interval_min"]),
    u16(F["bthci_cmd.le_advts_interval_max"]),
    u8(F["bthci_cmd.le_advts_type"]),
    u8(F["bthci_cmd.le_own_address_type"]),
    u8(F["bthci_cmd.le_direct_address_type"]),
    address(F["bthci_cmd.bd_addr"]),
    u8(0),
    bits(F["bthci_cmd.le_advts_ch_map_1"], 0x01),
    bits(F["bthci_cmd.le_advts_ch_map_2"], 0x02),
    bits(F["bthci_cmd.le_advts_ch_map_3"], 0x04),
    u8(F["bthci_cmd.le_advts_filter_policy"]),
  ],
  0x2008: [call(advertisingData)],
  0x2009: [call(advertisingData)],
  0x200a: [u8(F["bthci_cmd.le_advts_enable"])],
  0x200b: [
    u8(F["bthci_cmd.le_scan_type"]),
    u16(F["bthci_cmd.le_scan_interval"]),
    u16(F["bthci_cmd.le_scan_window"]),
    u8(F["bthci_cmd.le_own_address_type"]),
    u8(F["bthci_cmd.le_scan_filter_policy"]),
  ],
  0x200c: [u8(F["bthci_cmd.le_scan_enable"]), u8(F["bthci_cmd.le_filter_duplicates"])],
  0x200d: [
    u16(F["bthci_cmd.le_scan_interval"]),
    u16(F["bthci_cmd.le_scan_window"]),
    u8(F["bthci_cmd.le_initiator_filter_policy"]),
    u8(F["bthci_cmd.le_peer_address_type"]),
    address(F["bthci_cmd.bd_addr"]),
    u8(F["bthci_cmd.le_own_address_type"]),
    ...CONNECTION,
  ],
  0x2011: [u8(F["bthci_cmd.le_address_type"]), address(F["bthci_cmd.bd_addr"])],
  0x2012: [u8(F["bthci_cmd.le_address_type"]), address(F["bthci_cmd.bd_addr"])],
  0x2013: [
    u16(F["bthci_cmd.connection_handle"]),
    ...CONNECTION,
  ],
  0x2014: [call((d) => channelMap(d, F["bthci_cmd.le_channel_map"], true))],
  0x2015: HANDLE,
  0x2016: HANDLE,
  0x2017: [raw(F["bthci_cmd.le_key"], 16), raw(F["bthci_cmd.le_plaintext"], 16)],
  0x2019: [
    u16(F["bthci_cmd.connection_handle"]),
    raw(F["bthci_cmd.le_random_number"], 8),
    u16(F["bthci_cmd.le_encrypted_diversifier"]),
    raw(F["bthci_cmd.le_long_term_key"], 16),
  ],
  0x201a: [u16(F["bthci_cmd.connection_handle"]), raw(F["bthci_cmd.le_long_term_key"], 16)],
  0x201b: HANDLE,
  0x2020: [
    u16(F["bthci_cmd.connection_handle"]),
    ...CONNECTION,
  ],
  0x2021: [u16(F["bthci_cmd.connection_handle"]), u8(F["bthci_cmd.reason"])],
  0x2022: [
    u16(F["bthci_cmd.connection_handle"]),
    u16(F["bthci_cmd.le_tx_octets"]),
    u16(F["bthci_cmd.le_tx_time"]),
  ],
  0x2024: [
    u16(F["bthci_cmd.le_suggested_max_tx_octets"]),
    u16(F["bthci_cmd.le_suggested_max_tx_time"]),
  ],
  0x2026: [raw(F["bthci_cmd.le_remote_p_256_public_key"], 64)],
  0x2027: [
    u8(F["bthci_cmd.le_peer_identity_address_type"]),
    address(F["bthci_cmd.bd_addr"]),
    raw(F["bthci_cmd.le_peer_irk"], 16),
    raw(F["bthci_cmd.le_local_irk"], 16),
  ],
  0x2028: [u8(F["bthci_cmd.le_peer_identity_address_type"]), address(F["bthci_cmd.bd_addr"])],
  0x202d: [u8(F["bthci_cmd.le_address_resolution_enable"])],
  0x202e: [u16(F["bthci_cmd.le_rpa_timeout"])],
  0x2030: HANDLE,
  0x2035: [u8(F["bthci_cmd.advertising_handle"]), address(F["bthci_cmd.bd_addr"])],
  0x2036: [
    u8(F["bthci_cmd.advertising_handle"]),
    u16(F["bthci_cmd.advertising_properties"]),
    bits(F["bthci_cmd.adv_properties.connectable"], 0x01),
    bits(F["bthci_cmd.adv_properties.scannable"], 0x02),
    bits(F["bthci_cmd.adv_properties.directed"], 0x04),
    bits(F["bthci_cmd.adv_properties.hdc_connectable_directed"], 0x08),
    bits(F["bthci_cmd.adv_properties.legacy_adv"], 0x10),
    bits(F["bthci_cmd.adv_properties.anonymous_adv"], 0x20),
    bits(F["bthci_cmd.adv_properties.txpower"], 0x40),
    bits(F["bthci_cmd.adv_properties.reserved"], 0xff80),
    u24(0),
    u24(0),
    u8(0),
    bits(F["bthci_cmd.le_advts_ch_map_1"], 0x01),
    bits(F["bthci_cmd.le_advts_ch_map_2"], 0x02),
    bits(F["bthci_cmd.le_advts_ch_map_3"], 0x04),
    u8(F["bthci_cmd.le_own_address_type"]),
    u8(F["bthci_cmd.le_peer_address_type"]),
    address(F["bthci_cmd.bd_addr"]),
    u8(F["bthci_cmd.le_advts_filter_policy"]),
    i8(0),
    u8(F["bthci_cmd.primary_advertising_phy"]),
    u8(F["bthci_cmd.secondary_advertising_max_skip"]),
    u8(F["bthci_cmd.secondary_advertising_phy"]),
    u8(F["bthci_cmd.advertising_sid"]),
    u8(F["bthci_cmd.scan_request_notification_enable"]),
  ],
  0x2037: [
    u8(F["bthci_cmd.advertising_handle"]),
    u8(F["bthci_cmd.adv_data_operation"]),
    u8(F["bthci_cmd.adv_fragment_preference"]),
    call(advertisingData),
  ],
  0x2038: [
    u8(F["bthci_cmd.advertising_handle"]),
    u8(F["bthci_cmd.adv_data_operation"]),
    u8(F["bthci_cmd.adv_fragment_preference"]),
    call(advertisingData),
  ],
  0x203c: [u8(F["bthci_cmd.advertising_handle"])],
  0x203f: [
    u8(F["bthci_cmd.advertising_handle"]),
    u8(F["bthci_cmd.adv_data_operation"]),
    call(advertisingData),
  ],
  0x2042: [
    u8(F["bthci_cmd.le_scan_enable"]),
    u8(F["bthci_cmd.le_filter_duplicates"]),
    u16(F["bthci_cmd.scan_duration"]),
    u16(F["bthci_cmd.scan_period"]),
  ],
  0x2044: [
    u8(F["bthci_cmd.le_sync_filter_policy"]),
    u8(F["bthci_cmd.advertising_sid"]),
    u8(F["bthci_cmd.le_peer_address_type"]),
    address(F["bthci_cmd.bd_addr"]),
    u16(F["bthci_cmd.skip"]),
    u16(F["bthci_cmd.le_supv_timeout"]),
  ],
  0x2046: [u16(F["bthci_cmd.sync_handle"])],
  0x204e: [
    u8(F["bthci_cmd.le_peer_identity_address_type"]),
    address(F["bthci_cmd.bd_addr"]),
    u8(F["bthci_cmd.le_privacy_mode"]),
  ],
};
