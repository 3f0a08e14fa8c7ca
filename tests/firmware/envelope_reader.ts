/**
 * Reads radio envelopes with the decoder of captures, as the gateway does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CaptureFrame } from "../../traces/files/capture_frame.ts";
import { CaptureDecoder } from "../../traces/flows/capture_decoder.ts";
import { Observer } from "../../traces/flows/observer.ts";
import type { WpanClosed } from "../../traces/flows/wpan_observer.ts";
import {
  RadioEnvelope,
  type RadioHeader,
  type RadioRecord,
} from "../../traces/sensors/radio_envelope.ts";
import type { Dissection } from "../../traces/wire/dissection.ts";
import type { WpanFrame } from "../../traces/wire/wpan_frame.ts";

/** A frame and what is in it. */
export interface HeardFrame
  extends Pick<RadioRecord, "linkType" | "time" | "rssi" | "channel" | "flags" | "lqi"> {
  /** The whole frame, hex. */
  hex: string;
  /** BLE: 12 upper-case hex digits. */
  address?: string;
  /** BLE: what the frame itself says, where it does. */
  frameRssi?: number;
  /** Advertising data, or payload of an 802.15.4 data frame. */
  content?: Uint8Array;
  /** 802.15.4: short address, or 16 hex digits. */
  source?: string;
  secured?: boolean;
  closed?: WpanClosed;
  /** 802.15.4: MAC command. */
  command?: number;
  beacon?: boolean;
  problems: string[];
}

/** One envelope. */
export interface ReadEnvelope extends RadioHeader {
  frames: HeardFrame[];
}

class Tap extends Observer {
  frame: Partial<HeardFrame> = {};

  override advertisingData(
    d: Dissection,
    start: number,
    end: number,
    addressHigh: number,
    addressLow: number,
    _type: number,
    rssi: number,
  ) {
    const address = addressHigh * 2 ** 32 + addressLow;
    this.frame.address = address.toString(16).toUpperCase().padStart(12, "0");
    this.frame.content = d.data.slice(start, end);
    if (rssi !== 127) this.frame.frameRssi = rssi;
  }

  override wpanPayload(
    d: Dissection,
    frame: WpanFrame,
    start: number,
    end: number,
    secured: boolean,
  ) {
    this.#from(frame);
    this.frame.content = d.data.slice(start, end);
    this.frame.secured = secured;
  }

  override wpanClosed(_d: Dissection, frame: WpanFrame, reason: WpanClosed) {
    this.#from(frame);
    this.frame.closed = reason;
  }

  override wpanBeacon(_d: Dissection, frame: WpanFrame) {
    this.#from(frame);
    this.frame.beacon = true;
  }

  override wpanCommand(_d: Dissection, frame: WpanFrame, command: number) {
    this.#from(frame);
    this.frame.command = command;
  }

  #from({ sourceMode, source16, source64Hi, source64Lo }: WpanFrame) {
    const hex = (value: number, digits: number) =>
      value.toString(16).toUpperCase().padStart(digits, "0");
    this.frame.source = sourceMode === 3
      ? hex(source64Hi >>> 0, 8) + hex(source64Lo >>> 0, 8)
      : hex(source16, 4);
  }
}

/** Reads envelopes of one node. */
export class EnvelopeReader {
  readonly #tap = new Tap();
  readonly #envelope = new RadioEnvelope();
  readonly #decoder: CaptureDecoder;
  #number = 0;

  /** @param wpanKeys AES-128 keys of 802.15.4 */
  constructor(wpanKeys: readonly Uint8Array[] = []) {
    this.#decoder = new CaptureDecoder({ observer: this.#tap, wpanKeys });
    // Checksums and rules are checked only in full.
    this.#decoder.d.want.fill(1, 1);
  }

  /** Reads one; fails the test when it is no proper one. */
  read(payload: Uint8Array): ReadEnvelope {
    const envelope = this.#envelope;
    assert.ok(envelope.open(payload), payload.toHex());
    const frames: HeardFrame[] = [];
    while (envelope.next()) frames.push(this.#frame(envelope.record));
    assert.equal(envelope.problem, null);
    return { ...envelope.header, frames };
  }

  #frame(record: RadioRecord): HeardFrame {
    const { linkType, time, rssi, channel, flags, lqi, data, start, end } = record;
    this.#tap.frame = {};
    const frame = new CaptureFrame();
    frame.number = ++this.#number;
    frame.linkType = linkType;
    frame.data = data;
    frame.start = start;
    frame.capturedLength = frame.length = end - start;
    frame.seconds = Math.floor(time / 1e6);
    this.#decoder.decode(frame);
    const problems = this.#decoder.d.problems.map(({ rule }) => rule.text);
    const hex = data.slice(start, end).toHex();
    return { linkType, time, rssi, channel, flags, lqi, hex, problems, ...this.#tap.frame };
  }
}
