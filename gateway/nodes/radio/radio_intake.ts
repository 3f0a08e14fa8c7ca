/**
 * Takes radio envelopes apart: every frame through the decoder of captures, which hands on
 * advertising data and IEEE 802.15.4 payloads.
 *
 * @module
 */
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import type { Conversation, Side } from "../../../traces/flows/conversation.ts";
import { addressText } from "../../../traces/flows/endpoint_text.ts";
import { Observer } from "../../../traces/flows/observer.ts";
import type { WpanKey } from "../../../traces/flows/wpan.ts";
import type { WpanClosed } from "../../../traces/flows/wpan_observer.ts";
import { shortAddressId } from "../../../traces/sensors/device_id.ts";
import {
  RadioEnvelope,
  RadioFlag,
  type RadioRecord,
  UNKNOWN_RSSI,
} from "../../../traces/sensors/radio_envelope.ts";
import type { DeviceId } from "../../../traces/sensors/sensor_decoder.ts";
import type { Dissection } from "../../../traces/wire/dissection.ts";
import { WpanCommand } from "../../../traces/wire/wpan_command.ts";
import { WpanAddress, type WpanFrame } from "../../../traces/wire/wpan_frame.ts";
import type { RadioNode } from "./radio_node.ts";

/** One frame as a node heard it. */
export interface Hearing {
  node: RadioNode;
  /** When, ms of our monotonic clock. */
  at: number;
  /** dBm; 127 unknown. */
  rssi: number;
}

/** Security of an IEEE 802.15.4 frame. */
export interface FrameSecurity {
  /** The frame counter; -1: none. */
  counter: number;
  secured: boolean;
}

/** Gets what frames hold. Arguments are good until the call returns. */
export interface RadioListener {
  /** @param address 48-bit address as a number */
  advertisement(
    hearing: Hearing,
    address: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** Payload of a data frame, or of a datagram inside one. */
  macPayload(
    hearing: Hearing,
    device: DeviceId,
    data: Uint8Array,
    start: number,
    end: number,
    security: FrameSecurity,
  ): void;
  /** A secured frame that could not be opened. */
  closed(hearing: Hearing, device: DeviceId, reason: WpanClosed): void;
  beacon(hearing: Hearing, pan: number, coordinator: DeviceId): void;
  associationRequest(hearing: Hearing, device: DeviceId, pan: number): void;
}

const UNKNOWN_ADDRESS_TYPE = 255;
/** Device information byte of BTHome version 2; the last three bits say how the rest is to be read. */
const BTHOME_2 = 0x40;
const BTHOME_2_MASK = 0xf8;
/** In a MAC payload 0x41 and 0x42 begin an IPv6 packet (RFC 4944, 5.1), and the MAC layer encrypts. */
const PLAIN_MASK = 0xfb;

export class RadioIntake {
  /** Frames of link types that no node of ours sends. */
  unknownLinks = 0;
  readonly #decoder: CaptureDecoder;
  readonly #frame = new CaptureFrame();
  readonly #envelope = new RadioEnvelope();
  readonly #tap: Tap;
  readonly #onProblem: (node: string, text: string) => void;

  /**
   * @param keys of the MAC layer of IEEE 802.15.4
   * @param onProblem is told what is wrong with an envelope
   */
  constructor(
    listener: RadioListener,
    keys: readonly WpanKey[],
    onProblem: (node: string, text: string) => void,
  ) {
    this.#tap = new Tap(listener);
    this.#decoder = new CaptureDecoder({ observer: this.#tap, wpanKeys: keys });
    this.#onProblem = onProblem;
  }

  /**
   * Takes one envelope.
   *
   * @param arrival ms of our monotonic clock
   * @returns whether it was one that had not come before
   */
  take(node: RadioNode, payload: Uint8Array, arrival: number): boolean {
    const envelope = this.#envelope;
    if (!envelope.open(payload)) {
      this.#malformed(node);
      return false;
    }
    const { header } = envelope;
    const verdict = node.batches.take(header.boot, header.batch);
    if (verdict === "repeated") return false;
    if (verdict === "rebooted") node.rebooted();
    node.boot = header.boot;
    node.dropped = header.dropped;
    while (envelope.next()) this.#record(node, envelope.record, arrival);
    if (envelope.problem !== null) this.#malformed(node);
    return true;
  }

  #malformed(node: RadioNode) {
    node.malformed++;
    const { text, offset } = this.#envelope.problem!;
    this.#onProblem(node.name, `radio envelope: ${text} (at byte ${offset})`);
  }

  #record(node: RadioNode, record: RadioRecord, arrival: number) {
    node.frames++;
    const { flags, start, end } = record;
    if ((flags & RadioFlag.Wrong) !== 0) {
      node.damaged++;
      return;
    }
    this.#tap.begin();
    const { hearing } = this.#tap;
    hearing.node = node;
    hearing.at = node.heardAt(record.time, flags, arrival);
    hearing.rssi = record.rssi;
    const frame = this.#frame;
    frame.number++;
    frame.interface = node.interface;
    frame.linkType = record.linkType;
    frame.data = record.data;
    frame.start = start;
    frame.capturedLength = end - start;
    frame.length = end - start + ((flags & RadioFlag.Cut) !== 0 ? 1 : 0);
    const ms = hearing.at;
    frame.seconds = Math.floor(ms / 1000);
    frame.nanoseconds = Math.floor((ms - frame.seconds * 1000) * 1e6);
    this.#decoder.decode(frame);
    if (this.#decoder.d.failed !== 0 && (flags & RadioFlag.Cut) === 0) node.malformed++;
  }
}

/** Listens to the decoder. */
class Tap extends Observer {
  readonly hearing: Hearing = {
    node: undefined as unknown as RadioNode,
    at: 0,
    rssi: UNKNOWN_RSSI,
  };
  readonly #listener: RadioListener;
  readonly #security: FrameSecurity = { counter: -1, secured: false };
  /** Sender of the frame that a datagram comes in. */
  #sender: DeviceId | undefined;

  constructor(listener: RadioListener) {
    super();
    this.#listener = listener;
  }

  /** Begins a frame. */
  begin() {
    this.#sender = undefined;
  }

  override advertisingData(
    d: Dissection,
    start: number,
    end: number,
    addressHigh: number,
    addressLow: number,
    addressType: number,
    rssi: number,
  ): void {
    if (addressType === UNKNOWN_ADDRESS_TYPE) return;
    const { hearing } = this;
    if (rssi !== UNKNOWN_RSSI) hearing.rssi = rssi;
    const address = addressHigh * 2 ** 32 + addressLow;
    this.#listener.advertisement(hearing, address, d.data, start, end);
  }

  override wpanPayload(
    d: Dissection,
    frame: WpanFrame,
    start: number,
    end: number,
    secured: boolean,
  ): void {
    this.#sender = sourceOf(frame);
    const security = this.#security;
    security.secured = secured;
    security.counter = secured && !frame.counterSuppressed ? frame.frameCounter : -1;
    this.#payload(d, start, end, PLAIN_MASK);
  }

  override udpPayload(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    start: number,
    end: number,
  ): void {
    const sender = this.#sender;
    this.#sender ??= addressText(conversation, side);
    this.#payload(d, start, end, BTHOME_2_MASK);
    this.#sender = sender;
  }

  #payload(d: Dissection, start: number, end: number, mask: number) {
    const device = this.#sender;
    if (device === undefined || end <= start) return;
    if ((d.data[start]! & mask) !== BTHOME_2) return;
    this.#listener.macPayload(this.hearing, device, d.data, start, end, this.#security);
  }

  override wpanClosed(_d: Dissection, frame: WpanFrame, reason: WpanClosed): void {
    const device = sourceOf(frame);
    if (device !== undefined) this.#listener.closed(this.hearing, device, reason);
  }

  override wpanBeacon(_d: Dissection, frame: WpanFrame): void {
    const coordinator = sourceOf(frame);
    if (coordinator !== undefined) {
      this.#listener.beacon(this.hearing, frame.sourcePan, coordinator);
    }
  }

  override wpanCommand(_d: Dissection, frame: WpanFrame, command: number): void {
    if (command !== WpanCommand.AssociationRequest) return;
    const device = sourceOf(frame);
    if (device !== undefined) {
      this.#listener.associationRequest(this.hearing, device, frame.destinationPan);
    }
  }
}

/** Extended address where it is known, else network and short address; undefined: it names none. */
function sourceOf(frame: WpanFrame): DeviceId | undefined {
  if (frame.sourceMode === WpanAddress.Extended) {
    return extendedId(frame.source64Hi, frame.source64Lo);
  }
  if (frame.sourceMode !== WpanAddress.Short) return undefined;
  if (frame.learned) return extendedId(frame.learnedHi, frame.learnedLo);
  return shortAddressId(frame.sourcePan, frame.source16);
}

function extendedId(high: number, low: number): DeviceId {
  const hex = (half: number) => (half >>> 0).toString(16).toUpperCase().padStart(8, "0");
  return hex(high) + hex(low);
}
