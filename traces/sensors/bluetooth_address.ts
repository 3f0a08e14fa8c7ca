/**
 * Bluetooth device addresses as numbers of 48 bits, the first byte shown being the most significant.
 *
 * @module
 */

const SPELLINGS =
  /^(?:[0-9a-f]{12}|[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5})$/i;

/**
 * Reads an address: `A4:C1:38:8D:18:B2`, `a4-c1-38-8d-18-b2` or `A4C1388D18B2`, in either case.
 *
 * @returns undefined when it is none
 */
export function parseDeviceAddress(text: string): number | undefined {
  if (!SPELLINGS.test(text)) return undefined;
  return parseInt(text.replaceAll(/[:-]/g, ""), 16);
}

/** As shown to people: `A4:C1:38:8D:18:B2`. @param address 0 to 2^48 - 1 */
export function deviceAddressText(address: number): string {
  const digits = deviceName(address);
  let text = digits.slice(0, 2);
  for (let i = 2; i < 12; i += 2) text += `:${digits.slice(i, i + 2)}`;
  return text;
}

/** As a level of a topic, where nobody gave it a name: `A4C1388D18B2`. @param address 0 to 2^48 - 1 */
export function deviceName(address: number): string {
  return address.toString(16).toUpperCase().padStart(12, "0");
}
