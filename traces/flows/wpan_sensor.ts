/**
 * Whether what an IEEE 802.15.4 frame carries is a sensor's, BTHome version 2. Nothing in a frame says
 * so; what it is shows only when all of the frame was read. The gateway and the decoder of captures
 * both ask here, so that they agree.
 *
 * @module
 */
import { shortAddressId } from "../sensors/device_id.ts";
import { type DeviceId, SensorDecoder } from "../sensors/sensor_decoder.ts";
import type { Dissection } from "../wire/dissection.ts";
import { fieldOf } from "../wire/field.ts";
import { WPAN_NO_SHORT_ADDRESS, WpanAddress, type WpanFrame } from "../wire/wpan_frame.ts";
import type { Conversation } from "./conversation.ts";

/** In place of a source: the bytes are in none. */
export const NO_SOURCE = -1;

/** What may be a sensor's packet. One object serves all frames. */
export interface WpanSensorPayload {
  /** The bytes are `data[start, end)`; good until the next frame is decoded. */
  data: Uint8Array;
  /** Index of the source in the dissection that `data` belongs to, or `NO_SOURCE`. */
  source: number;
  start: number;
  end: number;
  /** Who sent the frame. */
  device: DeviceId;
  /** Security level, 0 to 7; -1: the frame has no security header. */
  level: number;
  /**
   * The frame is whole, and its integrity code fits a key. Without: anybody may have sent it,
   * whatever its security header says.
   */
  secured: boolean;
  /** Frame counter; -1 unless `secured`, and where a slot number stands in its place (TSCH). */
  counter: number;
}

/** Device information byte of BTHome version 2: plain, at intervals and when something happens. */
const PLAIN = 0x40;
const PLAIN_TRIGGER = 0x44;
/** The information byte, and an object of at least one byte. */
const MIN_BYTES = 3;
/** Port of Thread's own messages, which are CoAP (OpenThread: TMF). */
const THREAD_PORT = 61631;

const Carrier = { None: 0, Mac: 1, Udp: 2 } as const;
const EMPTY = new Uint8Array(0);

export class WpanSensor {
  /** Of the frame that was decoded last; good after `found` said that there is one. */
  readonly payload: WpanSensorPayload = {
    data: EMPTY,
    source: NO_SOURCE,
    start: 0,
    end: 0,
    device: -1,
    level: -1,
    secured: false,
    counter: -1,
  };
  /** One of `Carrier`. */
  #carrier: number = Carrier.None;
  /** The frame has a readable payload of a sender that it names. */
  #named = false;
  /** Reads on trial: what is remembered of devices stays as it is. */
  readonly #trial = new SensorDecoder({ maxDevices: 1 });

  /** Begins a frame. */
  begin(): void {
    this.#carrier = Carrier.None;
    this.#named = false;
    const { payload } = this;
    payload.data = EMPTY;
    payload.level = -1;
    payload.secured = false;
    payload.counter = -1;
  }

  /** The readable payload of a frame, see `WpanObserver`. */
  wpanPayload(d: Dissection, frame: WpanFrame, start: number, end: number, secured: boolean): void {
    const device = wpanSender(frame);
    this.#named = device !== undefined;
    if (device === undefined) return;
    const { payload } = this;
    payload.device = device;
    payload.level = frame.security ? frame.securityLevel : -1;
    payload.secured = secured;
    payload.counter = secured && !frame.counterSuppressed ? frame.frameCounter : -1;
    this.#keep(d, Carrier.Mac, start, end);
  }

  /** The payload of a UDP datagram, see `Observer`; of interest above IEEE 802.15.4 alone. */
  udpPayload(d: Dissection, { portA, portB }: Conversation, start: number, end: number): void {
    if (!this.#named || portA === THREAD_PORT || portB === THREAD_PORT) return;
    this.#keep(d, Carrier.Udp, start, end);
  }

  #keep(d: Dissection, carrier: number, start: number, end: number) {
    if (end - start < MIN_BYTES) return;
    const info = d.data[start]!;
    if (info !== PLAIN && info !== PLAIN_TRIGGER) return;
    this.#carrier = carrier;
    const { payload } = this;
    payload.data = d.data;
    payload.source = d.sources[d.source]!.data === d.data ? d.source : NO_SOURCE;
    payload.start = start;
    payload.end = end;
  }

  /**
   * Whether the frame, now that it was decoded, holds a sensor's packet: `payload`.
   *
   * What no protocol claims counts by its first byte; in a datagram it has to be readable, as there
   * may be anything. What Zigbee took for its own may be a packet all the same, if it can be read
   * without a flaw, and Zigbee either could not read it or would not have secured the frame.
   *
   * @param whole every layer of the frame was as it says
   */
  found(d: Dissection, whole: boolean): boolean {
    switch (this.#carrier) {
      case Carrier.Mac:
        if (isUnclaimed(d, "wpan")) return true;
        return (!whole || this.payload.secured) && this.#isReadable(true);
      case Carrier.Udp:
        return isUnclaimed(d, "udp") && this.#isReadable(false);
    }
    return false;
  }

  /** Whether it reads as BTHome. @param strict without so much as a note */
  #isReadable(strict: boolean): boolean {
    const { data, start, end } = this.payload;
    const { readings, problems } = this.#trial.macPayload("", data, start, end, 0);
    this.#trial.forget("");
    if (readings.length === 0) return false;
    return !problems.some(({ rule }) => strict || rule.severity === "error");
  }
}

/** Whether no protocol knew what is behind the layer. */
function isUnclaimed({ layers, layerCount }: Dissection, below: string): boolean {
  if (layerCount < 2 || fieldOf(layers[layerCount - 1]!).name !== "data") return false;
  return fieldOf(layers[layerCount - 2]!).name.startsWith(below);
}

/** Extended address where it is known, else network and short address; undefined: it names none. */
export function wpanSender(frame: WpanFrame): DeviceId | undefined {
  if (frame.sourceMode === WpanAddress.Extended) {
    return extendedAddressId(frame.source64Hi, frame.source64Lo);
  }
  if (frame.sourceMode !== WpanAddress.Short) return undefined;
  if (frame.learned) return extendedAddressId(frame.learnedHi, frame.learnedLo);
  if (frame.source16 >= WPAN_NO_SHORT_ADDRESS) return undefined;
  return shortAddressId(frame.sourcePan, frame.source16);
}

function extendedAddressId(high: number, low: number): DeviceId {
  const hex = (half: number) => (half >>> 0).toString(16).toUpperCase().padStart(8, "0");
  return hex(high) + hex(low);
}
