/**
 * Steps and numbers of `mqtt_masker.ts`.
 *
 * @module
 */

/** Steps through a packet; the next ones wait on a stack. */
export const Step = {
  /** Numbers of one, two or four bytes, or of seven bits per byte. */
  Level: 0,
  Flags: 1,
  PropertiesLength: 2,
  Property: 3,
  Alias: 4,
  Varint: 5,
  Skip1: 6,
  Skip2: 7,
  Skip4: 8,
  /** Two bytes of length, then so many of ... */
  Other: 9,
  Secret: 10,
  Topic: 11,
  Will: 12,
  Name: 13,
  /** The value of the user property with that name. */
  Named: 14,
  /** The rest of the packet. */
  RestOther: 15,
  RestSecret: 16,
  RestPayload: 17,
} as const;

/** What is done with the bytes that come. */
export const Action = {
  Number: 0,
  Varint: 1,
  Skip: 2,
  Hide: 3,
  Text: 4,
  Name: 5,
  Topic: 6,
  Loose: 7,
} as const;

/**
 * Acknowledgments that are longer are none, as long as the version is not known: "PO" and "PU" of HTTP
 * would be the header of one of 79 or 85 bytes.
 */
export const MAX_ACKNOWLEDGMENT = 64;

export const ConnectFlag = { Will: 0x04, Password: 0x40, UserName: 0x80 } as const;
