/**
 * IPv6 addresses compressed by 6LoWPAN IPHC (RFC 6282, 3.1.1 and 3.2): inline, from a context, from the
 * link-layer address.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { define, frameNumber, ipv6 } from "./field.ts";
import type { Ipv6Builder } from "./ipv6_builder.ts";
import { rule } from "./problem.ts";

/** A prefix that compressed addresses refer to by number (RFC 6282, 3.1.1). */
export interface SixlowpanContext {
  /** 16 bytes; beyond `length` they are zero. */
  readonly prefix: Uint8Array;
  /** In bits, 0 to 128. */
  readonly length: number;
  /** Frame it was learned from, 0 when given. */
  readonly frame: number;
}

/** Finds the context of a number, 0 to 15; undefined when it isn't known. */
export type ContextOf = (id: number) => SixlowpanContext | undefined;

const NO_CONTEXT: SixlowpanContext = { prefix: new Uint8Array(16), length: 0, frame: 0 };
const LINK_LOCAL: SixlowpanContext = {
  prefix: Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  length: 10,
  frame: 0,
};

const F = define({
  "6lowpan.iphc.sctx.prefix": ipv6("Source context"),
  "6lowpan.iphc.sctx.origin": frameNumber("Origin"),
  "6lowpan.iphc.dctx.prefix": ipv6("Destination context"),
  "6lowpan.iphc.dctx.origin": frameNumber("Origin"),
  "6lowpan.src": ipv6("Source"),
  "6lowpan.dst": ipv6("Destination"),
});

const UNKNOWN_CONTEXT = rule(
  "6lowpan",
  "note",
  "address refers to a context that is not known; its prefix is shown as zeros",
  "RFC 6282, 3.1.1",
);

/** Bytes that an address mode has inline: full, 64 bits, 16 bits, none. */
const INLINE: readonly number[] = [16, 8, 2, 0];

/** Reads the source address and writes it to `out` at `to`. */
export function sourceAddress(
  d: Dissection,
  out: Ipv6Builder,
  to: number,
  flags: number,
  contextOf: ContextOf,
  contextId: number,
  identifier: Uint8Array,
): void {
  const at = d.pos;
  const mode = flags >>> 4 & 3;
  const stateful = (flags & 0x40) !== 0;
  let context = stateful ? contextOf(contextId) : LINK_LOCAL;
  if (mode === 0) {
    context = NO_CONTEXT;
    if (!stateful) inline(d, out, to, 16);
  } else {
    unicast(d, out, to, mode, identifier);
  }
  if (context === undefined) d.problem(UNKNOWN_CONTEXT, at);
  finish(d, out, to, at, context ?? NO_CONTEXT, F["6lowpan.src"]);
  putContext(
    d,
    context ?? NO_CONTEXT,
    F["6lowpan.iphc.sctx.prefix"],
    F["6lowpan.iphc.sctx.origin"],
  );
}

/** As `sourceAddress`, for the destination; returns false when the mode is reserved. */
export function destinationAddress(
  d: Dissection,
  out: Ipv6Builder,
  to: number,
  flags: number,
  contextOf: ContextOf,
  contextId: number,
  identifier: Uint8Array,
): boolean {
  const at = d.pos;
  const mode = flags & 3;
  const stateful = (flags & 0x04) !== 0;
  const group = (flags & 0x08) !== 0;
  const context = stateful ? contextOf(contextId) : LINK_LOCAL;
  let prefix: SixlowpanContext = NO_CONTEXT;
  if (stateful && (group ? mode !== 0 : mode === 0)) return false;
  if (group) {
    if (stateful) prefixMulticast(d, out, to, context ?? NO_CONTEXT);
    else multicast(d, out, to, mode);
  } else if (mode === 0) {
    inline(d, out, to, 16);
  } else {
    prefix = context ?? NO_CONTEXT;
    unicast(d, out, to, mode, identifier);
  }
  if (context === undefined) d.problem(UNKNOWN_CONTEXT, at);
  finish(d, out, to, at, prefix, F["6lowpan.dst"]);
  // A full address inline has no context; a multicast one shows the context its flags name.
  const shown = group ? context ?? NO_CONTEXT : prefix;
  putContext(d, shown, F["6lowpan.iphc.dctx.prefix"], F["6lowpan.iphc.dctx.origin"]);
  return true;
}

/** Copies `length` bytes to the end of the address at `to`. */
function inline(d: Dissection, out: Ipv6Builder, to: number, length: number): void {
  const at = d.pos;
  d.skip(length);
  if (d.failed !== 0) return;
  for (let i = 0; i < length; i++) out.bytes[to + 16 - length + i] = d.data[at + i]!;
}

function unicast(
  d: Dissection,
  out: Ipv6Builder,
  to: number,
  mode: number,
  identifier: Uint8Array,
): void {
  if (mode === 3) {
    out.bytes.set(identifier, to + 8);
    return;
  }
  if (mode === 2) {
    out.bytes[to + 11] = 0xff;
    out.bytes[to + 12] = 0xfe;
  }
  inline(d, out, to, INLINE[mode]!);
}

/** Full, ffXX::00XX:XXXX:XXXX, ffXX::00XX:XXXX or ff02::00XX. */
function multicast(d: Dissection, out: Ipv6Builder, to: number, mode: number): void {
  if (mode === 0) return inline(d, out, to, 16);
  out.bytes[to] = 0xff;
  out.bytes[to + 1] = mode === 3 ? 0x02 : d.u8();
  inline(d, out, to, mode === 1 ? 5 : mode === 2 ? 3 : 1);
}

/** ffXX:XXLL:PPPP:PPPP:PPPP:PPPP:XXXX:XXXX (RFC 3306). */
function prefixMulticast(
  d: Dissection,
  out: Ipv6Builder,
  to: number,
  context: SixlowpanContext,
): void {
  out.bytes[to] = 0xff;
  out.bytes[to + 1] = d.u8();
  out.bytes[to + 2] = d.u8();
  out.bytes[to + 3] = Math.min(context.length, 64);
  for (let i = 0; i < 8; i++) out.bytes[to + 4 + i] = context.prefix[i]!;
  inline(d, out, to, 4);
}

/** Lays the context's bits over the address, and writes it as a field. */
function finish(
  d: Dissection,
  out: Ipv6Builder,
  to: number,
  at: number,
  context: SixlowpanContext,
  field: number,
): void {
  if (d.failed !== 0) return;
  const { bytes } = out;
  const whole = context.length >>> 3;
  for (let i = 0; i < whole; i++) bytes[to + i] = context.prefix[i]!;
  const rest = context.length & 7;
  if (rest !== 0) {
    const mask = 0xff00 >>> rest & 0xff;
    bytes[to + whole] = bytes[to + whole]! & ~mask | context.prefix[whole]! & mask;
  }
  if (d.want[field] !== 0) d.putObject(field, bytes.slice(to, to + 16), at, d.pos - at);
}

function putContext(
  d: Dissection,
  context: SixlowpanContext,
  prefix: number,
  origin: number,
): void {
  if (context.length === 0 || d.failed !== 0) return;
  if (d.want[prefix] !== 0) d.putObject(prefix, context.prefix, d.pos, 0);
  if (context.frame !== 0) d.put(origin, context.frame, d.pos, 0);
}
