/**
 * Options and content formats of CoAP by number (RFC 7252, 12.2 and 12.3, and the registries of IANA).
 *
 * @module
 */
import { bytes, define, string, uint16, uint32, uint8 } from "./field.ts";

const F = define({
  "coap.opt.ctype": string("Content-type"),
  "coap.opt.max_age": uint32("Max-age", { unit: " s" }),
  "coap.opt.proxy_uri": string("Proxy-Uri"),
  "coap.opt.proxy_scheme": string("Proxy-Scheme"),
  "coap.opt.size1": uint32("Size1"),
  "coap.opt.etag": bytes("Etag"),
  "coap.opt.uri_host": string("Uri-Host"),
  "coap.opt.location_path": string("Location-Path"),
  "coap.opt.uri_port": uint16("Uri-Port"),
  "coap.opt.location_query": string("Location-Query"),
  "coap.opt.uri_path": string("Uri-Path"),
  "coap.opt.observe": uint32("Observe"),
  "coap.opt.hop_limit": uint8("Hop Limit"),
  "coap.opt.accept": string("Accept"),
  "coap.opt.if_match": bytes("If-Match"),
  "coap.opt.block_size": uint8("Encoded Block Size"),
  "coap.opt.uri_query": string("Uri-Query"),
});

/** What an option holds. */
export const Shape = {
  Empty: 0,
  Number: 1,
  Text: 2,
  Bytes: 3,
  Block: 4,
  Format: 5,
  Oscore: 6,
} as const;

export interface Option {
  readonly name: string;
  readonly shape: number;
  readonly field: number;
  /** Shortest and longest value, in bytes. */
  readonly shortest: number;
  readonly longest: number;
}

/** Options by number (RFC 7252, Table 4, and the registry of IANA). */
export const OPTIONS: ReadonlyMap<number, Option> = new Map([
  [1, option("If-Match", Shape.Bytes, F["coap.opt.if_match"], 0, 8)],
  [3, option("Uri-Host", Shape.Text, F["coap.opt.uri_host"], 1, 255)],
  [4, option("Etag", Shape.Bytes, F["coap.opt.etag"], 1, 8)],
  [5, option("If-None-Match", Shape.Empty, 0, 0, 0)],
  [6, option("Observe", Shape.Number, F["coap.opt.observe"], 0, 3)],
  [7, option("Uri-Port", Shape.Number, F["coap.opt.uri_port"], 0, 2)],
  [8, option("Location-Path", Shape.Text, F["coap.opt.location_path"], 0, 255)],
  [9, option("OSCORE", Shape.Oscore, 0, 0, 255)],
  [11, option("Uri-Path", Shape.Text, F["coap.opt.uri_path"], 0, 255)],
  [12, option("Content-Format", Shape.Format, F["coap.opt.ctype"], 0, 2)],
  [14, option("Max-age", Shape.Number, F["coap.opt.max_age"], 0, 4)],
  [15, option("Uri-Query", Shape.Text, F["coap.opt.uri_query"], 0, 255)],
  [16, option("Hop-Limit", Shape.Number, F["coap.opt.hop_limit"], 1, 1)],
  [17, option("Accept", Shape.Format, F["coap.opt.accept"], 0, 2)],
  [20, option("Location-Query", Shape.Text, F["coap.opt.location_query"], 0, 255)],
  [23, option("Block2", Shape.Block, 0, 0, 3)],
  [27, option("Block1", Shape.Block, 0, 0, 3)],
  [28, option("Size2", Shape.Number, F["coap.opt.block_size"], 0, 4)],
  [35, option("Proxy-Uri", Shape.Text, F["coap.opt.proxy_uri"], 1, 1034)],
  [39, option("Proxy-Scheme", Shape.Text, F["coap.opt.proxy_scheme"], 1, 255)],
  [60, option("Size1", Shape.Number, F["coap.opt.size1"], 0, 4)],
]);

function option(
  name: string,
  shape: number,
  field: number,
  shortest: number,
  longest: number,
): Option {
  return { name, shape, field, shortest, longest };
}

/** Content formats (RFC 7252, 12.3, and the registry of IANA). */
export const FORMATS: Readonly<Record<number, string>> = {
  0: "text/plain; charset=utf-8",
  16: 'application/cose; cose-type="cose-encrypt0"',
  17: 'application/cose; cose-type="cose-mac0"',
  18: 'application/cose; cose-type="cose-sign1"',
  40: "application/link-format",
  41: "application/xml",
  42: "application/octet-stream",
  47: "application/exi",
  50: "application/json",
  51: "application/json-patch+json",
  52: "application/merge-patch+json",
  60: "application/cbor",
  61: "application/cwt",
  110: "application/senml+json",
  112: "application/senml+cbor",
  11542: "application/vnd.oma.lwm2m+tlv",
  11543: "application/vnd.oma.lwm2m+json",
};
