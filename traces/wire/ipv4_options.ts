/**
 * Options of the IPv4 header, by number and length (RFC 791, 3.1; numbers of IANA).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { boolean, bytes, define, ipv4, uint16, uint8 } from "./field.ts";
import { rule } from "./problem.ts";

const NUMBERS = {
  0: "End of options",
  1: "No operation",
  2: "Security",
  3: "Loose source route",
  4: "Time stamp",
  5: "Extended security",
  6: "Commercial security",
  7: "Record route",
  8: "Stream identifier",
  9: "Strict source route",
  11: "MTU probe",
  12: "MTU reply",
  18: "Traceroute",
  20: "Router alert",
  25: "Quick start",
};

const F = define({
  "ip.opt.type": uint8("Type"),
  "ip.opt.type.copy": boolean("Copied on fragmentation"),
  "ip.opt.type.class": uint8("Class"),
  "ip.opt.type.number": uint8("Number", { names: NUMBERS }),
  "ip.opt.len": uint8("Length"),
  "ip.opt.ptr": uint8("Pointer"),
  "ip.opt.ra": uint16("Router alert"),
  "ip.opt.padding": bytes("Padding"),
  "ip.rec_rt": ipv4("Recorded route"),
  "ip.src_rt": ipv4("Source route"),
  "ip.empty_rt": ipv4("Empty route"),
});

const BAD_OPTION = rule("ip", "error", "option goes beyond the header", "RFC 791, 3.1");

const Option = {
  End: 0,
  NoOperation: 1,
  RecordRoute: 7,
  LooseRoute: 131,
  StrictRoute: 137,
  RouterAlert: 148,
};

/** Reads the options up to the end of the layer. */
export function readIpv4Options(d: Dissection): void {
  while (d.pos < d.end) {
    const at = d.pos;
    const type = d.u8(F["ip.opt.type"]);
    d.push();
    d.put(F["ip.opt.type.copy"], type >> 7, at, 1);
    d.put(F["ip.opt.type.class"], type >> 5 & 3, at, 1);
    d.put(F["ip.opt.type.number"], type & 31, at, 1);
    d.pop();
    if (type === Option.End) {
      if (d.pos < d.end) d.bytes(d.end - d.pos, F["ip.opt.padding"]);
      return;
    }
    if (type === Option.NoOperation) continue;
    const length = d.peek();
    if (length < 2 || at + length > d.end) {
      d.problem(BAD_OPTION, at);
      d.pos = d.end;
      return;
    }
    d.u8(F["ip.opt.len"]);
    if (length > 2) readValue(d, type, at + length);
    d.pos = at + length;
  }
}

function readValue(d: Dissection, type: number, end: number): void {
  switch (type) {
    case Option.RouterAlert:
      if (end - d.pos >= 2) d.u16(F["ip.opt.ra"]);
      return;
    case Option.RecordRoute:
    case Option.LooseRoute:
    case Option.StrictRoute: {
      const start = d.pos - 2;
      const pointer = d.u8(F["ip.opt.ptr"]);
      while (end - d.pos >= 4) {
        d.bytes(4, routeField(type, d.pos - start + 1, pointer, end - start));
      }
    }
  }
}

/** `position` and `pointer` count from 1, from the start of the option (RFC 791, 3.1). */
function routeField(type: number, position: number, pointer: number, length: number): number {
  const record = type === Option.RecordRoute;
  if (record) return position < pointer ? F["ip.rec_rt"] : F["ip.empty_rt"];
  return position < pointer || pointer > length ? F["ip.rec_rt"] : F["ip.src_rt"];
}

/**
 * Where the address stands to which a source route leads: the last of the route, as long as the
 * route is not used up. 0 when there is none (RFC 791, 3.1).
 */
export function finalDestination(data: Uint8Array, start: number, length: number): number {
  const end = start + length;
  let at = start;
  while (at < end) {
    const type = data[at]!;
    if (type === Option.End) return 0;
    if (type === Option.NoOperation) {
      at++;
      continue;
    }
    const size = at + 1 < end ? data[at + 1]! : 0;
    if (size < 2 || at + size > end) return 0;
    if (type === Option.LooseRoute || type === Option.StrictRoute) {
      const pointer = size > 2 ? data[at + 2]! : 0;
      return pointer < 4 || (pointer & 3) !== 0 || pointer > size ? 0 : at + size - 4;
    }
    at += size;
  }
  return 0;
}
