/**
 * IEEE 802.15.4 frames as captures hold them (link types 195, 215, 230, 283), and what is in them:
 * Zigbee, 6LoWPAN, Lightweight Mesh. Keeps what one frame tells about another: addresses, keys,
 * fragments, slot numbers.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { bytes, define, hex32, hex8, protocol } from "../wire/field.ts";
import { conclude } from "../wire/failure.ts";
import { rule } from "../wire/problem.ts";
import { Kind } from "../wire/tree.ts";
import { decodeWpanBeacon } from "../wire/wpan_beacon.ts";
import { decodeWpanCommand, decodeWpanCommandId } from "../wire/wpan_command.ts";
import { WpanAddress, WpanFrame, WpanType, WpanVersion } from "../wire/wpan_frame.ts";
import { decodeWpanAddressing, putLearnedSource, WPAN, wpanTypeText } from "../wire/wpan_header.ts";
import { decodeHeaderIes, decodePayloadIes } from "../wire/wpan_ie.ts";
import { decodeWpanSecurity, decodeWpanSecurity2003 } from "../wire/wpan_security.ts";
import { decodeWpanTap, isWpanTap } from "../wire/wpan_tap.ts";
import { isWpanFcsRight, putTiTrailer, putWpanFcs } from "../wire/wpan_trailer.ts";
import { decodeZigbeeBeacon, decodeZigbeeIpBeacon } from "../wire/zigbee_beacon.ts";
import { type GivenContext, SixlowpanNetworks } from "./sixlowpan_networks.ts";
import { WpanAddresses } from "./wpan_addresses.ts";
import { WpanDecryptor, type WpanKey } from "./wpan_decryptor.ts";
import type { WpanObserver } from "./wpan_observer.ts";
import { WpanPayloads } from "./wpan_payloads.ts";
import { type GivenZigbeeKey, ZigbeeKeys } from "./zigbee_keys.ts";
import { ZigbeeNetworks } from "./zigbee_networks.ts";

export type { GivenContext, GivenZigbeeKey, WpanKey, WpanObserver };

/** Link types of IEEE 802.15.4 captures. */
export const WpanLink = { WithFcs: 195, NonAskPhy: 215, NoFcs: 230, Tap: 283 } as const;

/** What frames can end with. */
export type WpanFcs = "crc16" | "crc32" | "ti";

/** How to decode. */
export interface WpanOptions {
  /** Decodes the IPv6 packet that the dissection then stands at. */
  readonly ipv6: (d: Dissection) => void;
  /** Keys of the MAC layer. */
  readonly keys?: readonly WpanKey[];
  /** Network, link and trust centre keys of Zigbee. */
  readonly zigbeeKeys?: readonly GivenZigbeeKey[];
  /** Prefixes that compressed IPv6 addresses refer to. */
  readonly contexts?: readonly GivenContext[];
  /**
   * What frames of link type 195 end with: a frame check sequence of 2 or 4 bytes, or what TI
   * receivers put in its place.
   *
   * @default "crc16"
   */
  readonly fcs?: WpanFcs;
  readonly observer?: WpanObserver | undefined;
}

/** Secrets of a pcapng decryption secrets block that this class takes (types "ZNWK" and "ZAPS"). */
export const ZIGBEE_NWK_SECRET = 0x5a4e574b;
const ZIGBEE_APS_SECRET = 0x5a415053;

const PHY = protocol(
  "wpan-nonask-phy",
  "IEEE 802.15.4 non-ASK PHY",
  "IEEE 802.15.4 Low-Rate Wireless PAN non-ASK PHY",
);

const F = define({
  "wpan-nonask-phy.preamble": hex32("Preamble"),
  "wpan-nonask-phy.sfd": hex8("Start of Frame Delimiter"),
  "wpan-nonask-phy.phr": hex8("PHR"),
  "wpan-nonask-phy.frame_length": hex8("Frame Length"),
  "wpan.mic": bytes("MIC"),
});

const NO_TAP = rule(
  "wpan-tap",
  "error",
  "TAP header has an unknown version or is longer than the frame",
  "IEEE 802.15.4 TAP Link Type Specification 1.2",
);

export class Wpan {
  readonly #frame = new WpanFrame();
  readonly #addresses = new WpanAddresses();
  readonly #decryptor: WpanDecryptor;
  readonly #zigbeeKeys: ZigbeeKeys;
  readonly #payloads: WpanPayloads;
  readonly #sixlowpan: SixlowpanNetworks;
  readonly #observer: WpanObserver | undefined;
  readonly #fcsLength: number;
  readonly #ti: boolean;
  /** Nothing of the frame is missing. */
  #whole = false;

  /** @throws {RangeError} when a key is not 16 bytes long, or an extended address not 8 */
  constructor(options: WpanOptions) {
    this.#decryptor = new WpanDecryptor(options.keys ?? []);
    this.#zigbeeKeys = new ZigbeeKeys(options.zigbeeKeys ?? []);
    this.#sixlowpan = new SixlowpanNetworks(options.ipv6, options.contexts ?? []);
    const zigbee = new ZigbeeNetworks(this.#zigbeeKeys, this.#addresses);
    this.#payloads = new WpanPayloads(zigbee, this.#sixlowpan);
    this.#observer = options.observer;
    this.#fcsLength = options.fcs === "crc32" ? 4 : 2;
    this.#ti = options.fcs === "ti";
  }

  /** Takes secrets of a capture file; kinds that aren't for Zigbee, or too short, are left alone. */
  addSecrets(type: number, secret: Uint8Array): void {
    if (type !== ZIGBEE_NWK_SECRET && type !== ZIGBEE_APS_SECRET || secret.length < 18) return;
    const pan = secret[16]! | secret[17]! << 8;
    this.#zigbeeKeys.give({ key: secret.slice(0, 16), pan });
  }

  /** Notes a 6LoWPAN context that a router advertised in the frame being decoded (RFC 6775, 4.2). */
  learnContext(id: number, prefix: Uint8Array, length: number, frame: number): void {
    this.#sixlowpan.learn(id, prefix, length, frame);
  }

  /**
   * Decodes a frame of one of the link types in `WpanLink`.
   *
   * @param interfaceId who heard it: fragments of 6LoWPAN are joined per interface
   */
  decode(d: Dissection, linkType: number, interfaceId = 0): void {
    this.#frame.clear();
    this.#frame.interfaceId = interfaceId;
    switch (linkType) {
      case WpanLink.WithFcs:
        return this.#mac(d, this.#fcsLength, this.#ti, true);
      case WpanLink.NoFcs:
        return this.#mac(d, 0, false, true);
      case WpanLink.NonAskPhy:
        return this.#phy(d);
      case WpanLink.Tap:
        return this.#tap(d);
    }
    decodeData(d);
  }

  #tap(d: Dissection): void {
    if (!isWpanTap(d)) return d.problem(NO_TAP, d.pos);
    const fcsLength = decodeWpanTap(d, this.#frame);
    if (fcsLength < 0) return;
    if (d.end < d.limit) d.skip(d.limit - d.pos);
    else this.#mac(d, fcsLength, false, false);
  }

  /** Preamble, start of frame, length (IEEE 802.15.4-2015, 12.1). */
  #phy(d: Dissection): void {
    d.layer(PHY);
    d.u32le(F["wpan-nonask-phy.preamble"]);
    d.u8(F["wpan-nonask-phy.sfd"]);
    const at = d.pos;
    const header = d.u8(F["wpan-nonask-phy.phr"]);
    if (d.failed !== 0) return;
    d.put(F["wpan-nonask-phy.frame_length"], header & 0x7f, at, 1);
    d.limit = d.pos + (header & 0x7f);
    if (d.end > d.limit) d.end = d.limit;
    this.#mac(d, 2, false, false);
  }

  /** `named`: whether the MAC layer is a layer of its own in `frame.protocols`. */
  #mac(d: Dissection, fcsLength: number, ti: boolean, named: boolean): void {
    const frame = this.#frame;
    if (named) d.layer(WPAN);
    else this.#open(d);
    if (d.columns) d.protocolColumn = "IEEE 802.15.4";
    const { limit } = d;
    this.#whole = d.end === limit;
    frame.length = limit - d.pos;
    const withFcs = fcsLength > 0 && frame.length >= fcsLength;
    const fcsAt = withFcs && d.end === limit ? limit - fcsLength : -1;
    if (fcsAt >= 0) {
      frame.fcsOk = ti ? d.data[limit - 1]! >= 0x80 : isWpanFcsRight(d, fcsAt, fcsLength);
    }
    if (withFcs) d.narrow(frame.length - fcsLength);
    if (!this.#header(d)) return;
    if (d.failed === 0) {
      if (ti) putTiTrailer(d, fcsAt, frame.fcsOk);
      else putWpanFcs(d, fcsAt, fcsLength, frame.fcsOk);
      this.#secured(d);
    }
    const observer = this.#observer;
    if (observer === undefined) return;
    if (frame.type === WpanType.Beacon && frame.fcsOk) observer.wpanBeacon(d, frame);
    observer.wpanFrame(d, frame);
  }

  /** Puts the MAC layer at the top of the tree without naming it. */
  #open(d: Dissection): void {
    d.depth = 1;
    if (d.want[WPAN] !== 0) d.tree.add(WPAN, Kind.None, 0, d.source, d.pos, d.end - d.pos);
  }

  /** Returns false when not even the addresses could be read. */
  #header(d: Dissection): boolean {
    const frame = this.#frame;
    if (!decodeWpanAddressing(d, frame)) return false;
    if (d.columns) {
      d.infoColumn = wpanTypeText(frame);
      if (d.destinationColumn !== "") d.infoColumn += `, Dst: ${d.destinationColumn}`;
      if (d.sourceColumn !== "") d.infoColumn += `, Src: ${d.sourceColumn}`;
    }
    if (frame.sourceMode === WpanAddress.Short) this.#lookUp(d);
    const multipurpose = frame.type === WpanType.Multipurpose;
    const old = frame.version === WpanVersion.V2003 && !multipurpose;
    if (frame.security && !old) decodeWpanSecurity(d, frame);
    if (multipurpose || frame.version === WpanVersion.V2015) {
      if (frame.iePresent && d.failed === 0) decodeHeaderIes(d, frame);
    } else if (frame.type === WpanType.Beacon) {
      decodeWpanBeacon(d);
    } else if (frame.type === WpanType.Command) {
      decodeWpanCommandId(d, frame);
    }
    if (frame.security && old) decodeWpanSecurity2003(d, frame);
    return true;
  }

  #lookUp(d: Dissection): void {
    const frame = this.#frame;
    const known = this.#addresses.find(frame.sourcePan, frame.source16);
    if (known === undefined) return;
    frame.learned = true;
    frame.learnedHi = known.hi;
    frame.learnedLo = known.lo;
    frame.learnedIn = known.frame;
    putLearnedSource(d, frame);
  }

  /** What is behind the header, which may be closed. */
  #secured(d: Dissection): void {
    const frame = this.#frame;
    if (!frame.security) return this.#content(d);
    const mic = frame.micLength;
    if (d.limit - d.pos < mic) {
      d.skip(d.limit - d.pos + 1);
      return;
    }
    if (mic > 0 && d.end === d.limit) d.putBytes(F["wpan.mic"], d.limit - mic, mic);
    const readable = this.#decryptor.open(d, frame);
    const { entered } = this.#decryptor;
    if (!entered) d.cutTo(d.limit - mic - d.pos);
    if (!readable && frame.fcsOk) {
      this.#observer?.wpanClosed(d, frame, this.#decryptor.closed);
    }
    if (readable) this.#content(d);
    else decodeData(d);
    if (entered) d.leave();
  }

  #content(d: Dissection): void {
    const frame = this.#frame;
    if (frame.payloadIes) {
      decodePayloadIes(d);
      conclude(d);
    }
    if (frame.type === WpanType.Command) return this.#command(d);
    if (d.pos >= d.end) return;
    if (frame.type === WpanType.Beacon) this.#beaconPayload(d);
    else if (frame.type === WpanType.Data && frame.fcsOk) {
      // What was cut short could not be checked, and is no payload to take values from.
      if (this.#whole) this.#observer?.wpanPayload(d, frame, d.pos, d.end, frame.authenticated);
      this.#payloads.decode(d, frame);
    } else decodeData(d);
  }

  #command(d: Dissection): void {
    const frame = this.#frame;
    if (frame.version === WpanVersion.V2015) decodeWpanCommandId(d, frame);
    if (d.failed !== 0) return;
    const assigned = decodeWpanCommand(d, frame);
    if (frame.fcsOk && d.failed === 0) this.#observer?.wpanCommand(d, frame, frame.command);
    if (assigned < 0) return;
    this.#addresses.learn(
      frame.destinationPan,
      assigned,
      frame.destination64Hi,
      frame.destination64Lo,
      d.frame,
    );
  }

  #beaconPayload(d: Dissection): void {
    const short = this.#frame.sourceMode === WpanAddress.Short;
    if (short && d.peek() === 0) decodeZigbeeBeacon(d);
    else if (short && d.peek() === 2) decodeZigbeeIpBeacon(d);
    else decodeData(d);
  }
}
