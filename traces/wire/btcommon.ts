/**
 * What several Bluetooth layers share: Wireshark counts these parts as a protocol `btcommon` of
 * their own, which stands in `frame.protocols` but not at the top of the tree.
 *
 * @module
 */
import { bitField, putBits } from "./bit_fields.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex24, hex8, protocol } from "./field.ts";

const BTCOMMON = protocol("btcommon", "BT Common", "Bluetooth Common");

const F = define({
  "btcommon.cod.class_of_device": hex24("Class of device"),
  "btcommon.cod.format_type": hex8("Format type"),
  "btcommon.cod.minor_device_class": hex8("Minor device class"),
  "btcommon.cod.minor_device_class.load_factor": hex8("Load factor"),
  "btcommon.cod.minor_device_class.type": hex8("Type"),
  "btcommon.cod.minor_device_class.class.printer": hex8("Printer"),
  "btcommon.cod.minor_device_class.class.scanner": hex8("Scanner"),
  "btcommon.cod.minor_device_class.class.camera": hex8("Camera"),
  "btcommon.cod.minor_device_class.class.display": hex8("Display"),
  "btcommon.cod.major_service_classes.information": boolean("Information"),
  "btcommon.cod.major_service_classes.telephony": boolean("Telephony"),
  "btcommon.cod.major_service_classes.audio": boolean("Audio"),
  "btcommon.cod.major_service_classes.object_transfer": boolean("Object transfer"),
  "btcommon.cod.major_service_classes.capturing": boolean("Capturing"),
  "btcommon.cod.major_service_classes.rendering": boolean("Rendering"),
  "btcommon.cod.major_service_classes.networking": boolean("Networking"),
  "btcommon.cod.major_service_classes.positioning": boolean("Positioning"),
  "btcommon.cod.major_service_classes.reserved": hex16("Reserved"),
  "btcommon.cod.major_service_classes.le_audio": hex16("LE Audio"),
  "btcommon.cod.major_service_classes.limited_discoverable_mode": boolean(
    "Limited discoverable mode",
  ),
  "btcommon.cod.major_device_class": hex16("Major device class", {
    names: {
      0: "miscellaneous",
      1: "computer",
      2: "phone",
      3: "network access point",
      4: "audio/video",
      5: "peripheral",
      6: "imaging",
      7: "wearable",
      8: "toy",
      9: "health",
      0x1f: "uncategorized",
    },
  }),
});

const FORMAT = bitField(F["btcommon.cod.format_type"], 0x03);
const MINOR = [bitField(F["btcommon.cod.minor_device_class"], 0xfc), FORMAT];
/** By major device class, where the minor one has parts of its own. */
const MINOR_OF_NETWORK = [
  bitField(F["btcommon.cod.minor_device_class.load_factor"], 0xe0),
  bitField(F["btcommon.cod.minor_device_class.type"], 0x1c),
  FORMAT,
];
const MINOR_OF_PERIPHERAL = [
  bitField(F["btcommon.cod.minor_device_class"], 0xc0),
  bitField(F["btcommon.cod.minor_device_class"], 0x3c),
  FORMAT,
];
const MINOR_OF_IMAGING = [
  bitField(F["btcommon.cod.minor_device_class.class.printer"], 0x80),
  bitField(F["btcommon.cod.minor_device_class.class.scanner"], 0x40),
  bitField(F["btcommon.cod.minor_device_class.class.camera"], 0x20),
  bitField(F["btcommon.cod.minor_device_class.class.display"], 0x10),
  bitField(F["btcommon.cod.minor_device_class.type"], 0x0c),
  FORMAT,
];
const SERVICES = [
  bitField(F["btcommon.cod.major_service_classes.information"], 0x8000),
  bitField(F["btcommon.cod.major_service_classes.telephony"], 0x4000),
  bitField(F["btcommon.cod.major_service_classes.audio"], 0x2000),
  bitField(F["btcommon.cod.major_service_classes.object_transfer"], 0x1000),
  bitField(F["btcommon.cod.major_service_classes.capturing"], 0x0800),
  bitField(F["btcommon.cod.major_service_classes.rendering"], 0x0400),
  bitField(F["btcommon.cod.major_service_classes.networking"], 0x0200),
  bitField(F["btcommon.cod.major_service_classes.positioning"], 0x0100),
  bitField(F["btcommon.cod.major_service_classes.reserved"], 0x0080),
  bitField(F["btcommon.cod.major_service_classes.le_audio"], 0x0040),
  bitField(F["btcommon.cod.major_service_classes.limited_discoverable_mode"], 0x0020),
  bitField(F["btcommon.cod.major_device_class"], 0x001f),
];

/** Bits 37 to 39 of a channel map are reserved, or hold something else. */
const CHANNEL_FIELDS = Object.values(define(Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [
    `btcommon.le_channel_map.${index}`,
    boolean(index < 37 ? `Channel ${index}` : "Reserved"),
  ]),
)));

/** Names such a part in `frame.protocols`. */
export function enterCommon(d: Dissection): void {
  enterPart(d, BTCOMMON);
}

/** As `enterCommon`, for parts with a name of their own. */
export function enterPart(d: Dissection, protocol: number): void {
  if (d.layerCount < d.layers.length) d.layers[d.layerCount++] = protocol;
}

/** Three bytes: what kind of device it is (Assigned Numbers, 2.8). */
export function classOfDevice(d: Dissection): void {
  enterCommon(d);
  const at = d.pos;
  const value = d.u24le(F["btcommon.cod.class_of_device"]);
  if (d.failed !== 0) return;
  d.push();
  const major = value >> 8 & 0x1f;
  const minor = major === 3
    ? MINOR_OF_NETWORK
    : major === 5
    ? MINOR_OF_PERIPHERAL
    : major === 6
    ? MINOR_OF_IMAGING
    : MINOR;
  putBits(d, minor, value & 0xff, at, 1);
  putBits(d, SERVICES, value >> 8, at + 1, 2);
  d.pop();
}

/**
 * Five bytes, a bit for each channel that is used (Core 6.0, Vol 6, Part B, 1.4.1).
 *
 * @param field the whole map
 * @param reserved whether the uppermost three bits are part of the map
 */
export function channelMap(d: Dissection, field: number, reserved: boolean): void {
  d.bytes(MAP_LENGTH, field);
  if (d.failed === 0) channelBits(d, reserved);
}

const MAP_LENGTH = 5;

/** Writes the bits of the channel map read last. */
export function channelBits(d: Dissection, reserved: boolean): void {
  enterCommon(d);
  d.push();
  const count = reserved ? 40 : 37;
  for (let i = 0; i < count; i++) {
    const at = d.pos - MAP_LENGTH + (i >> 3);
    const field = CHANNEL_FIELDS[i]!;
    if (d.want[field] !== 0) d.put(field, d.data[at]! >> (i & 7) & 1, at, 1);
  }
  d.pop();
}
