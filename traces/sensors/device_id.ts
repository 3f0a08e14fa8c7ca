/**
 * Who a packet of a sensor is from, as a number (Bluetooth) or text (IEEE 802.15.4).
 *
 * @module
 */
import { deviceAddressText, deviceName, parseDeviceAddress } from "./bluetooth_address.ts";
import type { DeviceId } from "./sensor_decoder.ts";

/**
 * Reads a device's address: of Bluetooth (48 bits, with colons, dashes or neither), of IEEE 802.15.4
 * (64 bits likewise, or PAN identifier and short address as `1A62/0001`).
 *
 * @returns undefined when it is none
 */
export function parseDeviceId(text: string): DeviceId | undefined {
  const [, pan, short] = /^(?:0x)?([0-9a-f]{1,4})\/(?:0x)?([0-9a-f]{1,4})$/i.exec(text) ?? [];
  if (pan !== undefined && short !== undefined) {
    return shortAddressId(parseInt(pan, 16), parseInt(short, 16));
  }
  const digits = text.replaceAll(/[:-]/g, "").toUpperCase();
  if (/^[0-9A-F]{16}$/.test(digits)) return digits;
  return parseDeviceAddress(text);
}

/** The id of an IEEE 802.15.4 device that is known by PAN and short address alone. */
export function shortAddressId(pan: number, short: number): DeviceId {
  return `${hex16(pan)}-${hex16(short)}`;
}

function hex16(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, "0");
}

/** The level of its topics where nobody gave it a name: hexadecimal digits, no colons. */
export function deviceIdName(id: DeviceId): string {
  return typeof id === "number" ? deviceName(id) : id;
}

/** As shown to people: `A4:C1:38:8D:18:B2`, `00:12:4B:00:01:02:03:04`, `1A62/0001`. */
export function deviceIdText(id: DeviceId): string {
  if (typeof id === "number") return deviceAddressText(id);
  return id.includes("-") ? id.replace("-", "/") : (id.match(/../g) as string[]).join(":");
}
