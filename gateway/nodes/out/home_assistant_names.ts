/**
 * How devices are called in Home Assistant: ids, and names for people.
 *
 * @module
 */

const utf8 = new TextEncoder();

/** What is known of a device beside its readings. */
export interface DeviceFacts {
  /** As shown: `A4:C1:38:8D:18:B2`. */
  address?: string | undefined;
  model?: string | undefined;
  localName?: string | undefined;
}

/** A device without a name of its own is shown by what it calls itself, or its model. */
export function shownName(name: string, { address, model, localName }: DeviceFacts): string {
  if (address === undefined || name !== address.replaceAll(":", "")) return name;
  const end = name.slice(-4);
  if (localName !== undefined) return localName.endsWith(end) ? localName : `${localName} ${end}`;
  return model === undefined ? address : `${model} ${end}`;
}

/** Whether it is an address of Bluetooth's form, as shown. */
export function isBluetooth(address: string | undefined): address is string {
  return address !== undefined && /^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(address);
}

/**
 * A name in the letters that ids may have, `[a-zA-Z0-9_-]`: others become `_` and their UTF-8 bytes
 * in hexadecimal, and `_` two of it, so that no two names have the same id.
 */
export function idOf(name: string): string {
  let id = "";
  for (const byte of utf8.encode(name)) {
    const letter = String.fromCharCode(byte);
    if (/[a-zA-Z0-9-]/.test(letter)) id += letter;
    else id += letter === "_" ? "__" : `_${byte.toString(16).padStart(2, "0")}`;
  }
  return id;
}
