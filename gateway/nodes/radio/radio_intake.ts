/**
 * Takes radio envelopes apart: every frame through the decoder of captures, which hands on
 * advertising data and IEEE 802.15.4 payloads.
 *
 * @module
 */
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import type { Conversation, Side } from "../../../traces/flows/conversation.ts";
import { Observer } from "../../../traces/flows/observer.ts";
import type { WpanKey } from "../../../traces/flows/wpan.ts";
import type { WpanClosed } from "../../../traces/flows/wpan_observer.ts";
import { wpanSender, WpanSensor } from "../../../traces/flows/wpan_sensor.ts";
import {
  RadioEnvelope,
  RadioFlag,
  RadioLink,
  type RadioRecord,
  UNKNOWN_CHANNEL,
  UNKNOWN_RSSI,
} from "../../../traces/sensors/radio_envelope.ts";
import { type Dissection, Failure } from "../../../traces/wire/dissection.ts";
import { WpanCommand } from "../../../traces/wire/wpan_command.ts";
import type { WpanFrame } from "../../../traces/wire/wpan_frame.ts";
import { noTaps, type Taps } from "../../taps.ts";
import type { Arrival, Hearing, RadioListener } from "./hearing.ts";
import type { RadioNode } from "./radio_node.ts";

const UNKNOWN_ADDRESS_TYPE = 255;
const LINKS: ReadonlySet<number> = new Set(Object.values(RadioLink));
/**
 * How much of a frame may be missing that was cut short, in bytes: nobody says, but more than check
 * sequence and integrity code have, so that none of it counts as its whole content.
 */
const CUT_BYTES = 64;

export class RadioIntake {
  /** Frames of link types that an envelope has not; they are not read. */
  unknownLinks = 0;
  readonly #decoder: CaptureDecoder;
  readonly #frame = new CaptureFrame();
  readonly #envelope = new RadioEnvelope();
  readonly #tap: Tap;
  readonly #taps: Taps;
  readonly #onProblem: (node: string, text: string) => void;

  /**
   * @param keys of the MAC layer of IEEE 802.15.4
   * @param onProblem is told what is wrong with an envelope
   */
  constructor(
    listener: RadioListener,
    keys: readonly WpanKey[],
    onProblem: (node: string, text: string) => void,
    taps: Taps = noTaps,
  ) {
    this.#tap = new Tap(listener);
    this.#taps = taps;
    this.#decoder = new CaptureDecoder({ observer: this.#tap, wpanKeys: keys });
    this.#onProblem = onProblem;
  }

  /**
   * Takes one envelope.
   *
   * @param id of the PUBLISH that it is
   * @param arrival ms of our monotonic clock, and Unix ms
   * @returns whether it was one that had not come before
   */
  take(node: RadioNode, id: string, payload: Uint8Array, arrival: Arrival): boolean {
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
    this.#tap.hearing.message = id;
    this.#tap.hearing.time = arrival.time;
    for (let index = 0; envelope.next(); index++) {
      this.#record(node, index, envelope.record, arrival.at);
    }
    if (envelope.problem !== null) this.#malformed(node);
    return true;
  }

  #malformed(node: RadioNode) {
    node.malformed++;
    const { text, offset } = this.#envelope.problem!;
    this.#onProblem(node.name, `radio envelope: ${text} (at byte ${offset})`);
  }

  #record(node: RadioNode, index: number, record: RadioRecord, arrival: number) {
    node.frames++;
    const { flags, start, end } = record;
    if (!LINKS.has(record.linkType)) {
      this.#unknownLink(node, record.linkType);
      return;
    }
    const at = node.heardAt(record.time, flags, arrival);
    this.#taps.radio(node.name, this.#tap.hearing.message, index, record, at, arrival);
    if ((flags & RadioFlag.Wrong) !== 0) {
      node.damaged++;
      return;
    }
    this.#tap.begin(node, at, record, index);
    const frame = this.#frame;
    frame.number++;
    frame.interface = node.interface;
    frame.linkType = record.linkType;
    frame.data = record.data;
    frame.start = start;
    frame.capturedLength = end - start;
    const cut = (flags & RadioFlag.Cut) !== 0;
    frame.length = end - start + (cut ? CUT_BYTES : 0);
    frame.seconds = Math.floor(at / 1000);
    frame.nanoseconds = Math.floor((at - frame.seconds * 1000) * 1e6);
    this.#decoder.decode(frame);
    const { d, failure } = this.#decoder;
    const told = this.#tap.end(d, failure === Failure.None);
    if (failure === Failure.Malformed && !told && !cut) node.malformed++;
  }

  #unknownLink(node: RadioNode, linkType: number) {
    this.unknownLinks++;
    node.malformed++;
    if (node.unknownLinks++ > 0) return;
    const known = [...LINKS].join(", ");
    this.#onProblem(node.name, `radio envelope: link type ${linkType} is none of ${known}`);
  }
}

/** Listens to the decoder. */
class Tap extends Observer {
  readonly hearing: Hearing = {
    node: undefined as unknown as RadioNode,
    message: "",
    record: -1,
    at: 0,
    time: 0,
    rssi: UNKNOWN_RSSI,
    channel: UNKNOWN_CHANNEL,
  };
  readonly #listener: RadioListener;
  readonly #sensor = new WpanSensor();
  /** As the record has them: one event may hold several reports. */
  #rssi = UNKNOWN_RSSI;
  #channel = UNKNOWN_CHANNEL;

  constructor(listener: RadioListener) {
    super();
    this.#listener = listener;
  }

  /**
   * Begins a frame.
   *
   * @param at when it was heard, ms of our monotonic clock
   * @param index of the record
   */
  begin(node: RadioNode, at: number, { rssi, channel }: RadioRecord, index: number) {
    const { hearing } = this;
    hearing.node = node;
    hearing.record = index;
    hearing.at = at;
    hearing.rssi = this.#rssi = rssi;
    hearing.channel = this.#channel = channel;
    this.#sensor.begin();
  }

  /** Ends it. @param whole every layer was as it says @returns whether it held a sensor's packet */
  end(d: Dissection, whole: boolean): boolean {
    if (!this.#sensor.found(d, whole)) return false;
    const { payload } = this.#sensor;
    const { device, data, start, end } = payload;
    this.#listener.macPayload(this.hearing, device, data, start, end, payload);
    return true;
  }

  override advertisingData(
    d: Dissection,
    start: number,
    end: number,
    addressHigh: number,
    addressLow: number,
    addressType: number,
    rssi: number,
    channel: number,
  ): void {
    if (addressType === UNKNOWN_ADDRESS_TYPE) return;
    const { hearing } = this;
    hearing.rssi = rssi === UNKNOWN_RSSI ? this.#rssi : rssi;
    hearing.channel = channel === UNKNOWN_CHANNEL ? this.#channel : channel;
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
    this.#sensor.wpanPayload(d, frame, start, end, secured);
  }

  override udpPayload(
    d: Dissection,
    conversation: Conversation,
    _side: Side,
    start: number,
    end: number,
  ): void {
    this.#sensor.udpPayload(d, conversation, start, end);
  }

  override wpanClosed(_d: Dissection, frame: WpanFrame, reason: WpanClosed): void {
    const device = wpanSender(frame);
    if (device !== undefined) this.#listener.closed(this.hearing, device, reason);
  }

  override wpanBeacon(_d: Dissection, frame: WpanFrame): void {
    const coordinator = wpanSender(frame);
    if (coordinator !== undefined) {
      this.#listener.beacon(this.hearing, frame.sourcePan, coordinator);
    }
  }

  override wpanCommand(_d: Dissection, frame: WpanFrame, command: number): void {
    if (command !== WpanCommand.AssociationRequest) return;
    const device = wpanSender(frame);
    if (device !== undefined) {
      this.#listener.associationRequest(this.hearing, device, frame.destinationPan);
    }
  }
}
