/**
 * The fields of advertising data structures that are read straight through, by type: Supplement to
 * the Bluetooth Core Specification, version 12, Part A, and Assigned Numbers, 2.3.
 *
 * @module
 */
import { channelMap, classOfDevice } from "./btcommon.ts";
import {
  boolean,
  bytes,
  define,
  ether,
  hex16,
  hex8,
  int16,
  int32,
  int8,
  string,
  uint16,
  uint8,
} from "./field.ts";
import type { Dissection } from "./dissection.ts";
import { address, bits, call, type Layout, raw, read, rest, u16, u8 } from "./layout.ts";

const F = define({
  "btcommon.eir_ad.entry.ssp_oob_length": uint16("Out-of-band data length"),
  "btcommon.eir_ad.entry.bd_addr": ether("Device address"),
  "btcommon.eir_ad.entry.le_bd_addr.reserved": hex8("Reserved"),
  "btcommon.eir_ad.entry.le_bd_addr.type": hex8("Address type", { names: ["public", "random"] }),
  "btcommon.eir_ad.entry.le_role": hex8("LE role", {
    names: [
      "only peripheral",
      "only central",
      "both, peripheral preferred",
      "both, central preferred",
    ],
  }),
  "btcommon.eir_ad.entry.did.vendor_id_source": hex16("Vendor id source"),
  "btcommon.eir_ad.entry.did.vendor_id": hex16("Vendor id"),
  "btcommon.eir_ad.entry.did.product_id": hex16("Product id"),
  "btcommon.eir_ad.entry.did.version": hex16("Version"),
  "btcommon.eir_ad.entry.data": bytes("Data"),
  "btcommon.eir_ad.entry.hash_c": bytes("Hash C"),
  "btcommon.eir_ad.entry.randomizer_r": bytes("Randomizer R"),
  "btcommon.eir_ad.entry.le_secure_confirmation_value": bytes("Confirmation value"),
  "btcommon.eir_ad.entry.le_secure_random_value": bytes("Random value"),
  "btcommon.eir_ad.entry.oob_flags.oob_reserved": hex8("Reserved"),
  "btcommon.eir_ad.entry.oob_flags.oob_address_type": hex8("Address type"),
  "btcommon.eir_ad.entry.oob_flags.oob_le_bredr_support": hex8("LE and BR/EDR at once (host)"),
  "btcommon.eir_ad.entry.oob_flags.oob_le_supported_host": hex8("LE supported (host)"),
  "btcommon.eir_ad.entry.oob_flags.oob_data_present": hex8("Out-of-band data present"),
  "btcommon.eir_ad.entry.connection_interval_min": uint16("Least connection interval", {
    unit: " * 1.25 ms",
  }),
  "btcommon.eir_ad.entry.connection_interval_max": uint16("Greatest connection interval", {
    unit: " * 1.25 ms",
  }),
  "btcommon.eir_ad.entry.advertising_interval": uint16("Advertising interval", {
    unit: " * 0.625 ms",
  }),
  "btcommon.eir_ad.entry.uri": string("URI"),
  "btcommon.eir_ad.entry.broadcast_code": string("Broadcast code"),
  "btcommon.eir_ad.entry.mesh_pbadv": bytes("Mesh provisioning"),
  "btcommon.eir_ad.entry.mesh_msg": bytes("Mesh message"),
  "btcommon.eir_ad.entry.mesh_beacon": bytes("Mesh beacon"),
  "btcommon.eir_ad.entry.le_channel_map": bytes("Channel map"),
  "btcommon.eir_ad.entry.instant": uint16("Instant"),
  "btcommon.eir_ad.entry.3ds.association_notification": boolean("Association notification"),
  "btcommon.eir_ad.entry.3ds.battery_level_reporting": boolean("Battery level reporting"),
  "btcommon.eir_ad.entry.3ds.send_battery_level_report_on_startup": boolean(
    "Battery level report at start",
  ),
  "btcommon.eir_ad.entry.3ds.reserved": boolean("Reserved"),
  "btcommon.eir_ad.entry.3ds.factory_test_mode": boolean("Factory test mode"),
  "btcommon.eir_ad.entry.3ds.path_loss_threshold": uint8("Path loss threshold"),
  "btcommon.eir_ad.entry.ips.flags": hex8("Indoor positioning configuration"),
  "btcommon.eir_ad.entry.ips.flags.reserved": hex8("Reserved"),
  "btcommon.eir_ad.entry.ips.flags.location_name": boolean("Location name"),
  "btcommon.eir_ad.entry.ips.flags.uncertainty": boolean("Uncertainty"),
  "btcommon.eir_ad.entry.ips.flags.floor_number": boolean("Floor number"),
  "btcommon.eir_ad.entry.ips.flags.altitude": boolean("Altitude"),
  "btcommon.eir_ad.entry.ips.flags.tx_power": boolean("Tx power"),
  "btcommon.eir_ad.entry.ips.flags.coordinate_system": hex8("Coordinate system"),
  "btcommon.eir_ad.entry.ips.flags.coordinates": boolean("Coordinates"),
  "btcommon.eir_ad.entry.ips.latitude": int32("Latitude"),
  "btcommon.eir_ad.entry.ips.longitude": int32("Longitude"),
  "btcommon.eir_ad.entry.ips.local_north_coordinate": int16("Local north coordinate"),
  "btcommon.eir_ad.entry.ips.local_east_coordinate": int16("Local east coordinate"),
  "btcommon.eir_ad.entry.ips.floor_number": uint8("Floor number"),
  "btcommon.eir_ad.entry.ips.altitude": uint16("Altitude"),
  "btcommon.eir_ad.entry.ips.tx_power_level": int8("Tx power level", { unit: " dBm" }),
  "btcommon.eir_ad.entry.ips.uncertainty": hex8("Uncertainty"),
  "btcommon.eir_ad.entry.ips.uncertainty.reserved": hex8("Reserved"),
  "btcommon.eir_ad.entry.ips.uncertainty.precision": hex8("Precision"),
  "btcommon.eir_ad.entry.ips.uncertainty.update_time": hex8("Update time"),
  "btcommon.eir_ad.entry.ips.uncertainty.stationary": hex8("Stationary"),
});

const DATA = F["btcommon.eir_ad.entry.data"];
const ADDRESS = F["btcommon.eir_ad.entry.bd_addr"];

/** How a type is read, and how many bytes it must have at least. */
export interface AdType {
  readonly least: number;
  readonly layout: Layout;
}

const is = (least: number, ...layout: Layout): AdType => ({ least, layout });

const ADDRESSES = is(
  6,
  call((d) => {
    while (d.failed === 0 && d.has(6)) read(d, [address(ADDRESS)]);
  }),
);
const HASH = is(16, raw(F["btcommon.eir_ad.entry.hash_c"], 16));
const RANDOMIZER = is(16, raw(F["btcommon.eir_ad.entry.randomizer_r"], 16));

/** Types 0x10 and others, whose bytes mean something else than the length of the structure. */
const DEVICE_ID: Layout = [
  u16(F["btcommon.eir_ad.entry.did.vendor_id_source"]),
  u16(F["btcommon.eir_ad.entry.did.vendor_id"]),
  u16(F["btcommon.eir_ad.entry.did.product_id"]),
  u16(F["btcommon.eir_ad.entry.did.version"]),
];

function deviceIdOrKey(d: Dissection): void {
  if (d.left === 8) read(d, DEVICE_ID);
  else d.bytes(d.left, DATA);
}

function indoorPosition(d: Dissection): void {
  const flags = d.u8();
  if ((flags & 0x01) !== 0) read(d, COORDINATES);
  if ((flags & 0x04) !== 0) d.i8(F["btcommon.eir_ad.entry.ips.tx_power_level"]);
  if ((flags & 0x08) !== 0) d.u16le(F["btcommon.eir_ad.entry.ips.altitude"]);
  if ((flags & 0x10) !== 0) d.u8(F["btcommon.eir_ad.entry.ips.floor_number"]);
  if ((flags & 0x20) !== 0) read(d, UNCERTAINTY);
}

/** A signed little-endian number of two or four bytes. */
const signed = (field: number, size: number) =>
  call((d) => {
    const at = d.pos;
    const shift = 32 - 8 * size;
    const value = d.uintle(size) << shift >> shift;
    if (d.failed === 0) d.put(field, value, at, size);
  });

const COORDINATES: Layout = [
  signed(F["btcommon.eir_ad.entry.ips.latitude"], 4),
  signed(F["btcommon.eir_ad.entry.ips.longitude"], 4),
  signed(F["btcommon.eir_ad.entry.ips.local_north_coordinate"], 2),
  signed(F["btcommon.eir_ad.entry.ips.local_east_coordinate"], 2),
];

const UNCERTAINTY: Layout = [
  u8(F["btcommon.eir_ad.entry.ips.uncertainty"]),
  bits(F["btcommon.eir_ad.entry.ips.uncertainty.reserved"], 0x80),
  bits(F["btcommon.eir_ad.entry.ips.uncertainty.precision"], 0x70),
  bits(F["btcommon.eir_ad.entry.ips.uncertainty.update_time"], 0x0e),
  bits(F["btcommon.eir_ad.entry.ips.uncertainty.stationary"], 0x01),
];

/** By AD type. */
export const AD_TYPES: readonly (AdType | undefined)[] = Object.assign(
  new Array<AdType | undefined>(256).fill(undefined),
  {
    0x0b: is(2, u16(F["btcommon.eir_ad.entry.ssp_oob_length"])),
    0x0c: is(6, address(ADDRESS)),
    0x0d: is(3, call(classOfDevice)),
    0x0e: HASH,
    0x0f: RANDOMIZER,
    0x10: is(0, call(deviceIdOrKey)),
    0x11: is(
      1,
      u8(0),
      bits(F["btcommon.eir_ad.entry.oob_flags.oob_reserved"], 0xf0),
      bits(F["btcommon.eir_ad.entry.oob_flags.oob_address_type"], 0x08),
      bits(F["btcommon.eir_ad.entry.oob_flags.oob_le_bredr_support"], 0x04),
      bits(F["btcommon.eir_ad.entry.oob_flags.oob_le_supported_host"], 0x02),
      bits(F["btcommon.eir_ad.entry.oob_flags.oob_data_present"], 0x01),
    ),
    0x12: is(
      4,
      u16(F["btcommon.eir_ad.entry.connection_interval_min"]),
      u16(F["btcommon.eir_ad.entry.connection_interval_max"]),
    ),
    0x17: ADDRESSES,
    0x18: ADDRESSES,
    0x1a: is(2, u16(F["btcommon.eir_ad.entry.advertising_interval"])),
    0x1b: is(
      7,
      u8(0),
      bits(F["btcommon.eir_ad.entry.le_bd_addr.reserved"], 0xfe),
      bits(F["btcommon.eir_ad.entry.le_bd_addr.type"], 0x01),
      address(ADDRESS),
    ),
    0x1c: is(1, u8(F["btcommon.eir_ad.entry.le_role"])),
    0x1d: HASH,
    0x1e: RANDOMIZER,
    0x22: is(16, raw(F["btcommon.eir_ad.entry.le_secure_confirmation_value"], 16)),
    0x23: is(16, raw(F["btcommon.eir_ad.entry.le_secure_random_value"], 16)),
    0x24: is(1, call((d) => d.text(d.left, F["btcommon.eir_ad.entry.uri"]))),
    0x25: is(
      1,
      call((d) => {
        const at = d.pos;
        read(d, POSITION_FLAGS);
        d.pos = at;
        indoorPosition(d);
      }),
    ),
    0x28: is(
      7,
      call((d) => channelMap(d, F["btcommon.eir_ad.entry.le_channel_map"], true)),
      u16(F["btcommon.eir_ad.entry.instant"]),
    ),
    0x29: is(0, rest(F["btcommon.eir_ad.entry.mesh_pbadv"])),
    0x2a: is(0, rest(F["btcommon.eir_ad.entry.mesh_msg"])),
    0x2b: is(0, rest(F["btcommon.eir_ad.entry.mesh_beacon"])),
    0x2d: is(0, call((d) => d.text(d.left, F["btcommon.eir_ad.entry.broadcast_code"]))),
    0x3d: is(
      2,
      u8(0),
      bits(F["btcommon.eir_ad.entry.3ds.factory_test_mode"], 0x80),
      bits(F["btcommon.eir_ad.entry.3ds.reserved"], 0x78),
      bits(F["btcommon.eir_ad.entry.3ds.send_battery_level_report_on_startup"], 0x04),
      bits(F["btcommon.eir_ad.entry.3ds.battery_level_reporting"], 0x02),
      bits(F["btcommon.eir_ad.entry.3ds.association_notification"], 0x01),
      u8(F["btcommon.eir_ad.entry.3ds.path_loss_threshold"]),
    ),
  },
);

const POSITION_FLAGS: Layout = [
  u8(F["btcommon.eir_ad.entry.ips.flags"]),
  bits(F["btcommon.eir_ad.entry.ips.flags.reserved"], 0xc0),
  bits(F["btcommon.eir_ad.entry.ips.flags.location_name"], 0x40),
  bits(F["btcommon.eir_ad.entry.ips.flags.uncertainty"], 0x20),
  bits(F["btcommon.eir_ad.entry.ips.flags.floor_number"], 0x10),
  bits(F["btcommon.eir_ad.entry.ips.flags.altitude"], 0x08),
  bits(F["btcommon.eir_ad.entry.ips.flags.tx_power"], 0x04),
  bits(F["btcommon.eir_ad.entry.ips.flags.coordinate_system"], 0x02),
  bits(F["btcommon.eir_ad.entry.ips.flags.coordinates"], 0x01),
];
