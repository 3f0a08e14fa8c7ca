/**
 * Zigbee networks: network and application support frames, their keys and addresses from frame to
 * frame, fragments of application messages (Zigbee specification 05-3474-22).
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { define, frameNumber, none, uint32 } from "../wire/field.ts";
import { WpanAddress, type WpanFrame } from "../wire/wpan_frame.ts";
import {
  ApsPacket,
  ApsType,
  decodeZigbeeAps,
  TEST_PROFILE_2,
  ZDP_PROFILE,
} from "../wire/zigbee_aps.ts";
import { type ApsCommandNews, decodeZigbeeApsCommand } from "../wire/zigbee_aps_command.ts";
import { decodeZigbeeNwk, ZigbeePacket, ZigbeeType } from "../wire/zigbee_nwk.ts";
import { decodeZigbeeNwkCommand } from "../wire/zigbee_nwk_command.ts";
import { decodeZigbeeApf, decodeZigbeeZcl, decodeZigbeeZdp } from "../wire/zigbee_zcl.ts";
import { type Datagram, Fragments } from "./fragments.ts";
import { WpanAddresses } from "./wpan_addresses.ts";
import type { ZigbeeKeys } from "./zigbee_keys.ts";
import { ZigbeeSecurity, type ZigbeeSenders } from "./zigbee_security.ts";

/** Profiles of the Zigbee Cluster Library; payloads of others are shown as data as well. */
const ZCL_PROFILES = new Set([
  0x0101,
  0x0103,
  0x0104,
  0x0105,
  0x0106,
  0x0107,
  0x0108,
  0x0109,
  0x010a,
  0xa1e0,
  0xc05e,
  0xc25d,
]);
/** Tunnels in tunnels deeper than this are not followed. */
const DEEPEST = 4;
const KEY = 16;

const F = define({
  "zbee_aps.fragments": none("Message fragments"),
  "zbee_aps.fragment": frameNumber("Message fragment"),
  "zbee_aps.fragment.count": uint32("Message fragment count"),
  "zbee_aps.reassembled.length": uint32("Reassembled ZigBee APS length"),
});

export class ZigbeeNetworks {
  readonly #keys: ZigbeeKeys;
  /** Addresses that the MAC layer learned. */
  readonly #macAddresses: WpanAddresses;
  /** Addresses that Zigbee itself learned. */
  readonly #addresses = new WpanAddresses();
  readonly #security: ZigbeeSecurity;
  readonly #fragments = new Fragments();
  readonly #packet = new ZigbeePacket();
  readonly #aps = new ApsPacket();
  readonly #news: ApsCommandNews = { keyAt: -1, tunnel: false };
  readonly #senders: ZigbeeSenders = {
    pan: 0,
    macShort: -1,
    mac: undefined,
    nwkShort: 0,
    nwk: undefined,
  };

  constructor(keys: ZigbeeKeys, macAddresses: WpanAddresses) {
    this.#keys = keys;
    this.#macAddresses = macAddresses;
    this.#security = new ZigbeeSecurity(keys, this.#addresses);
  }

  /** Decodes the payload of a MAC data frame. */
  decode(d: Dissection, frame: WpanFrame): void {
    const packet = this.#packet;
    const readable = decodeZigbeeNwk(d, packet);
    if (!readable) return;
    this.#noteSenders(d, frame);
    const secured = packet.security;
    if (secured && !this.#security.open(d, packet.start, this.#senders)) return;
    if (packet.type === ZigbeeType.Command) decodeZigbeeNwkCommand(d, packet.version);
    else if (packet.type === ZigbeeType.Reserved) decodeData(d);
    else this.#apsFrame(d, 0);
    if (secured) d.leave();
  }

  /** Who sent it: extended addresses from this frame, else from earlier ones. */
  #noteSenders(d: Dissection, frame: WpanFrame): void {
    const packet = this.#packet;
    const senders = this.#senders;
    const pan = frame.sourcePan;
    const short = frame.sourceMode === WpanAddress.Short;
    senders.pan = pan;
    senders.macShort = short ? frame.source16 : -1;
    senders.nwkShort = packet.source;
    senders.mac = short ? this.#macAddresses.find(pan, frame.source16) : undefined;
    senders.nwk = undefined;
    if (packet.version < 2 || packet.type === ZigbeeType.Interpan) return;
    const { source, source64Hi, source64Lo } = packet;
    const broadcast = source >= 0xfffc && source !== 0xfffe;
    if (!packet.hasSource64) {
      senders.nwk = this.#addresses.find(pan, source) ?? this.#macAddresses.find(pan, source);
    } else if (!broadcast) {
      senders.nwk = this.#addresses.learn(pan, source, source64Hi, source64Lo, d.frame);
    }
    if (short) senders.mac ??= this.#addresses.find(pan, frame.source16);
  }

  #apsFrame(d: Dissection, depth: number): void {
    const aps = this.#aps;
    if (!decodeZigbeeAps(d, aps, this.#packet.version)) return;
    if (d.pos >= d.end) return;
    const secured = aps.security;
    if (secured && !this.#security.open(d, aps.start, this.#senders)) return;
    if (aps.fragmentation === 0) this.#apsPayload(d, depth);
    else this.#apsFragment(d, depth);
    if (secured) d.leave();
  }

  #apsPayload(d: Dissection, depth: number): void {
    const { type, profile, cluster } = this.#aps;
    if (type === ApsType.Command) return this.#apsCommand(d, depth);
    if (type === ApsType.Ack || profile === TEST_PROFILE_2 && this.#packet.version >= 2) {
      return decodeData(d);
    }
    if (this.#packet.version < 2) return decodeZigbeeApf(d);
    if (profile === ZDP_PROFILE) return decodeZigbeeZdp(d);
    const start = d.pos;
    decodeZigbeeZcl(d, cluster);
    if (ZCL_PROFILES.has(profile) || d.failed !== 0) return;
    d.pos = start;
    decodeData(d);
  }

  #apsCommand(d: Dissection, depth: number): void {
    const news = this.#news;
    decodeZigbeeApsCommand(d, this.#packet.version, news);
    if (news.keyAt >= 0) {
      const key = d.data.slice(news.keyAt, news.keyAt + KEY);
      this.#keys.learn(this.#senders.pan, key, d.frame);
    }
    if (news.tunnel && d.failed === 0 && depth < DEEPEST) this.#apsFrame(d, depth + 1);
  }

  /** One block of a message in several (Zigbee specification, 2.2.8.4.5). */
  #apsFragment(d: Dissection, depth: number): void {
    const { block, fragmentation, counter } = this.#aps;
    const key = String.fromCharCode(this.#senders.pan, this.#packet.source, counter);
    const datagram = this.#fragments.datagram(key);
    const first = fragmentation === 1;
    if (first) datagram.total = block;
    const fresh = datagram.add(first ? 0 : block, d.data, d.pos, d.end, d.frame);
    if (!fresh || !datagram.hasAllBlocks) return decodeData(d);
    this.#fragments.forget(key);
    this.#enterWhole(d, datagram, depth);
  }

  #enterWhole(d: Dissection, datagram: Datagram, depth: number): void {
    d.putNone(F["zbee_aps.fragments"]);
    d.push();
    for (const part of datagram.parts) d.put(F["zbee_aps.fragment"], part.frame, d.pos, 0);
    d.put(F["zbee_aps.fragment.count"], datagram.parts.length, d.pos, 0);
    d.put(F["zbee_aps.reassembled.length"], datagram.size, d.pos, 0);
    d.pop();
    const at = d.reserve(datagram.size);
    datagram.writeBlocks(d.arena, at);
    if (!d.enter("Reassembled ZigBee APS", d.arena, at, datagram.size)) return;
    this.#apsPayload(d, depth);
    d.leave();
  }
}
