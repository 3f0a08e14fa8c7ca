/**
 * The Constrained Application Protocol over UDP (RFC 7252; RFC 7641, RFC 7959, RFC 8613, RFC 8768).
 *
 * @module
 */
import { FORMATS, type Option, OPTIONS, Shape } from "./coap_options.ts";
import { decodeDataWithin } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, bytes, define, none, protocol, string, uint16, uint32, uint8 } from "./field.ts";
import { rule } from "./problem.ts";

const COAP = protocol("coap", "CoAP", "Constrained Application Protocol");

const TYPES: Readonly<Record<number, string>> = {
  0: "Confirmable",
  1: "Non-Confirmable",
  2: "Acknowledgement",
  3: "Reset",
};
const SHORT_TYPES = ["CON", "NON", "ACK", "RST"];

/** Method and response codes: class in the upper 3 bits, detail in the lower 5 (RFC 7252, 12.1). */
const CODES: Readonly<Record<number, string>> = {
  0: "Empty Message",
  1: "GET",
  2: "POST",
  3: "PUT",
  4: "DELETE",
  5: "FETCH",
  6: "PATCH",
  7: "iPATCH",
  65: "2.01 Created",
  66: "2.02 Deleted",
  67: "2.03 Valid",
  68: "2.04 Changed",
  69: "2.05 Content",
  95: "2.31 Continue",
  128: "4.00 Bad Request",
  129: "4.01 Unauthorized",
  130: "4.02 Bad Option",
  131: "4.03 Forbidden",
  132: "4.04 Not Found",
  133: "4.05 Method Not Allowed",
  134: "4.06 Not Acceptable",
  136: "4.08 Request Entity Incomplete",
  137: "4.09 Conflict",
  140: "4.12 Precondition Failed",
  141: "4.13 Request Entity Too Large",
  143: "4.15 Unsupported Content-Format",
  150: "4.22 Unprocessable Entity",
  157: "4.29 Too Many Requests",
  160: "5.00 Internal Server Error",
  161: "5.01 Not Implemented",
  162: "5.02 Bad Gateway",
  163: "5.03 Service Unavailable",
  164: "5.04 Gateway Timeout",
  165: "5.05 Proxying Not Supported",
  168: "5.08 Hop Limit Reached",
};

const F = define({
  "coap.version": uint8("Version"),
  "coap.type": uint8("Type", { names: TYPES }),
  "coap.token_len": uint8("Token Length"),
  "coap.code": uint8("Code", { names: CODES }),
  "coap.mid": uint16("Message ID"),
  "coap.token": bytes("Token"),
  "coap.opt.name": string("Opt Name"),
  "coap.opt.desc": string("Opt Desc"),
  "coap.opt.delta": uint8("Opt Delta"),
  "coap.opt.delta_ext": uint16("Opt Delta extended"),
  "coap.opt.length": uint8("Opt Length"),
  "coap.opt.length_ext": uint16("Opt Length extended"),
  "coap.opt.end_marker": uint8("End of options marker"),
  "coap.opt.object_security_piv_len": uint8("Partial IV Length"),
  "coap.opt.object_security_kid_present": boolean("Key ID Present"),
  "coap.opt.object_security_kid_context_present": boolean("Key ID Context Present"),
  "coap.opt.block_number": uint32("Block Number"),
  "coap.opt.block_mflag": uint8("More Flag"),
  "coap.opt.block_size": uint8("Encoded Block Size"),
  "coap.opt.unknown": bytes("Unknown"),
  "coap.payload": string("Payload"),
  "coap.payload_length": uint32("Payload Length"),
  "coap.option_length_bad": none("Option length bad"),
});

const CONTENT_FORMAT = 12;
const OCTETS = 42;
/** There is no payload; there is one, but no option says of which format. */
const ABSENT = -2;
const UNSAID = -1;

const VERSION = rule("coap", "error", "version is not 1", "RFC 7252, 3");
const TOKEN = rule("coap", "error", "token length of 9 to 15 is reserved", "RFC 7252, 3");
const OPTION_BAD = rule("coap", "error", "option delta or length is reserved", "RFC 7252, 3.1");
const OPTION_LONG = rule("coap", "error", "option is longer than the message", "RFC 7252, 3.1");
const OPTION_LENGTH = rule("coap", "warning", "option value has a wrong length", "RFC 7252, 5.4.3");
const NO_PAYLOAD = rule("coap", "error", "payload marker without payload", "RFC 7252, 3");

/** Reads a message that takes the whole layer. */
export function decodeCoap(d: Dissection): void {
  d.layer(COAP);
  const at = d.pos;
  const first = d.u8();
  if (d.failed !== 0) return;
  const type = first >>> 4 & 3;
  const tokenLength = first & 0xf;
  d.put(F["coap.version"], first >>> 6, at, 1);
  d.put(F["coap.type"], type, at, 1);
  d.put(F["coap.token_len"], tokenLength, at, 1);
  if (first >>> 6 !== 1) d.problem(VERSION, at);
  if (tokenLength > 8) d.problem(TOKEN, at);
  const code = d.u8(F["coap.code"]);
  const id = d.u16(F["coap.mid"]);
  if (tokenLength > 0) d.bytes(tokenLength, F["coap.token"]);
  if (d.failed !== 0) return;
  if (d.columns) {
    d.protocolColumn = "CoAP";
    d.infoColumn = `${SHORT_TYPES[type]}, MID:${id}, ${CODES[code] ?? `Unknown ${code}`}`;
  }
  const format = options(d);
  if (format !== ABSENT && d.failed === 0) payload(d, format, code >>> 5);
}

/** Reads the options; returns the payload's format, or one of `ABSENT` and `UNSAID`. */
function options(d: Dissection): number {
  let number = 0;
  let format = UNSAID;
  for (let count = 1; d.pos < d.limit && d.failed === 0; count++) {
    if (d.peek() === 0xff) {
      d.u8(F["coap.opt.end_marker"]);
      if (d.pos >= d.limit) d.problem(NO_PAYLOAD, d.pos - 1);
      return d.pos < d.limit ? format : ABSENT;
    }
    const at = d.pos;
    number = oneOption(d, number, count);
    if (number < 0) return ABSENT;
    if (number === CONTENT_FORMAT) format = formatAt(d, at);
  }
  return ABSENT;
}

/** The content format of the option that starts at `at` and has just been read. */
function formatAt(d: Dissection, at: number): number {
  const length = Math.min(d.data[at]! & 0xf, 2);
  let format = 0;
  for (let i = d.pos - length; i < d.pos; i++) format = format << 8 | d.data[i]!;
  return format;
}

/** Returns the option's number, -1 when the options can't be read further. */
function oneOption(d: Dissection, last: number, count: number): number {
  const at = d.pos;
  const first = d.u8();
  if (first >>> 4 === 15 || (first & 0xf) === 15) return bad(d, at);
  const deltaAt = d.pos;
  const delta = extended(d, first >>> 4);
  const lengthAt = d.pos;
  const length = extended(d, first & 0xf);
  if (d.failed !== 0) return -1;
  const number = last + delta;
  if (length > d.limit - d.pos) {
    d.problem(OPTION_LONG, at);
    d.putNone(F["coap.option_length_bad"], at);
    return -1;
  }
  const known = OPTIONS.get(number);
  const size = d.pos - at + length;
  if (d.want[F["coap.opt.name"]] !== 0) {
    const name = known?.name ?? (number % 14 === 0 ? "No-Op" : `Unknown Option (${number})`);
    d.putObject(F["coap.opt.name"], `#${count}: ${name}`, at, size);
  }
  d.push();
  if (d.want[F["coap.opt.desc"]] !== 0) {
    d.putObject(F["coap.opt.desc"], description(number), at, size);
  }
  d.put(F["coap.opt.delta"], first >>> 4, at, 1);
  d.put(F["coap.opt.length"], first & 0xf, at, 1);
  if (lengthAt > deltaAt) {
    d.put(F["coap.opt.delta_ext"], delta - base(first >>> 4), deltaAt, lengthAt - deltaAt);
  }
  if (d.pos > lengthAt) {
    d.put(F["coap.opt.length_ext"], length - base(first & 0xf), lengthAt, d.pos - lengthAt);
  }
  if (known !== undefined && (length < known.shortest || length > known.longest)) {
    d.problem(OPTION_LENGTH, at);
  }
  value(d, known, length);
  d.pop();
  return d.failed === 0 ? number : -1;
}

function bad(d: Dissection, at: number): number {
  d.problem(OPTION_BAD, at);
  d.putNone(F["coap.option_length_bad"], at);
  return -1;
}

function base(nibble: number): number {
  return nibble === 13 ? 13 : nibble === 14 ? 269 : 0;
}

/** 0 to 12, or 13 and a byte, or 269 and two bytes (RFC 7252, 3.1). */
function extended(d: Dissection, nibble: number): number {
  if (nibble === 13) return 13 + d.u8();
  if (nibble === 14) return 269 + d.u16();
  return nibble;
}

function description(number: number): string {
  const critical = (number & 1) !== 0 ? "Critical" : "Elective";
  const unsafe = (number & 2) !== 0 ? "Unsafe" : "Safe";
  return `Type ${number}, ${critical}, ${unsafe}${(number & 0x1e) === 0x1c ? ", NoCacheKey" : ""}`;
}

function value(d: Dissection, known: Option | undefined, length: number): void {
  const at = d.pos;
  const field = known?.field ?? F["coap.opt.unknown"];
  switch (known?.shape ?? Shape.Bytes) {
    case Shape.Number:
      d.put(field, number(d, length), at, length);
      break;
    case Shape.Text:
      d.putText(field, at, Math.min(length, d.end - at));
      break;
    case Shape.Bytes:
      d.putBytes(field, at, Math.min(length, d.end - at));
      break;
    case Shape.Format:
      if (d.want[field] !== 0) {
        const format = number(d, length);
        d.putObject(field, FORMATS[format] ?? `Unknown Type ${format}`, at, length);
      }
      break;
    case Shape.Block:
      block(d, number(d, length), at, length);
      break;
    case Shape.Oscore:
      if (length > 0) oscore(d, d.peek(), at);
  }
  d.pos = at;
  d.skip(length);
}

/** A number of 0 to 4 bytes; reads what there is. */
function number(d: Dissection, length: number): number {
  return length === 0 || length > 4 ? 0 : d.uint(length);
}

/** Block number, more flag and size exponent (RFC 7959, 2.2). */
function block(d: Dissection, value: number, at: number, length: number): void {
  d.put(F["coap.opt.block_number"], value >>> 4, at, length);
  d.put(F["coap.opt.block_mflag"], value >>> 3 & 1, at, length);
  d.put(F["coap.opt.block_size"], value & 7, at, length);
}

/** Flag byte of the OSCORE option (RFC 8613, 6.1). */
function oscore(d: Dissection, flags: number, at: number): void {
  d.putFlag(F["coap.opt.object_security_kid_context_present"], flags, 0x10, at, 1);
  d.putFlag(F["coap.opt.object_security_kid_present"], flags, 0x08, at, 1);
  d.put(F["coap.opt.object_security_piv_len"], flags & 7, at, 1);
}

/** `codeClass`: 4 and 5 are errors, whose payload is text if nothing else is said (RFC 7252, 5.5.2). */
function payload(d: Dissection, format: number, codeClass: number): void {
  const length = d.limit - d.pos;
  if (d.want[F["coap.payload"]] !== 0) {
    const error = codeClass === 4 || codeClass === 5;
    const name = format === UNSAID
      ? `${FORMATS[error ? 0 : OCTETS]} (no Content-Format)`
      : FORMATS[format] ?? `Unknown Type ${format}`;
    const text = `Payload Content-Format: ${name}, Length: ${length}`;
    d.putObject(F["coap.payload"], text, d.pos, d.end - d.pos);
  }
  d.put(F["coap.payload_length"], length, d.pos, 0);
  decodeDataWithin(d);
}
