/**
 * What a reader has to know about a link type before it looks into a frame.
 *
 * @module
 */

/** Longest frame in bytes for link types without a rule of their own; Wireshark's limit. */
const LONGEST_ORDINARY = 262_144;
const LONGEST_D_BUS = 128 * 1024 * 1024;
const LONGEST_EBHSCR = 8 * 1024 * 1024;
const LONGEST_USB = 128 * 1024 * 1024;

/** Longest captured length that is believed, in bytes. A longer one means a damaged file. */
export function longestFrame(linkType: number): number {
  switch (linkType) {
    case 231: // D-Bus
      return LONGEST_D_BUS;
    case 279: // EBHSCR
      return LONGEST_EBHSCR;
    case 186: // USB, FreeBSD
    case 189: // USB, Linux
    case 220: // USB, Linux with padded header
    case 249: // USBPcap
    case 266: // USB, Darwin
      return LONGEST_USB;
    default:
      return LONGEST_ORDINARY;
  }
}

/**
 * Bytes at the start of a frame that Wireshark keeps apart as a pseudo header: they count neither
 * in `frame.cap_len` nor in `frame.len`. (ERF's, whose length varies, is not among them.)
 */
export function pseudoHeaderLength(linkType: number): number {
  switch (linkType) {
    case 204: // PPP with direction
      return 1;
    case 245: // NFC LLCP
      return 2;
    case 123: // SunATM
    case 139: // MTP2 with pseudo header
    case 201: // Bluetooth HCI H4 with direction
    case 254: // Bluetooth Linux monitor
      return 4;
    case 196: // SITA
    case 209: // I2C, Linux
      return 5;
    case 144: // IrDA
    case 177: // LAPD, Linux
      return 16;
    default:
      return 0;
  }
}
