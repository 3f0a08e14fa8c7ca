/**
 * LE Meta events, above all advertising reports (Core 6.0, Vol 4, Part E, 7.7.65). Field names are
 * Wireshark's.
 *
 * @module
 */
import { adStructures } from "./ad_structures.ts";
import { addressHigh, addressLow } from "./ble_address.ts";
import { ERRORS } from "./bluetooth_names.ts";
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  bytes,
  define,
  ether,
  hex16,
  hex8,
  int8,
  none,
  uint16,
  uint24,
  uint8,
} from "./field.ts";
import { LE_EVENT_NAMES } from "./hci_names.ts";
import { hexText } from "./hex_text.ts";
import { address, bits, call, i8, type Layout, raw, read, u16, u24, u8 } from "./layout.ts";
import { rule } from "./problem.ts";

const ADDRESS_TYPES = ["public", "random", "public identity", "random identity"];

const F = define({
  "bthci_evt.le_meta_subevent": hex8("LE meta subevent", { names: LE_EVENT_NAMES }),
  "bthci_evt.le_num_reports": uint8("LE num reports"),
  "bthci_evt.data_length": uint8("Data length"),
  "bthci_evt.rssi": int8("RSSI", { unit: " dBm" }),
  "bthci_evt.number_of_reports": uint8("Number of reports"),
  "bthci_evt.report": none("Report"),
  "bthci_evt.data": bytes("Data"),
  "bthci_evt.le_ext_advts_event_type": hex16("LE ext advts event type"),
  "bthci_evt.le_ext_advts_event_type.connectable": boolean("Connectable"),
  "bthci_evt.le_ext_advts_event_type.scannable": boolean("Scannable"),
  "bthci_evt.le_ext_advts_event_type.directed": boolean("Directed"),
  "bthci_evt.le_ext_advts_event_type.scan_response": boolean("Scan response"),
  "bthci_evt.le_ext_advts_event_type.legacy": boolean("Legacy"),
  "bthci_evt.le_ext_advts_event_type.data_status": hex16("Data status"),
  "bthci_evt.le_ext_advts_event_type.reserved": hex16("Reserved"),
  "bthci_evt.le_peer_address_type": hex8("LE peer address type", { names: ADDRESS_TYPES }),
  "bthci_evt.bd_addr": ether("Device address"),
  "bthci_evt.primary_phy": hex8("Primary phy"),
  "bthci_evt.secondary_phy": hex8("Secondary phy"),
  "bthci_evt.advertising_sid": hex8("Advertising sid"),
  "bthci_evt.tx_power": int8("Tx power", { unit: " dBm" }),
  "bthci_evt.periodic_advertising_interval": hex16("Periodic advertising interval"),
  "bthci_evt.le_direct_address_type": hex8("LE direct address type", { names: ADDRESS_TYPES }),
  "bthci_evt.direct_bd_addr": ether("Direct bd addr"),
  "bthci_evt.status": hex8("Status", { names: ERRORS }),
  "bthci_evt.connection_handle": hex16("Connection handle"),
  "bthci_evt.role": hex8("Role"),
  "bthci_evt.le_con_interval": uint16("LE con interval", { unit: " * 1.25 ms" }),
  "bthci_evt.le_con_latency": uint16("LE con latency"),
  "bthci_evt.le_supv_timeout": uint16("LE supv timeout", { unit: " * 10 ms" }),
  "bthci_evt.le_master_clock_accuracy": hex8("LE master clock accuracy"),
  "bthci_evt.le_random_number": bytes("LE random number"),
  "bthci_evt.le_encrypted_diversifier": hex16("LE encrypted diversifier"),
  "bthci_evt.le_min_interval": uint16("LE min interval"),
  "bthci_evt.le_max_interval": uint16("LE max interval"),
  "bthci_evt.max_tx_octets": uint16("Max tx octets"),
  "bthci_evt.max_tx_time": uint16("Max tx time"),
  "bthci_evt.max_rx_octets": uint16("Max rx octets"),
  "bthci_evt.max_rx_time": uint16("Max rx time"),
  "bthci_evt.le_local_p_256_public_key": bytes("LE local p 256 public key"),
  "bthci_evt.dhkey": bytes("Dhkey"),
  "bthci_evt.le_local_rpa": ether("LE local rpa"),
  "bthci_evt.le_peer_rpa": ether("LE peer rpa"),
  "bthci_evt.le_tx_phy": hex8("LE tx phy"),
  "bthci_evt.le_rx_phy": hex8("LE rx phy"),
  "bthci_evt.sync_handle": hex16("Sync handle"),
  "bthci_evt.adv_phy": hex8("Adv phy"),
  "bthci_evt.adv_clock_accuracy": hex8("Adv clock accuracy"),
  "bthci_evt.cte_type": hex8("Cte type"),
  "bthci_evt.data_status": hex8("Data status"),
  "bthci_evt.adv_handle": hex8("Adv handle"),
  "bthci_evt.num_compl_ext_adv_events": uint8("Num compl ext adv events"),
  "bthci_evt.le_address_type": hex8("LE address type", { names: ADDRESS_TYPES }),
  "bthci_evt.channel_selection_algorithm": hex8("Channel selection algorithm"),
  "bthci_evt.cis_handle": hex16("Cis handle"),
  "bthci_evt.cig_sync_delay": uint24("Cig sync delay"),
  "bthci_evt.cis_sync_delay": uint24("Cis sync delay"),
  "bthci_evt.transport_latency_m_to_s": uint24("Transport latency m to s"),
  "bthci_evt.transport_latency_s_to_m": uint24("Transport latency s to m"),
  "bthci_evt.phy_m_to_s": hex8("Phy m to s"),
  "bthci_evt.phy_s_to_m": hex8("Phy s to m"),
  "bthci_evt.nse": uint8("Nse"),
  "bthci_evt.bn_m_to_s": uint8("Bn m to s"),
  "bthci_evt.bn_s_to_m": uint8("Bn s to m"),
  "bthci_evt.ft_m_to_s": uint8("Ft m to s"),
  "bthci_evt.ft_s_to_m": uint8("Ft s to m"),
  "bthci_evt.max_pdu_m_to_s": uint16("Max pdu m to s"),
  "bthci_evt.max_pdu_s_to_m": uint16("Max pdu s to m"),
  "bthci_evt.iso_interval": uint16("Iso interval"),
  "bthci_evt.cig_id": hex8("Cig id"),
  "bthci_evt.cis_id": hex8("Cis id"),
  "bthci_evt.le_advts_event_type": hex8("LE advts event type"),
  "bthci_evt.event_type": hex8("Event type"),
  "bthci_evt.le_rssi": int8("LE rssi"),
});

const REPORTS = F["bthci_evt.le_num_reports"];
const RSSI = F["bthci_evt.rssi"];
const DATA_LENGTH = F["bthci_evt.data_length"];

const REPORT: Layout = [
  u8(F["bthci_evt.le_advts_event_type"]),
  u8(F["bthci_evt.le_peer_address_type"]),
  address(F["bthci_evt.bd_addr"]),
];

const EXTENDED_REPORT: Layout = [
  u16(F["bthci_evt.le_ext_advts_event_type"]),
  bits(F["bthci_evt.le_ext_advts_event_type.connectable"], 0x0001),
  bits(F["bthci_evt.le_ext_advts_event_type.scannable"], 0x0002),
  bits(F["bthci_evt.le_ext_advts_event_type.directed"], 0x0004),
  bits(F["bthci_evt.le_ext_advts_event_type.scan_response"], 0x0008),
  bits(F["bthci_evt.le_ext_advts_event_type.legacy"], 0x0010),
  bits(F["bthci_evt.le_ext_advts_event_type.data_status"], 0x0060),
  bits(F["bthci_evt.le_ext_advts_event_type.reserved"], 0xff80),
  u8(F["bthci_evt.le_peer_address_type"]),
  address(F["bthci_evt.bd_addr"]),
  u8(F["bthci_evt.primary_phy"]),
  u8(F["bthci_evt.secondary_phy"]),
  u8(F["bthci_evt.advertising_sid"]),
  i8(F["bthci_evt.tx_power"]),
  i8(F["bthci_evt.rssi"]),
  u16(F["bthci_evt.periodic_advertising_interval"]),
  u8(F["bthci_evt.le_direct_address_type"]),
  address(F["bthci_evt.direct_bd_addr"]),
];

const DIRECTED_REPORT: Layout = [
  u8(F["bthci_evt.event_type"]),
  u8(F["bthci_evt.le_direct_address_type"]),
  address(F["bthci_evt.direct_bd_addr"]),
  u8(F["bthci_evt.le_address_type"]),
  address(F["bthci_evt.bd_addr"]),
  i8(F["bthci_evt.le_rssi"]),
];

const UNKNOWN = rule(
  "bthci_evt",
  "note",
  "LE event is not known",
  "Core 6.0, Vol 4, Part E, 7.7.65",
);
const NO_REPORTS = rule(
  "bthci_evt",
  "warning",
  "advertising report without reports",
  "Core 6.0, Vol 4, Part E, 7.7.65.2",
);

const ADVERTISING_REPORT = 0x02;
const EXTENDED_ADVERTISING_REPORT = 0x0d;

/** Where the advertising data of a report begins, and where an extended one names its set. */
const LEGACY_DATA = 9;
const EXTENDED_DATA = 24;
const SET_AT = 11;
const NO_SET = 0xff;

/** Who wants to know of each report: numbers only, so that it costs nothing. */
export interface ReportListener {
  /**
   * @param addressType 0 public, 1 random, 2 and 3 the same resolved, 0xff anonymous
   * @param rssi dBm, 127 when unknown
   * @param type event type: legacy 0 to 4, extended as the bits of the extended report
   */
  report(
    addressHigh: number,
    addressLow: number,
    addressType: number,
    rssi: number,
    type: number,
    extended: boolean,
  ): void;

  /**
   * The advertising data of the report told last, `d.data[start, end)`; maybe but a part of it, as
   * the event type of an extended report says.
   *
   * @param set advertising set (SID), 0 to 15; 0xff without
   */
  reportData(d: Dissection, start: number, end: number, set: number): void;
}

/** Reads the subevent code and its parameters; reports go to `reports`, too. */
export function leMeta(d: Dissection, reports: ReportListener | undefined): void {
  const at = d.pos;
  const code = d.u8(F["bthci_evt.le_meta_subevent"]);
  if (d.failed !== 0) return;
  if (d.columns) d.infoColumn = LE_EVENT_NAMES[code] ?? `LE event ${hexText(code)}`;
  if (code === ADVERTISING_REPORT) return advertisingReports(d, reports);
  if (code === EXTENDED_ADVERTISING_REPORT) return extendedReports(d, reports);
  const layout = LE_EVENTS[code];
  if (layout === undefined) {
    d.problem(UNKNOWN, at, hexText(code));
    d.skip(d.limit - d.pos);
    return;
  }
  read(d, layout);
}

function advertisingReports(d: Dissection, listener: ReportListener | undefined): void {
  const at = d.pos;
  const count = d.u8(REPORTS);
  if (count === 0 && d.failed === 0) d.problem(NO_REPORTS, at);
  for (let i = 0; i < count && d.failed === 0; i++) {
    const start = d.pos;
    read(d, REPORT);
    advertisingData(d);
    const end = d.pos;
    const rssi = d.i8(RSSI);
    if (listener === undefined || d.failed !== 0) continue;
    tell(d, start, rssi, false, listener);
    listener.reportData(d, start + LEGACY_DATA, end, NO_SET);
  }
}

function extendedReports(d: Dissection, listener: ReportListener | undefined): void {
  const at = d.pos;
  const count = d.u8(REPORTS);
  if (count === 0 && d.failed === 0) d.problem(NO_REPORTS, at);
  for (let i = 0; i < count && d.failed === 0; i++) {
    const start = d.pos;
    read(d, EXTENDED_REPORT);
    const rssi = d.data[start + 13]! << 24 >> 24;
    if (listener !== undefined && d.failed === 0) tell(d, start, rssi, true, listener);
    advertisingData(d);
    if (listener !== undefined && d.failed === 0) {
      listener.reportData(d, start + EXTENDED_DATA, d.pos, d.data[start + SET_AT]!);
    }
  }
}

function tell(
  d: Dissection,
  start: number,
  rssi: number,
  extended: boolean,
  listener: ReportListener,
): void {
  const { data } = d;
  const at = extended ? start + 2 : start + 1;
  listener.report(
    addressHigh(data, at + 1),
    addressLow(data, at + 1),
    data[at]!,
    rssi,
    extended ? data[start]! | data[start + 1]! << 8 : data[start]!,
    extended,
  );
}

function advertisingData(d: Dissection): void {
  const length = d.u8(DATA_LENGTH);
  if (d.failed !== 0 || length === 0) return;
  d.narrow(length);
  adStructures(d);
  d.widen();
}

function directedReports(d: Dissection): void {
  const count = d.u8(F["bthci_evt.number_of_reports"]);
  for (let i = 0; i < count && d.failed === 0; i++) {
    d.putNone(F["bthci_evt.report"], d.pos, Math.min(d.left, 16));
    d.push();
    read(d, DIRECTED_REPORT);
    d.pop();
  }
}

const LE_EVENTS: Readonly<Record<number, Layout>> = {
  0x01: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    u8(F["bthci_evt.role"]),
    u8(F["bthci_evt.le_peer_address_type"]),
    address(F["bthci_evt.bd_addr"]),
    u16(F["bthci_evt.le_con_interval"]),
    u16(F["bthci_evt.le_con_latency"]),
    u16(F["bthci_evt.le_supv_timeout"]),
    u8(F["bthci_evt.le_master_clock_accuracy"]),
  ],
  0x03: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    u16(F["bthci_evt.le_con_interval"]),
    u16(F["bthci_evt.le_con_latency"]),
    u16(F["bthci_evt.le_supv_timeout"]),
  ],
  0x04: [u8(F["bthci_evt.status"]), u16(F["bthci_evt.connection_handle"])],
  0x05: [
    u16(F["bthci_evt.connection_handle"]),
    raw(F["bthci_evt.le_random_number"], 8),
    u16(F["bthci_evt.le_encrypted_diversifier"]),
  ],
  0x06: [
    u16(F["bthci_evt.connection_handle"]),
    u16(F["bthci_evt.le_min_interval"]),
    u16(F["bthci_evt.le_max_interval"]),
    u16(F["bthci_evt.le_con_latency"]),
    u16(F["bthci_evt.le_supv_timeout"]),
  ],
  0x07: [
    u16(F["bthci_evt.connection_handle"]),
    u16(F["bthci_evt.max_tx_octets"]),
    u16(F["bthci_evt.max_tx_time"]),
    u16(F["bthci_evt.max_rx_octets"]),
    u16(F["bthci_evt.max_rx_time"]),
  ],
  0x08: [u8(F["bthci_evt.status"]), raw(F["bthci_evt.le_local_p_256_public_key"], 64)],
  0x09: [u8(F["bthci_evt.status"]), raw(F["bthci_evt.dhkey"], 32)],
  0x0a: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    u8(F["bthci_evt.role"]),
    u8(F["bthci_evt.le_peer_address_type"]),
    address(F["bthci_evt.bd_addr"]),
    address(F["bthci_evt.le_local_rpa"]),
    address(F["bthci_evt.le_peer_rpa"]),
    u16(F["bthci_evt.le_con_interval"]),
    u16(F["bthci_evt.le_con_latency"]),
    u16(F["bthci_evt.le_supv_timeout"]),
    u8(F["bthci_evt.le_master_clock_accuracy"]),
  ],
  0x0b: [call(directedReports)],
  0x0c: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.connection_handle"]),
    u8(F["bthci_evt.le_tx_phy"]),
    u8(F["bthci_evt.le_rx_phy"]),
  ],
  0x0e: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.sync_handle"]),
    u8(F["bthci_evt.advertising_sid"]),
    u8(F["bthci_evt.le_peer_address_type"]),
    address(F["bthci_evt.bd_addr"]),
    u8(F["bthci_evt.adv_phy"]),
    u16(F["bthci_evt.periodic_advertising_interval"]),
    u8(F["bthci_evt.adv_clock_accuracy"]),
  ],
  0x0f: [
    u16(F["bthci_evt.sync_handle"]),
    i8(F["bthci_evt.tx_power"]),
    i8(F["bthci_evt.rssi"]),
    u8(F["bthci_evt.cte_type"]),
    u8(F["bthci_evt.data_status"]),
    call((d) => d.bytes(d.u8(F["bthci_evt.data_length"]), F["bthci_evt.data"])),
  ],
  0x10: [u16(F["bthci_evt.sync_handle"])],
  0x12: [
    u8(F["bthci_evt.status"]),
    u8(F["bthci_evt.adv_handle"]),
    u16(F["bthci_evt.connection_handle"]),
    u8(F["bthci_evt.num_compl_ext_adv_events"]),
  ],
  0x13: [
    u8(F["bthci_evt.adv_handle"]),
    u8(F["bthci_evt.le_address_type"]),
    address(F["bthci_evt.bd_addr"]),
  ],
  0x14: [u16(F["bthci_evt.connection_handle"]), u8(F["bthci_evt.channel_selection_algorithm"])],
  0x19: [
    u8(F["bthci_evt.status"]),
    u16(F["bthci_evt.cis_handle"]),
    u24(F["bthci_evt.cig_sync_delay"]),
    u24(F["bthci_evt.cis_sync_delay"]),
    u24(F["bthci_evt.transport_latency_m_to_s"]),
    u24(F["bthci_evt.transport_latency_s_to_m"]),
    u8(F["bthci_evt.phy_m_to_s"]),
    u8(F["bthci_evt.phy_s_to_m"]),
    u8(F["bthci_evt.nse"]),
    u8(F["bthci_evt.bn_m_to_s"]),
    u8(F["bthci_evt.bn_s_to_m"]),
    u8(F["bthci_evt.ft_m_to_s"]),
    u8(F["bthci_evt.ft_s_to_m"]),
    u16(F["bthci_evt.max_pdu_m_to_s"]),
    u16(F["bthci_evt.max_pdu_s_to_m"]),
    u16(F["bthci_evt.iso_interval"]),
  ],
  0x1a: [
    u16(F["bthci_evt.connection_handle"]),
    u16(F["bthci_evt.cis_handle"]),
    u8(F["bthci_evt.cig_id"]),
    u8(F["bthci_evt.cis_id"]),
  ],
};
