/**
 * IEEE 802.15.4, 6LoWPAN and Zigbee frames made for tests and samples.
 *
 * @module
 */
import { AesCcm } from "../../../traces/wire/aes_ccm.ts";
import { wpanFcs16, wpanFcs32 } from "../../../traces/wire/wpan_fcs.ts";
import { zigbeeNonce } from "../../../traces/wire/zigbee_keys.ts";

/** Bytes of hexadecimal text; blanks don't count. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function join(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function le16(value: number): number[] {
  return [value & 0xff, value >>> 8 & 0xff];
}

export function be16(value: number): number[] {
  return [value >>> 8 & 0xff, value & 0xff];
}

export function le32(value: number): number[] {
  return [...le16(value & 0xffff), ...le16(value >>> 16)];
}

export function be32(value: number): number[] {
  return [...be16(value >>> 16), ...be16(value & 0xffff)];
}

/** A short address (number), an extended one (16 hexadecimal digits as written), or none. */
export type Address = number | string | undefined;

export interface MacSecurity {
  /** 0 to 7. */
  readonly level: number;
  /** 16 bytes. */
  readonly key: Uint8Array;
  readonly counter: number;
  readonly keyIdMode?: number;
  readonly keySource?: Uint8Array;
  readonly keyIndex?: number;
  /** Extended address of the sender, where the frame has a short one. */
  readonly sender?: string;
  /** Absolute slot number in place of the counter (TSCH, frame version 2). */
  readonly asn?: number;
}

export interface MacFrame {
  /** @default 1 (data) */
  readonly type?: number;
  /** @default 1 (2006) */
  readonly version?: number;
  readonly sequence?: number;
  readonly pan?: number;
  readonly sourcePan?: number;
  readonly destination?: Address;
  readonly source?: Address;
  readonly compression?: boolean;
  readonly ackRequest?: boolean;
  readonly pending?: boolean;
  /** Leaves the sequence number out (frame version 2). */
  readonly suppressed?: boolean;
  readonly security?: MacSecurity;
  /** Complete header IEs, termination included. */
  readonly headerIes?: Uint8Array;
  /** What belongs to the header though it comes behind the addresses (beacon fields, command). */
  readonly open?: Uint8Array;
  readonly payload?: Uint8Array;
}

function mode(address: Address): number {
  return address === undefined ? 0 : typeof address === "number" ? 2 : 3;
}

function addressBytes(address: Address): Uint8Array {
  if (address === undefined) return new Uint8Array(0);
  return typeof address === "number" ? Uint8Array.from(le16(address)) : hex(address).reverse();
}

/** Which PAN identifiers a frame has (IEEE 802.15.4-2015, Table 7-2 for version 2, else 7.2.1.5). */
function pans(frame: MacFrame): [boolean, boolean] {
  const [to, from] = [mode(frame.destination), mode(frame.source)];
  const compressed = frame.compression ?? false;
  if ((frame.version ?? 1) < 2) return [to > 0, from > 0 && !(compressed && to > 0)];
  if (to === 0 && from === 0) return [compressed, false];
  if (from === 0) return [!compressed, false];
  if (to === 0) return [false, !compressed];
  if (to === 3 && from === 3) return [!compressed, false];
  return [true, !compressed];
}

/** A MAC frame without frame check sequence. */
export function macFrame(frame: MacFrame): Uint8Array {
  const { security } = frame;
  const control = (frame.type ?? 1) | (security === undefined ? 0 : 0x08) |
    (frame.pending ? 0x10 : 0) | (frame.ackRequest ? 0x20 : 0) | (frame.compression ? 0x40 : 0) |
    (frame.suppressed ? 0x100 : 0) | (frame.headerIes === undefined ? 0 : 0x200) |
    mode(frame.destination) << 10 | (frame.version ?? 1) << 12 | mode(frame.source) << 14;
  const [toPan, fromPan] = pans(frame);
  const header = join(
    le16(control),
    frame.suppressed ? [] : [frame.sequence ?? 1],
    toPan ? le16(frame.pan ?? 0x1234) : [],
    addressBytes(frame.destination),
    fromPan ? le16(frame.sourcePan ?? frame.pan ?? 0x1234) : [],
    addressBytes(frame.source),
    security === undefined ? [] : auxiliaryHeader(security),
    frame.headerIes ?? [],
    frame.open ?? [],
  );
  const payload = frame.payload ?? new Uint8Array(0);
  return security === undefined ? join(header, payload) : seal(frame, security, header, payload);
}

/** The auxiliary security header (IEEE 802.15.4-2015, 9.4). */
export function auxiliaryHeader(security: MacSecurity): Uint8Array {
  const keyIdMode = security.keyIdMode ?? 0;
  const control = security.level | keyIdMode << 3 | (security.asn === undefined ? 0 : 0x60);
  return join(
    [control],
    security.asn === undefined ? le32(security.counter) : [],
    security.keySource ?? [],
    keyIdMode === 0 ? [] : [security.keyIndex ?? 1],
  );
}

function seal(
  frame: MacFrame,
  security: MacSecurity,
  header: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const mic = [0, 4, 8, 16][security.level & 3]!;
  const sender = hex(senderOf(frame, security));
  const nonce = security.asn === undefined
    ? join(sender, be32(security.counter), [security.level])
    : join(sender, [Math.floor(security.asn / 2 ** 32)], be32(security.asn >>> 0));
  const ccm = new AesCcm(security.key);
  if (security.level >= 4) return join(header, ccm.seal(nonce, header, payload, mic));
  const open = join(header, payload);
  return join(open, ccm.seal(nonce, open, new Uint8Array(0), mic));
}

function senderOf(frame: MacFrame, security: MacSecurity): string {
  if (security.sender !== undefined) return security.sender;
  if (typeof frame.source === "string") return frame.source;
  const pan = (frame.compression ? frame.pan : frame.sourcePan ?? frame.pan) ?? 0x1234;
  const digits = (value: number) => value.toString(16).padStart(4, "0");
  return "ba55ec00" + digits(pan) + digits(frame.source ?? 0);
}

/** Appends the 16-bit frame check sequence. */
export function withFcs(frame: Uint8Array): Uint8Array {
  return join(frame, le16(wpanFcs16(frame, 0, frame.length)));
}

/** Appends the 32-bit frame check sequence. */
export function withFcs32(frame: Uint8Array): Uint8Array {
  return join(frame, le32(wpanFcs32(frame, 0, frame.length)));
}

/** A header IE (IEEE 802.15.4-2015, 7.4.2.1). */
export function headerIe(id: number, content: Uint8Array = new Uint8Array(0)): Uint8Array {
  return join(le16(content.length | id << 7), content);
}

/** A payload IE (7.4.3.1). */
export function payloadIe(id: number, content: Uint8Array = new Uint8Array(0)): Uint8Array {
  return join(le16(content.length | id << 11 | 0x8000), content);
}

/** A nested IE of the MLME: short format, or long for identifiers below 16 (7.4.4.1). */
export function nestedIe(id: number, content: Uint8Array, long = false): Uint8Array {
  const header = long ? content.length | id << 11 | 0x8000 : content.length | id << 8;
  return join(le16(header), content);
}

/** One TLV of the TAP header, padded to four bytes. */
export function tapTlv(type: number, value: Uint8Array): Uint8Array {
  return join(le16(type), le16(value.length), value, new Uint8Array(-value.length & 3));
}

/** A TAP header before a frame. */
export function tap(tlvs: readonly Uint8Array[], frame: Uint8Array): Uint8Array {
  const values = join(...tlvs);
  return join([0, 0], le16(values.length + 4), values, frame);
}

/** A 32-bit float, low byte first. */
export function float32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

/** A 64-bit number, low byte first. */
export function le64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

export interface NwkFrame {
  /** @default 0 (data) */
  readonly type?: number;
  /** @default 2 */
  readonly version?: number;
  /** Further bits of the frame control field. */
  readonly flags?: number;
  readonly destination: number;
  readonly source: number;
  readonly sequence?: number;
  /** Extended source address, as written. */
  readonly source64?: string;
  /** What stands between the addresses and the security header. */
  readonly extra?: Uint8Array;
  readonly security?: ZigbeeSecurityHeader;
  readonly payload: Uint8Array;
}

export interface ZigbeeSecurityHeader {
  /** 16 bytes, already derived for key-transport and key-load. */
  readonly key: Uint8Array;
  /** 0 link, 1 network, 2 key-transport, 3 key-load. */
  readonly keyId: number;
  readonly counter: number;
  /** Extended address of the sender, as written. */
  readonly sender: string;
  /** Leaves the sender out of the header. */
  readonly hidden?: boolean;
}

/** A Zigbee network frame (05-3474-22, 3.3.1). */
export function zigbeeNwk(frame: NwkFrame): Uint8Array {
  const control = (frame.type ?? 0) | (frame.version ?? 2) << 2 | (frame.flags ?? 0) |
    (frame.security === undefined ? 0 : 0x200) | (frame.source64 === undefined ? 0 : 0x1000);
  const header = join(
    le16(control),
    le16(frame.destination),
    le16(frame.source),
    [30, frame.sequence ?? 7],
    frame.source64 === undefined ? [] : hex(frame.source64).reverse(),
    frame.extra ?? [],
  );
  return zigbeeSecure(header, frame.payload, frame.security);
}

/** Header, then the payload, encrypted if there is `security`; the level is sent as 0 (4.3.1.1). */
export function zigbeeSecure(
  header: Uint8Array,
  payload: Uint8Array,
  security?: ZigbeeSecurityHeader,
): Uint8Array {
  if (security === undefined) return join(header, payload);
  const { keyId, counter, sender, hidden } = security;
  const control = keyId << 3 | (hidden ? 0 : 0x20);
  const rest = join(
    le32(counter),
    hidden ? [] : hex(sender).reverse(),
    keyId === 1 ? [0] : [],
  );
  const nonce = new Uint8Array(13);
  const address = new DataView(hex(sender).buffer);
  zigbeeNonce(nonce, address.getUint32(0), address.getUint32(4), counter, control | 5);
  const sealed = new AesCcm(security.key)
    .seal(nonce, join(header, [control | 5], rest), payload, 4);
  return join(header, [control], rest, sealed);
}

/** A Zigbee APS data frame, unicast (2.2.5.2.1). */
export function apsData(
  cluster: number,
  profile: number,
  counter: number,
  payload: Uint8Array,
): Uint8Array {
  return join([0x40, 1], le16(cluster), le16(profile), [1, counter], payload);
}

/** A Transport-Key command with a network key (4.4.11.1). */
export function transportKey(key: Uint8Array, to: string, from: string): Uint8Array {
  return join([0x05, 0x01], key, [0], hex(to).reverse(), hex(from).reverse());
}

/** FRAG1 (RFC 4944, 5.3). */
export function firstFragment(size: number, tag: number, part: Uint8Array): Uint8Array {
  return join(be16(0xc000 | size), be16(tag), part);
}

/** FRAGN; the offset in bytes has to be a multiple of 8. */
export function nextFragment(
  size: number,
  tag: number,
  offset: number,
  part: Uint8Array,
): Uint8Array {
  return join(be16(0xe000 | size), be16(tag), [offset / 8], part);
}

/** RFRAG (RFC 8931, 5.1). */
export function recoverableFragment(
  tag: number,
  sequence: number,
  sizeOrOffset: number,
  part: Uint8Array,
): Uint8Array {
  return join([0xe8, tag], be16(sequence << 10 | part.length), be16(sizeOrOffset), part);
}
