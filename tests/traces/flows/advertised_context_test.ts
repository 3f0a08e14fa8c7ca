/**
 * 6LoWPAN contexts that router advertisements bring (RFC 6775, 4.2).
 *
 * @module
 */
import assert from "node:assert/strict";
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import { valueText } from "../../../traces/report/value.ts";
import { fieldOf } from "../../../traces/wire/field.ts";
import { hex, join, macFrame } from "../support/wpan_frames.ts";

const NO_FCS = 230;
const LINK_IPV6 = 229;

class Decoder {
  readonly #decoder = new CaptureDecoder();
  readonly #frame = new CaptureFrame();

  constructor() {
    this.#decoder.d.want.fill(1, 1);
  }

  /** Decodes a frame; returns the values of a field. */
  values(linkType: number, data: Uint8Array, name: string): string[] {
    const frame = this.#frame;
    frame.number++;
    frame.linkType = linkType;
    frame.data = data;
    frame.capturedLength = frame.length = data.length;
    this.#decoder.decode(frame);
    const { d } = this.#decoder;
    const found: string[] = [];
    for (let i = 0; i < d.tree.count; i++) {
      if (fieldOf(d.tree.id[i]!).name === name) found.push(valueText(d, i));
    }
    return found;
  }
}

/** A router advertisement with one option, as an IPv6 packet. */
function advertisement(option: string): Uint8Array {
  const message = join(hex("8600 0000 40 00 0000 00000000 00000000"), hex(option));
  const header = join(hex("60000000"), [message.length >> 8, message.length], hex("3aff"));
  return join(
    header,
    hex("fe80000000000000000000fffe000001"),
    hex("ff02" + "0".repeat(27) + "1"),
    message,
  );
}

function radio(payload: Uint8Array): Uint8Array {
  return macFrame({ destination: 2, source: 1, compression: true, payload });
}

/** Compressed, source 16 bits behind the prefix of context 1 (RFC 6282, 3.1.1). */
const COMPRESSED = radio(join(hex("7ef7 10 3a"), hex("8000")));
/** Context 1: 64 bits of 2001:db8:0:1::. */
const OPTION = "22024011 0000 ffff 20010db800000001";

Deno.test("a context in a router advertisement of the network holds from then on", () => {
  const decoder = new Decoder();
  decoder.values(NO_FCS, radio(join([0x41], advertisement(OPTION))), "icmpv6.type");
  assert.deepEqual(decoder.values(NO_FCS, COMPRESSED, "6lowpan.iphc.sctx.origin"), ["1"]);
  const again = radio(join([0x41], advertisement(OPTION)));
  assert.deepEqual(decoder.values(NO_FCS, again, "icmpv6.type"), ["134"]);
  assert.deepEqual(decoder.values(NO_FCS, COMPRESSED, "6lowpan.iphc.sctx.origin"), ["1"]);
  assert.deepEqual(decoder.values(NO_FCS, COMPRESSED, "6lowpan.iphc.sctx.prefix"), [
    "2001:db8:0:1::",
  ]);
});

Deno.test("a context advertised elsewhere, or in an option too long, is not taken", () => {
  const decoder = new Decoder();
  decoder.values(LINK_IPV6, advertisement(OPTION), "icmpv6.type");
  const long = advertisement("22044011 0000 ffff" + "00".repeat(24));
  decoder.values(NO_FCS, radio(join([0x41], long)), "icmpv6.type");
  assert.deepEqual(decoder.values(NO_FCS, COMPRESSED, "6lowpan.iphc.sctx.origin"), []);
});
