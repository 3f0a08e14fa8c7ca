/**
 * ICMP (RFC 792, 950, 1256, 4884), in brief.
 *
 * @module
 */
import { addChecksum } from "./checksum.ts";
import { decodeData } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import {
  absoluteTime,
  bytes,
  define,
  hex16,
  int32,
  ipv4,
  protocol,
  relativeTime,
  uint16,
  uint32,
  uint8,
} from "./field.ts";
import { rule } from "./problem.ts";

const ICMP = protocol("icmp", "ICMP", "Internet Control Message Protocol");

const TYPES: Readonly<Record<number, string>> = {
  0: "Echo (ping) reply",
  3: "Destination unreachable",
  4: "Source quench",
  5: "Redirect",
  8: "Echo (ping) request",
  9: "Router advertisement",
  10: "Router solicitation",
  11: "Time-to-live exceeded",
  12: "Parameter problem",
  13: "Timestamp request",
  14: "Timestamp reply",
  15: "Information request",
  16: "Information reply",
  17: "Address mask request",
  18: "Address mask reply",
};

const UNREACHABLE: Readonly<Record<number, string>> = {
  0: "Network unreachable",
  1: "Host unreachable",
  2: "Protocol unreachable",
  3: "Port unreachable",
  4: "Fragmentation needed",
  5: "Source route failed",
  9: "Network administratively prohibited",
  10: "Host administratively prohibited",
  13: "Communication administratively filtered",
};
const REDIRECTS: Readonly<Record<number, string>> = {
  0: "Redirect for network",
  1: "Redirect for host",
  2: "Redirect for type of service and network",
  3: "Redirect for type of service and host",
};
const EXCEEDED: Readonly<Record<number, string>> = {
  0: "Time to live exceeded in transit",
  1: "Fragment reassembly time exceeded",
};
const CODES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  3: UNREACHABLE,
  5: REDIRECTS,
  11: EXCEEDED,
};

const F = define({
  "icmp.type": uint8("Type", { names: TYPES }),
  "icmp.code": uint8("Code"),
  "icmp.checksum": hex16("Checksum"),
  "icmp.checksum.status": uint8("Checksum status"),
  "icmp.ident": uint16("Identifier, big-endian"),
  "icmp.ident_le": uint16("Identifier, little-endian"),
  "icmp.seq": uint16("Sequence number, big-endian"),
  "icmp.seq_le": uint16("Sequence number, little-endian"),
  "icmp.unused": bytes("Unused"),
  "icmp.length": uint8("Length", { unit: " words" }),
  "icmp.length.original_datagram": uint8("Length of the original datagram"),
  "icmp.mtu": uint16("MTU of the next hop", { unit: " bytes" }),
  "icmp.pointer": uint32("Pointer"),
  "icmp.redir_gw": ipv4("Gateway"),
  "icmp.num_addrs": uint8("Number of addresses"),
  "icmp.addr_entry_size": uint8("Address entry size"),
  "icmp.lifetime": uint16("Lifetime", { unit: " seconds" }),
  "icmp.router_address": ipv4("Router address"),
  "icmp.pref_level": int32("Preference level"),
  "icmp.originate_timestamp": uint32("Originate timestamp", { unit: " ms" }),
  "icmp.receive_timestamp": uint32("Receive timestamp", { unit: " ms" }),
  "icmp.transmit_timestamp": uint32("Transmit timestamp", { unit: " ms" }),
  "icmp.address_mask": ipv4("Address mask"),
  "icmp.data_time": absoluteTime("Timestamp in the data"),
  "icmp.data_time_relative": relativeTime("Time since the timestamp", { unit: " seconds" }),
});

const BAD_CHECKSUM = rule("icmp", "error", "checksum is wrong", "RFC 792");

const Type = {
  EchoReply: 0,
  Unreachable: 3,
  SourceQuench: 4,
  Redirect: 5,
  Echo: 8,
  RouterAdvertisement: 9,
  TimeExceeded: 11,
  ParameterProblem: 12,
  Timestamp: 13,
  TimestampReply: 14,
  InformationRequest: 15,
  InformationReply: 16,
  MaskRequest: 17,
  MaskReply: 18,
};

/** A day; timestamps in echo data are supposed to be nearer than this. */
const NEAR = 86400;

/**
 * Reads a message.
 *
 * @param whole all of it is there, so that the checksum can be verified
 * @param ttl of the packet it is in, for the info column
 * @returns true when the cursor stands before the packet that an error message quotes
 */
export function decodeIcmp(d: Dissection, whole: boolean, ttl: number): boolean {
  const at = d.pos;
  d.layer(ICMP);
  if (!d.has(6)) {
    d.skip(6);
    return false;
  }
  const type = d.u8(F["icmp.type"]);
  const code = d.u8(F["icmp.code"]);
  if (d.columns) columns(d, type, code);
  d.u16(F["icmp.checksum"]);
  if (d.failed !== 0) return false;
  verify(d, at, whole && d.end === d.limit);
  switch (type) {
    case Type.Unreachable:
    case Type.TimeExceeded:
    case Type.ParameterProblem:
    case Type.SourceQuench:
    case Type.Redirect:
      readErrorHeader(d, type, code);
      return d.failed === 0;
    default:
      readMessage(d, type, ttl);
      return false;
  }
}

function readMessage(d: Dissection, type: number, ttl: number): void {
  switch (type) {
    case Type.Echo:
    case Type.EchoReply:
      readIdentity(d, ttl);
      return readEchoData(d);
    case Type.Timestamp:
    case Type.TimestampReply:
      readIdentity(d, ttl);
      d.u32(F["icmp.originate_timestamp"]);
      d.u32(F["icmp.receive_timestamp"]);
      d.u32(F["icmp.transmit_timestamp"]);
      return;
    case Type.InformationRequest:
    case Type.InformationReply:
      return readIdentity(d, ttl);
    case Type.MaskRequest:
    case Type.MaskReply:
      readIdentity(d, ttl);
      return d.bytes(4, F["icmp.address_mask"]);
    case Type.RouterAdvertisement:
      return readRouters(d);
  }
}

function readIdentity(d: Dissection, ttl: number): void {
  let at = d.pos;
  d.u16le(F["icmp.ident_le"]);
  if (d.failed !== 0) return;
  d.pos = at;
  const identity = d.u16(F["icmp.ident"]);
  at = d.pos;
  const little = d.u16le(F["icmp.seq_le"]);
  if (d.failed !== 0) return;
  d.pos = at;
  const sequence = d.u16(F["icmp.seq"]);
  if (d.columns) {
    const hex = identity.toString(16).padStart(4, "0");
    d.infoColumn += ` id=0x${hex}, seq=${sequence}/${little}, ttl=${ttl}`;
  }
}

/** ping puts its time of sending there: seconds and microseconds, in its host's byte order. */
function readEchoData(d: Dissection): void {
  const at = d.pos;
  if (d.failed !== 0) return;
  if (d.has(8) && !putTime(d, d.u32(), d.u32())) {
    d.pos = at;
    if (!putTime(d, d.u32le(), d.u32le())) d.pos = at;
  }
  const { depth } = d;
  decodeData(d);
  d.depth = depth;
}

function putTime(d: Dissection, seconds: number, micros: number): boolean {
  if (micros >= 1_000_000 || Math.abs((seconds - d.seconds) | 0) >= NEAR) return false;
  d.putTime(F["icmp.data_time"], seconds, micros * 1000, d.pos - 8, 8);
  const difference = (d.seconds - seconds) * 1e9 + d.nanoseconds - micros * 1000;
  const whole = Math.trunc(difference / 1e9);
  d.putTime(F["icmp.data_time_relative"], whole, difference - whole * 1e9, d.pos - 8, 8);
  return true;
}

function readRouters(d: Dissection): void {
  const count = d.u8(F["icmp.num_addrs"]);
  const size = d.u8(F["icmp.addr_entry_size"]);
  d.u16(F["icmp.lifetime"]);
  if (size !== 2) return decodeData(d);
  for (let i = 0; i < count && d.failed === 0; i++) {
    d.bytes(4, F["icmp.router_address"]);
    const at = d.pos;
    d.put(F["icmp.pref_level"], d.u32() | 0, at, 4);
  }
}

/** The second word of an error message (RFC 792, RFC 1191, RFC 4884). */
function readErrorHeader(d: Dissection, type: number, code: number): void {
  const at = d.pos;
  if (!d.has(4)) {
    d.skip(4);
    return;
  }
  const words = d.peek(1);
  switch (type) {
    case Type.Redirect:
      return d.bytes(4, F["icmp.redir_gw"]);
    case Type.ParameterProblem:
      d.u8(F["icmp.pointer"]);
      readLength(d, words, 2);
      return;
    case Type.Unreachable:
    case Type.TimeExceeded: {
      const mtu = type === Type.Unreachable && code === 4;
      if (words > 0) {
        d.bytes(1, F["icmp.unused"]);
        readLength(d, words, mtu ? 0 : 2);
      } else {
        d.bytes(mtu ? 2 : 4, F["icmp.unused"]);
      }
      if (mtu) d.u16(F["icmp.mtu"]);
      return;
    }
    default:
      d.pos = at + 4;
  }
}

/** Length of the quoted packet (RFC 4884, 4), then unused bytes. */
function readLength(d: Dissection, words: number, unused: number): void {
  if (words > 0) {
    const at = d.pos;
    d.u8(F["icmp.length"]);
    d.put(F["icmp.length.original_datagram"], words * 4, at, 1);
    if (unused > 0) d.bytes(unused, F["icmp.unused"]);
  } else {
    d.bytes(unused + 1, F["icmp.unused"]);
  }
}

function verify(d: Dissection, at: number, whole: boolean): void {
  let status = 2;
  if (whole) {
    const good = addChecksum(d.data, at, d.end - at) === 0xffff;
    if (!good) d.problem(BAD_CHECKSUM, at + 2);
    status = good ? 1 : 0;
  }
  d.put(F["icmp.checksum.status"], status, at + 2, 0);
}

function columns(d: Dissection, type: number, code: number): void {
  d.protocolColumn = "ICMP";
  const reason = CODES[type]?.[code];
  const name = TYPES[type] ?? "Unknown ICMP message";
  d.infoColumn = reason === undefined ? name.padEnd(20) : `${name.padEnd(20)} (${reason})`;
}
