/**
 * Properties of MQTT 5: what type each has (MQTT 5, 2.2.2.2), which is all that one needs to pass
 * over them.
 *
 * @module
 */

/** Those with a meaning for the recorder. */
export const PropertyId = {
  AuthenticationData: 0x16,
  TopicAlias: 0x23,
  UserProperty: 0x26,
} as const;

/** Types of values (MQTT 5, 1.5). */
export const PropertyType = {
  Unknown: 0,
  Byte: 1,
  Uint16: 2,
  Uint32: 4,
  Varint: 5,
  /** String or binary: two bytes of length. */
  Counted: 6,
  /** Two strings. */
  Pair: 7,
} as const;

const TYPES = new Uint8Array(0x80);
for (const id of [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a]) TYPES[id] = PropertyType.Byte;
for (const id of [0x13, 0x21, 0x22, 0x23]) TYPES[id] = PropertyType.Uint16;
for (const id of [0x02, 0x11, 0x18, 0x27]) TYPES[id] = PropertyType.Uint32;
for (const id of [0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f]) {
  TYPES[id] = PropertyType.Counted;
}
TYPES[0x0b] = PropertyType.Varint;
TYPES[0x26] = PropertyType.Pair;

/** @returns see `PropertyType` */
export function propertyType(id: number): number {
  return TYPES[id] ?? PropertyType.Unknown;
}

/**
 * Length of the value at an offset, which may go beyond the end of the bytes.
 *
 * @returns -1 for an unknown property
 */
export function propertyLength(id: number, bytes: Uint8Array, at: number): number {
  const type = propertyType(id);
  const counted = (from: number) => 2 + ((bytes[from] ?? 0) << 8 | (bytes[from + 1] ?? 0));
  switch (type) {
    case PropertyType.Unknown:
      return -1;
    case PropertyType.Varint: {
      let length = 1;
      while (length < 4 && ((bytes[at + length - 1] ?? 0) & 0x80) !== 0) length++;
      return length;
    }
    case PropertyType.Counted:
      return counted(at);
    case PropertyType.Pair: {
      const name = counted(at);
      return name + counted(at + name);
    }
    default:
      return type;
  }
}
