/**
 * Frames of radio captures as records of the radio envelope: the radio header of the capture becomes
 * RSSI, channel, link quality and flags.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";
import { WpanLink } from "../flows/wpan.ts";
import {
  emptyRecord,
  MAX_FRAME_BYTES,
  RadioFlag,
  RadioLink,
  type RadioRecord,
  UNKNOWN_CHANNEL,
  UNKNOWN_LQI,
  UNKNOWN_RSSI,
} from "../sensors/radio_envelope.ts";
import { radioHeader } from "../wire/btle_rf.ts";
import { ADVERTISING_ADDRESS } from "../wire/btle.ts";
import { Dissection } from "../wire/dissection.ts";
import { allFields } from "../wire/field.ts";
import { type NordicClock, nordicHeader } from "../wire/nordic_ble.ts";
import { ppiHeader } from "../wire/ppi.ts";
import { PduKind, Phy, RadioContext } from "../wire/radio_context.ts";
import { WpanFrame } from "../wire/wpan_frame.ts";
import { decodeWpanTap, isWpanTap } from "../wire/wpan_tap.ts";
import { isWpanFcsRight } from "../wire/wpan_trailer.ts";
import { LeftOut } from "./left_out.ts";

const LINK_PPI = 192;
const LINK_HCI_WITH_DIRECTION = 201;
const LINK_HCI_MONITOR = 254;
const LINK_BLE_WITH_HEADER = 256;
const LINK_NORDIC = 272;

/** Link types whose frames a radio heard, with the radio that a node with them has. */
const RADIOS: ReadonlyMap<number, "ble" | "802.15.4"> = new Map([
  [RadioLink.HciH4, "ble"],
  [LINK_HCI_WITH_DIRECTION, "ble"],
  [LINK_HCI_MONITOR, "ble"],
  [RadioLink.BleLinkLayer, "ble"],
  [LINK_BLE_WITH_HEADER, "ble"],
  [LINK_NORDIC, "ble"],
  [RadioLink.WpanWithFcs, "802.15.4"],
  [RadioLink.WpanNoFcs, "802.15.4"],
  [WpanLink.NonAskPhy, "802.15.4"],
  [WpanLink.Tap, "802.15.4"],
]);

/** HCI packet type and event code of what a controller heard (Core 6.0, Vol 4, Part E, 7.7.65). */
const HCI_EVENT = 4;
const LE_META = 0x3e;
/** Opcode of an event in a Linux monitor frame. */
const MONITOR_EVENT = 3;
/** Bits of `epb_flags`: the packet was sent. */
const DIRECTION = 3;
const OUTBOUND = 2;
/** Preamble and start of frame of an 802.15.4 PHY. */
const PHY_BYTES = 5;

export class RadioRecords {
  /** The record that `read` made, without its time; its bytes are those of the frame. */
  readonly record: RadioRecord = emptyRecord();
  /** The radio that heard it. */
  radio: "ble" | "802.15.4" = "ble";
  readonly #d = new Dissection(allFields().length);
  readonly #context = new RadioContext();
  readonly #wpan = new WpanFrame();
  readonly #clock: NordicClock = { seen: false, start: 0, end: 0, duration: 0 };

  /**
   * Makes a record of a frame.
   *
   * @returns true when there is one, false when it is no radio frame, or why it is left out
   */
  read(frame: CaptureFrame): boolean | LeftOut {
    const d = this.#d;
    d.begin(frame.data, frame.start, frame.capturedLength, frame.length);
    let { linkType } = frame;
    if (linkType === LINK_PPI) linkType = ppiHeader(d);
    const radio = RADIOS.get(linkType);
    if (radio === undefined) return false;
    this.radio = radio;
    const { record } = this;
    record.rssi = UNKNOWN_RSSI;
    record.channel = UNKNOWN_CHANNEL;
    record.lqi = UNKNOWN_LQI;
    record.flags = 0;
    const why = this.#read(linkType, frame.flags);
    if (why !== undefined) return why;
    if (d.failed !== 0 || d.end - d.pos > MAX_FRAME_BYTES) return LeftOut.Unreadable;
    if (d.limit > d.end) record.flags |= RadioFlag.Cut;
    if (linkType !== LINK_HCI_MONITOR) {
      record.data = d.data;
      record.start = d.pos;
      record.end = d.end;
    }
    return true;
  }

  #read(linkType: number, flags: number): LeftOut | undefined {
    const d = this.#d;
    switch (linkType) {
      case RadioLink.HciH4:
        return this.#hci((flags & DIRECTION) !== OUTBOUND || flags < 0);
      case LINK_HCI_WITH_DIRECTION:
        return this.#hci((d.u32() & 1) === 1);
      case LINK_HCI_MONITOR:
        return this.#monitor();
      case RadioLink.BleLinkLayer:
        this.#context.clear();
        return this.#ble();
      case LINK_BLE_WITH_HEADER:
        this.#context.clear();
        return radioHeader(d, this.#context) ? this.#ble() : LeftOut.Unreadable;
      case LINK_NORDIC:
        this.#context.clear();
        return nordicHeader(d, this.#context, this.#clock) ? this.#ble() : LeftOut.Unreadable;
      case WpanLink.NonAskPhy:
        return this.#phy();
      case WpanLink.Tap:
        return this.#tap();
    }
    this.record.linkType = linkType;
    return undefined;
  }

  #hci(received: boolean): LeftOut | undefined {
    const d = this.#d;
    if (!received || d.peek() !== HCI_EVENT || d.peek(1) !== LE_META) return LeftOut.NotHeard;
    this.record.linkType = RadioLink.HciH4;
    return undefined;
  }

  /** Adapter and opcode, big-endian, then the packet without its type. */
  #monitor(): LeftOut | undefined {
    const d = this.#d;
    d.u16();
    if (d.u16() !== MONITOR_EVENT || d.peek() !== LE_META) return LeftOut.NotHeard;
    const { record } = this;
    const event = new Uint8Array(1 + d.end - d.pos);
    event[0] = HCI_EVENT;
    event.set(d.data.subarray(d.pos, d.end), 1);
    record.linkType = RadioLink.HciH4;
    record.data = event;
    record.start = 0;
    record.end = event.length;
    return undefined;
  }

  /** From the access address on. */
  #ble(): LeftOut | undefined {
    const d = this.#d;
    const context = this.#context;
    const { data, pos } = d;
    if (!d.has(4)) return LeftOut.Unreadable;
    const address = data[pos]! | data[pos + 1]! << 8 | data[pos + 2]! << 16 | data[pos + 3]! << 24;
    const advertising = context.kind === PduKind.Advertising || context.kind === PduKind.Unknown;
    if (!advertising || address >>> 0 !== ADVERTISING_ADDRESS) return LeftOut.Connection;
    if (context.phy === Phy.LeCoded) return LeftOut.Coded;
    const { record } = this;
    record.linkType = RadioLink.BleLinkLayer;
    record.rssi = dBm(context.rssi);
    record.channel = context.channel;
    if (context.crcChecked) {
      record.flags = RadioFlag.Checked | (context.crcValid ? 0 : RadioFlag.Wrong);
    }
    return undefined;
  }

  /** IEEE 802.15.4-2015, 12.1: the PHY header is the length. */
  #phy(): LeftOut | undefined {
    const d = this.#d;
    d.skip(PHY_BYTES);
    const length = d.u8() & 0x7f;
    d.limit = d.pos + length;
    if (d.end > d.limit) d.end = d.limit;
    this.record.linkType = RadioLink.WpanWithFcs;
    return undefined;
  }

  #tap(): LeftOut | undefined {
    const d = this.#d;
    const frame = this.#wpan;
    frame.clear();
    if (!isWpanTap(d)) return LeftOut.Unreadable;
    const fcs = decodeWpanTap(d, frame);
    if (fcs < 0) return LeftOut.Unreadable;
    const { record } = this;
    record.linkType = fcs === 2 ? RadioLink.WpanWithFcs : RadioLink.WpanNoFcs;
    if (!Number.isNaN(frame.rss)) record.rssi = dBm(frame.rss);
    if (frame.channel >= 0) record.channel = Math.min(frame.channel, UNKNOWN_CHANNEL);
    if (frame.lqi >= 0) record.lqi = frame.lqi;
    if (fcs === 4) this.#dropLongFcs();
    return undefined;
  }

  /** An envelope knows check sequences of two bytes alone: one of four is checked here. */
  #dropLongFcs(): void {
    const d = this.#d;
    d.limit -= 4;
    if (d.end <= d.limit) return;
    const { record } = this;
    record.flags = RadioFlag.Checked;
    if (d.end < d.limit + 4 || !isWpanFcsRight(d, d.limit, 4)) record.flags |= RadioFlag.Wrong;
    d.end = d.limit;
  }
}

/** As a record holds it: a signed byte, of which 127 is "unknown". */
function dBm(power: number): number {
  return Math.max(-128, Math.min(UNKNOWN_RSSI, Math.round(power)));
}
