/**
 * Bluetooth frames: vectors from the layouts in the standard, and what one frame tells of the next.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  acl,
  ad,
  address,
  advertisingPdu,
  command,
  dataPdu,
  event,
  extendedPdu,
  l2capPdu,
  le,
  linkLayerData,
  packet,
  syncInfo,
  withNordic,
  withRadio,
} from "../support/ble_frames.ts";
import { BluetoothRun, type Found } from "../support/bluetooth_run.ts";
import { bytesOf } from "../support/packets.ts";

const LE = 251;
const LE_RADIO = 256;
const NORDIC = 272;
const H4 = 187;
const H4_DIRECTION = 201;
const MONITOR = 254;
const PPI = 192;

const SENSOR = address("c0:00:5e:00:53:01");
const PHONE = address("40:00:5e:00:53:02");
const LINK = 0x50656a91;
const INIT = 0x1a2b3c;
const NAME = ad(0x09, 0x45, 0x57);
const REQUEST = advertisingPdu(0xe5, PHONE, SENSOR, linkLayerData(LINK, INIT));

/** Flags of the radio header: dewhitened, signal valid. */
const RADIO = 0x0003;
const TO_PERIPHERAL = RADIO | 2 << 7;
const TO_CENTRAL = RADIO | 3 << 7;

function has(found: Found, wanted: Record<string, string | undefined>) {
  for (const [name, value] of Object.entries(wanted)) {
    assert.equal(found.values.get(name), value, name);
  }
}

/** A data packet of the link, as an unbroken sequence would have it. */
function onLink(
  flags: number,
  head: number,
  ...payload: (number | readonly number[] | Uint8Array)[]
) {
  return withRadio(1, -40, flags, packet(dataPdu(head, ...payload), LINK, INIT));
}

Deno.test("an ADV_IND byte by byte", () => {
  const frame = bytesOf(
    [0, 0xce, 0x80, 0, 0, 0, 0, 0, 0x13, 0x00], // RF channel 0, -50 dBm, flags
    [0xd6, 0xbe, 0x89, 0x8e], // access address 0x8e89bed6
    [0x60, 10], // ADV_IND, ChSel, TxAdd; length
    [0x01, 0x53, 0x00, 0x5e, 0x00, 0xc0], // AdvA
    [3, 0x09, 0x45, 0x57], // "EW"
  );
  const crc = packet(advertisingPdu(0x60, SENSOR, NAME)).slice(-3);
  const found = new BluetoothRun().decode(LE_RADIO, bytesOf(frame, crc));
  assert.equal(found.layers, "bluetooth:btle_rf:btle:btcommon");
  assert.deepEqual(found.problems, []);
  has(found, {
    "btle_rf.channel": "0",
    "btle_rf.signal_dbm": "-50",
    "btle_rf.noise_dbm": undefined,
    "btle_rf.flags": "0x0013",
    "btle.access_address": "0x8e89bed6",
    "btle.advertising_header.pdu_type": "0x00",
    "btle.advertising_header.ch_sel": "1",
    "btle.advertising_header.randomized_tx": "1",
    "btle.advertising_header.rfu.4": "0",
    "btle.advertising_header.length": "10",
    "btle.advertising_address": "c0:00:5e:00:53:01",
    "btcommon.eir_ad.entry.device_name": "EW",
    "btle.crc.incorrect": undefined,
    "btle.crc.indeterminate": undefined,
  });
});

Deno.test("a wrong CRC is said, and the packet read nonetheless", () => {
  const air = packet(advertisingPdu(0x42, SENSOR, NAME), undefined, undefined, 4);
  const found = new BluetoothRun().decode(LE, air);
  assert.deepEqual(found.problems, ["CRC is wrong"]);
  has(found, { "btle.crc.incorrect": "1", "btcommon.eir_ad.entry.device_name": "EW" });
});

Deno.test("advertising: reserved types, lengths that don't suit, lengths beyond the frame", () => {
  const run = new BluetoothRun();
  const problems = (pdu: Uint8Array) => run.decode(LE, packet(pdu)).problems;
  assert.deepEqual(problems(advertisingPdu(9, SENSOR)), ["advertising PDU type is reserved"]);
  assert.deepEqual(problems(advertisingPdu(3, SENSOR, PHONE, 1)), [
    "length does not suit the type of the PDU",
  ]);
  const long = bytesOf(0x02, 9, SENSOR);
  assert.deepEqual(problems(long), ["length of the PDU is beyond the frame"]);
  const behind = bytesOf(packet(advertisingPdu(0x02, SENSOR)), 1, 2);
  assert.deepEqual(run.decode(LE, behind).problems, [
    "bytes behind the CRC do not belong to the packet",
  ]);
});

Deno.test("a connection request gives later packets their CRC preset and addresses", () => {
  const run = new BluetoothRun();
  const before = run.decode(LE, packet(dataPdu(1), LINK, INIT));
  has(before, { "btle.crc.indeterminate": "1", "btle.master_bd_addr": undefined });
  const request = run.decode(LE_RADIO, withRadio(12, -40, RADIO, packet(REQUEST)));
  assert.equal(request.layers, "bluetooth:btle_rf:btle:btcommon");
  has(request, {
    "btle.initiator_address": "40:00:5e:00:53:02",
    "btle.advertising_address": "c0:00:5e:00:53:01",
    "btle.link_layer_data.access_address": "0x50656a91",
    "btle.link_layer_data.crc_init": "0x1a2b3c",
    "btle.link_layer_data.interval": "24",
    "btle.link_layer_data.timeout": "72",
    "btle.link_layer_data.hop": "10",
    "btle.link_layer_data.sleep_clock_accuracy": "1",
    "btcommon.le_channel_map.36": "1",
    "btcommon.le_channel_map.37": "0",
  });
  assert.deepEqual(request.problems, []);
  const after = run.decode(LE, packet(dataPdu(1), LINK, INIT));
  has(after, {
    "btle.crc.indeterminate": undefined,
    "btle.crc.incorrect": undefined,
    "btle.master_bd_addr": "40:00:5e:00:53:02",
    "btle.slave_bd_addr": "c0:00:5e:00:53:01",
    "btle.connection_parameters_in": "2",
  });
  has(run.decode(LE, packet(dataPdu(1), LINK, INIT, 1)), { "btle.crc.incorrect": "1" });
});

Deno.test("L2CAP PDUs in several packets are put together, each direction for itself", () => {
  const run = new BluetoothRun();
  run.decode(LE, packet(REQUEST));
  const value = Array.from({ length: 50 }, (_, i) => i);
  const pdu = l2capPdu(4, 0x1b, le(0x10, 2), value);
  run.decode(LE_RADIO, onLink(TO_PERIPHERAL, 0x01));
  const first = run.decode(LE_RADIO, onLink(TO_CENTRAL, 0x02, pdu.subarray(0, 27)));
  has(first, { "btle.l2cap_data": "1", "btatt.opcode": undefined });
  run.decode(LE_RADIO, onLink(TO_PERIPHERAL, 0x09 | 4));
  const last = run.decode(LE_RADIO, onLink(TO_CENTRAL, 0x09, pdu.subarray(27)));
  assert.equal(last.layers, "bluetooth:btle_rf:btle:btl2cap:btatt");
  has(last, {
    "btl2cap.length": "53",
    "btl2cap.cid": "0x0004",
    "btatt.opcode": "0x1b",
    "btatt.handle": "0x0010",
    "btatt.value": value.map((byte) => byte.toString(16).padStart(2, "0")).join(""),
  });
  const again = run.decode(LE_RADIO, onLink(TO_CENTRAL, 0x09, pdu.subarray(27)));
  has(again, { "btle.retransmit": "1", "btatt.opcode": undefined });
  const lost = run.decode(LE_RADIO, onLink(TO_CENTRAL, 0x01, 1, 2, 3));
  assert.deepEqual(lost.problems, ["continuation of an L2CAP PDU whose start was not seen"]);
});

Deno.test("control PDUs by name and parameter; their CRC is behind the PDU", () => {
  const run = new BluetoothRun();
  const lengths = run.decode(
    LE,
    packet(dataPdu(3, 0x14, le(251, 2), le(2120, 2), le(27, 2), le(328, 2)), LINK),
  );
  has(lengths, {
    "btle.control_opcode": "0x14",
    "btle.control.max_rx_octets": "251",
    "btle.control.max_tx_time": "328",
  });
  assert.deepEqual(lengths.problems, []);
  assert.deepEqual(run.decode(LE, packet(dataPdu(3, 0x02), LINK)).problems.slice(0, 1), [
    "length does not suit the control PDU",
  ]);
  assert.deepEqual(run.decode(LE, packet(dataPdu(3, 0xee, 1), LINK)).problems, [
    "control opcode is reserved or not known",
  ]);
  assert.deepEqual(run.decode(LE, packet(dataPdu(0, 1), LINK)).problems, ["LLID is reserved"]);
});

Deno.test("what is encrypted is not taken for something else", () => {
  const run = new BluetoothRun();
  run.decode(LE, packet(REQUEST));
  run.decode(LE_RADIO, onLink(TO_PERIPHERAL, 0x01));
  run.decode(LE_RADIO, onLink(TO_CENTRAL, 0x03, 0x05));
  const hidden = run.decode(LE_RADIO, onLink(TO_PERIPHERAL, 0x0b, 0x71, 0x12, 0x13, 0x14, 0x15));
  has(hidden, { "edgewire.btle.encrypted": "1", "btle.control_opcode": undefined });
  const open = run.decode(LE_RADIO, onLink(TO_PERIPHERAL | 8, 0x02, l2capPdu(4, 0x0a, 1, 0)));
  has(open, { "edgewire.btle.encrypted": undefined, "btatt.opcode": "0x0a" });
});

Deno.test("extended advertising: every part of the header", () => {
  const pdu = extendedPdu(0x47, {
    mode: 1,
    advertiser: SENSOR,
    target: PHONE,
    cte: 0x94,
    dataInfo: 0x3123,
    auxPointer: [0x85, 0x34, 0x52],
    syncInfo: syncInfo(0x12345678, 0xabcdef),
    txPower: -7,
    acad: ad(0x28, 1, 2, 3, 4, 5, 6, 7),
    data: NAME,
  });
  const found = new BluetoothRun().decode(LE, packet(pdu));
  assert.equal(found.layers, "bluetooth:btle:btcommon:btcommon:btcommon:btcommon");
  assert.deepEqual(found.problems, []);
  const header = "btle.extended_advertising_header";
  has(found, {
    [`${header}.mode`]: "0x01",
    [`${header}.flags`]: "0x7f",
    "btle.advertising_address": "c0:00:5e:00:53:01",
    "btle.target_address": "40:00:5e:00:53:02",
    [`${header}.cte_info.time`]: "0x14",
    "btle.extended_advertising.advertising_data_info.did": "0x0123",
    "btle.extended_advertising.advertising_data_info.sid": "0x0003",
    [`${header}.aux_pointer.channel`]: "5",
    [`${header}.aux_pointer.offset_units`]: "1",
    [`${header}.aux_pointer.aux_offset`]: "0x1234",
    [`${header}.aux_pointer.aux_phy`]: "2",
    [`${header}.sync_info.interval`]: "0x0050",
    [`${header}.sync_info.access_address`]: "0x12345678",
    [`${header}.sync_info.crc_init`]: "0xabcdef",
    [`${header}.tx_power`]: "-7",
    "btcommon.eir_ad.entry.device_name": "EW",
  });
});

Deno.test("extended advertising: parts longer than the header are said", () => {
  const pdu = bytesOf(0x07, 4, 3, 0x01, 1, 2);
  assert.deepEqual(new BluetoothRun().decode(LE, packet(pdu)).problems.slice(0, 1), [
    "parts of the extended header are longer than the header",
  ]);
});

Deno.test("a structure of advertising data may end in the next PDU of the chain", () => {
  const run = new BluetoothRun();
  const data = [...ad(0x01, 6), ...NAME];
  const aux = (kind: number) => RADIO | 1 << 7 | kind << 12;
  const first = extendedPdu(0x07, {
    advertiser: SENSOR,
    dataInfo: 0x1001,
    auxPointer: [5, 0, 0],
    data: data.slice(0, 5),
  });
  const begun = run.decode(LE_RADIO, withRadio(5, -40, aux(0), packet(first)));
  has(begun, { "btcommon.eir_ad.entry.type": "0x01" });
  assert.deepEqual(begun.problems, []);
  const last = extendedPdu(0x07, { dataInfo: 0x1001, data: data.slice(5) });
  const ended = run.decode(LE_RADIO, withRadio(6, -40, aux(1), packet(last)));
  has(ended, { "btcommon.eir_ad.entry.device_name": "EW" });
  assert.deepEqual(ended.problems, []);
});

Deno.test("periodic advertising is known by the sync info seen before", () => {
  const run = new BluetoothRun();
  const train = packet(extendedPdu(0x07, { txPower: 3, data: NAME }), 0x12345678, 0xabcdef);
  has(run.decode(LE, train), { "btcommon.eir_ad.entry.device_name": undefined });
  const pdu = extendedPdu(0x07, { advertiser: SENSOR, syncInfo: syncInfo(0x12345678, 0xabcdef) });
  run.decode(LE, packet(pdu));
  const found = run.decode(LE, train);
  has(found, { "btcommon.eir_ad.entry.device_name": "EW", "btle.crc.incorrect": undefined });
  assert.deepEqual(found.problems, []);
});

Deno.test("on LE Coded the coding indicator is not part of the CRC", () => {
  const air = packet(advertisingPdu(0x42, SENSOR, NAME), undefined, undefined, 0, [1]);
  const found = new BluetoothRun().decode(LE_RADIO, withRadio(0, -40, RADIO | 2 << 14, air));
  assert.deepEqual(found.problems, []);
  has(found, { "btle.coding_indicator": "1", "btle.crc.incorrect": undefined });
});

Deno.test("nRF Sniffer: channel index, RSSI, times between packets", () => {
  const run = new BluetoothRun();
  const air = packet(advertisingPdu(0x42, SENSOR, NAME));
  run.decode(NORDIC, withNordic(2, 1, 37, -61, 1000, air));
  const found = run.decode(NORDIC, withNordic(2, 1, 38, -61, 3000, air));
  assert.equal(found.layers, "nordic_ble:btle:btcommon");
  has(found, {
    "nordic_ble.protover": "3",
    "nordic_ble.channel": "38",
    "nordic_ble.rssi": "-61",
    "nordic_ble.time": "3000",
    "nordic_ble.packet_time": `${8 * (1 + air.length)}`,
    "nordic_ble.delta_time_ss": "2000",
    "nordic_ble.delta_time": `${2000 - 8 * (1 + air.length)}`,
    "btcommon.eir_ad.entry.device_name": "EW",
  });
  const cut = withNordic(2, 1, 38, -61, 4000, air).subarray(0, -1);
  assert.deepEqual(run.decode(NORDIC, cut).problems, ["length is not the length of the frame"]);
});

Deno.test("PPI: fields are skipped, what follows is of the link type it says", () => {
  const head = bytesOf(0, 0, le(15, 2), le(LE, 4), le(30_006, 2), le(3, 2), 1, 2, 3);
  const found = new BluetoothRun().decode(PPI, bytesOf(head, packet(advertisingPdu(0x42, SENSOR))));
  assert.equal(found.layers, "ppi:pcap_pktdata:bluetooth:btle");
  has(found, { "ppi.reserved": "36750300010203", "btle.advertising_address": "c0:00:5e:00:53:01" });
});

Deno.test("HCI: advertising reports, also extended ones", () => {
  const run = new BluetoothRun();
  const data = [...ad(0x01, 6), ...NAME];
  const legacy = event(0x3e, 0x02, 1, 0, 1, SENSOR, data.length, data, 0xc8);
  const found = run.decode(H4, legacy);
  assert.equal(found.layers, "bluetooth:hci_h4:bthci_evt:btcommon");
  assert.deepEqual(found.problems, []);
  has(found, {
    "hci_h4.type": "0x04",
    "bthci_evt.code": "0x3e",
    "bthci_evt.le_meta_subevent": "0x02",
    "bthci_evt.bd_addr": "c0:00:5e:00:53:01",
    "bthci_evt.rssi": "-56",
    "btcommon.eir_ad.entry.device_name": "EW",
  });
  const tail = [1, 2, 0x0f, 0x7f, 0xb0, ...le(0, 2), 0, ...PHONE, data.length, ...data];
  const extended = run.decode(H4, event(0x3e, 0x0d, 1, le(0x0003, 2), 1, SENSOR, tail));
  has(extended, {
    "bthci_evt.le_ext_advts_event_type": "0x0003",
    "bthci_evt.primary_phy": "0x01",
    "bthci_evt.secondary_phy": "0x02",
    "bthci_evt.advertising_sid": "0x0f",
    "bthci_evt.tx_power": "127",
    "bthci_evt.rssi": "-80",
    "bthci_evt.direct_bd_addr": "40:00:5e:00:53:02",
    "btcommon.eir_ad.entry.device_name": "EW",
  });
});

Deno.test("HCI: commands and their completion, directions, the Linux monitor", () => {
  const run = new BluetoothRun();
  const scan = command(0x200c, 1, 0);
  const sent = run.decode(H4_DIRECTION, bytesOf(0, 0, 0, 0, scan));
  assert.equal(sent.layers, "bluetooth:hci_h4:bthci_cmd");
  has(sent, {
    "hci_h4.direction": "0x00",
    "bthci_cmd.opcode": "0x200c",
    "bthci_cmd.opcode.ogf": "0x0008",
    "bthci_cmd.opcode.ocf": "0x000c",
    "bthci_cmd.le_scan_enable": "0x01",
  });
  const done = run.decode(H4, event(0x0e, 1, le(0x200c, 2), 0), undefined, 1);
  has(done, {
    "hci_h4.direction": "0x01",
    "bthci_evt.opcode": "0x200c",
    "bthci_evt.status": "0x00",
  });
  const monitor = run.decode(MONITOR, bytesOf(0, 1, 0, 2, scan.subarray(1)));
  assert.equal(monitor.layers, "bluetooth:hci_mon:bthci_cmd");
  has(monitor, { "hci_mon.adapter_id": "1", "bthci_cmd.opcode": "0x200c" });
  assert.deepEqual(run.decode(H4, command(0x200c, 1, 0).subarray(0, 5)).problems.slice(0, 1), [
    "length of the parameters is not what follows",
  ]);
});

Deno.test("HCI: L2CAP PDUs in several packets, connections by handle", () => {
  const run = new BluetoothRun();
  const pdu = l2capPdu(4, 0x12, le(0x21, 2), Array.from({ length: 40 }, () => 7));
  has(run.decode(H4, acl(0x40, 2, pdu)), { "bthci_acl.invalid_session": "1" });
  run.decode(H4, event(0x3e, 1, 0, le(0x40, 2), 0, 1, SENSOR, le(24, 2), le(0, 2), le(72, 2), 0));
  const first = run.decode(H4, acl(0x40, 2, pdu.subarray(0, 27)));
  has(first, { "bthci_acl.connect_in": "2", "btatt.opcode": undefined });
  const last = run.decode(H4, acl(0x40, 1, pdu.subarray(27)));
  assert.equal(last.layers, "bluetooth:hci_h4:bthci_acl:btl2cap:btatt");
  has(last, { "bthci_acl.continuation_to": "3", "btatt.handle": "0x0021" });
  run.decode(H4, event(0x05, 0, le(0x40, 2), 0x13));
  has(run.decode(H4, acl(0x40, 2, pdu)), { "bthci_acl.invalid_session": "1" });
});

Deno.test("the observer hears of advertisements, not of wrong ones", () => {
  const heard: number[][] = [];
  const run = new BluetoothRun({
    advertisement: (...all) => heard.push(all),
    advertisingData: () => {},
  });
  const air = packet(advertisingPdu(0x40, SENSOR, NAME));
  run.decode(LE_RADIO, withRadio(39, -70, RADIO, air));
  run.decode(LE, packet(advertisingPdu(0x40, SENSOR, NAME), undefined, undefined, 1));
  run.decode(LE, packet(advertisingPdu(0xc3, PHONE, SENSOR)));
  run.decode(H4, event(0x3e, 0x02, 1, 3, 1, SENSOR, 0, 0xc8));
  assert.deepEqual(heard, [
    [0xc000, 0x5e005301, 1, -70, 39, 0, 0],
    [0xc000, 0x5e005301, 1, -56, 255, 0, 2],
  ]);
});
