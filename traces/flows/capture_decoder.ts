/**
 * Decodes the frames of a capture one after the other: chooses the link layer, and holds what one
 * frame tells of the next.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";
import type { SensorDecoder } from "../sensors/sensor_decoder.ts";
import { decodeCoap } from "../wire/coap.ts";
import { decodeData } from "../wire/data.ts";
import { Dissection, Failure } from "../wire/dissection.ts";
import { putExperts } from "../wire/expert.ts";
import { conclude } from "../wire/failure.ts";
import { allFields } from "../wire/field.ts";
import { decodeFrame, FrameClock } from "../wire/frame.ts";
import { ppiHeader } from "../wire/ppi.ts";
import { Bluetooth } from "./bluetooth.ts";
import type { Conversation } from "./conversation.ts";
import type { DecodeAs } from "./decode_as.ts";
import { type DecoderLimits, FULL_LIMITS } from "./decoder_limits.ts";
import { KeyLog } from "./key_log.ts";
import { Network } from "./network.ts";
import { Observer } from "./observer.ts";
import { Recogniser } from "./recognise.ts";
import { SensorLayer } from "./sensor_layer.ts";
import { SensorTap } from "./sensor_tap.ts";
import { StreamContext } from "./stream_context.ts";
import { type GivenContext, Wpan, type WpanFcs, type WpanKey, WpanLink } from "./wpan.ts";

/** How to decode. */
export interface DecoderOptions {
  /** What ports carry, where the bytes alone don't tell. */
  readonly decodeAs?: readonly DecodeAs[];
  /** Secrets of TLS; more may be added while decoding. */
  readonly keyLog?: KeyLog;
  /** AES-128 keys of IEEE 802.15.4, 16 bytes each; for any sender, or for one. */
  readonly wpanKeys?: readonly (Uint8Array | WpanKey)[];
  /** What frames of link type 195 end with. @default "crc16" */
  readonly wpanFcs?: WpanFcs;
  /** Prefixes that compressed addresses of 6LoWPAN refer to; routers' advertisements add more. */
  readonly sixlowpanContexts?: readonly GivenContext[];
  /** Keys of Zigbee networks and links, 16 bytes each. */
  readonly zigbeeKeys?: readonly Uint8Array[];
  /** Is told what is found. */
  readonly observer?: Observer;
  /** Decodes what sensors say; without it there is no layer `edgewire.sensor`. */
  readonly sensors?: SensorDecoder;
  /** How much it remembers. @default FULL_LIMITS */
  readonly limits?: DecoderLimits;
}

/** Secrets type of a TLS key log (draft-ietf-opsawg-pcapng, 4.7). */
const TLS_KEY_LOG = 0x544c534b;
/** Registered port of CoAP (RFC 7252, 6.1). */
const COAP_PORT = 5683;
const LINK_PPI = 192;

export class CaptureDecoder {
  /** The frame decoded last: its fields, layers and problems. */
  readonly d: Dissection;
  readonly clock: FrameClock = new FrameClock();
  /** One of `Failure`: whether a layer of that frame could not be read to its end, and why. */
  failure: number = Failure.None;
  readonly #keyLog: KeyLog;
  readonly #network: Network;
  readonly #bluetooth: Bluetooth;
  readonly #wpan: Wpan;
  readonly #sensors: SensorLayer | undefined;
  readonly #observer: Observer;
  /** The frame is one of IEEE 802.15.4. */
  #inWpan = false;
  readonly #coapPorts: ReadonlySet<number>;
  readonly #dataPorts: ReadonlySet<number>;

  /** @throws {RangeError} when a key does not have 16 bytes */
  constructor(options: DecoderOptions = {}) {
    const { decodeAs = [], wpanKeys = [], wpanFcs = "crc16", zigbeeKeys = [] } = options;
    const { sixlowpanContexts = [], limits = FULL_LIMITS } = options;
    const observer = options.observer ?? new Observer();
    this.#observer = observer;
    this.d = new Dissection(allFields().length);
    this.#keyLog = options.keyLog ?? new KeyLog(limits.secrets);
    const context = new StreamContext(observer, limits);
    const recogniser = new Recogniser(context, this.#keyLog, decodeAs);
    this.#network = new Network({
      observer,
      budget: context.budget,
      limits,
      recognise: (_d, conversation) => recogniser.tcp(conversation),
      udp: (d, conversation) => this.#datagram(d, conversation),
      byName: (name) => recogniser.named(name),
      contexts: (d, id, prefix, length) => {
        if (this.#inWpan) this.#wpan.learnContext(id, prefix, length, d.frame);
      },
    });
    this.#sensors = options.sensors && new SensorLayer(options.sensors, observer);
    const radio = this.#sensors === undefined ? observer : new SensorTap(observer, this.#sensors);
    this.#bluetooth = new Bluetooth(radio);
    this.#wpan = new Wpan({
      ipv6: (d) => this.#network.ipv6(d),
      keys: wpanKeys.map((key) => key instanceof Uint8Array ? { key } : key),
      fcs: wpanFcs,
      contexts: sixlowpanContexts,
      zigbeeKeys: zigbeeKeys.map((key) => ({ key })),
      observer: radio,
    });
    const udpPorts = (protocol: string) =>
      decodeAs.filter((rule) => rule.transport === "udp" && rule.protocol === protocol)
        .map(({ port }) => port);
    this.#coapPorts = new Set([COAP_PORT, ...udpPorts("coap")]);
    this.#dataPorts = new Set(udpPorts("data"));
  }

  /** Takes secrets that the capture itself holds (pcapng: decryption secrets block). */
  addSecrets(type: number, secret: Uint8Array): void {
    if (type === TLS_KEY_LOG) this.#keyLog.add(secret);
    else this.#wpan.addSecrets(type, secret);
  }

  /**
   * Decodes a frame; the result is in `d` until the next.
   *
   * The frame need not come from a file: who hears frames live may fill one `CaptureFrame` again and
   * again. Used of it are `number` (counting up), `block`, `linkType`, `interface`, `seconds` and
   * `nanoseconds`, `data`, `start`, `capturedLength`, `length`, and `flags` where the link type needs
   * a direction. `interface.id` tells apart who heard it (see `liveInterface`): links, chains of
   * advertisements, HCI adapters, sniffers' clocks and fragments of 6LoWPAN are followed for each by
   * itself; what 802.15.4 frames tell of addresses counts for all.
   */
  decode(frame: CaptureFrame): void {
    const { d } = this;
    this.#observer.begins(frame);
    d.frame = frame.number;
    d.seconds = frame.seconds;
    d.nanoseconds = frame.nanoseconds;
    d.time = frame.seconds + frame.nanoseconds / 1e9;
    d.begin(frame.data, frame.start, frame.capturedLength, frame.length);
    this.#sensors?.begin();
    decodeFrame(d, frame, this.clock);
    if (frame.block === "packet") {
      this.#network.begin(d);
      this.#link(frame, frame.linkType);
    } else decodeData(d);
    this.failure = d.failed;
    if (d.failed !== Failure.None) conclude(d);
    this.#sensors?.end(d, this.failure === Failure.None);
    putExperts(d);
  }

  #link(frame: CaptureFrame, linkType: number): void {
    const { d } = this;
    const source = frame.interface;
    if (this.#network.decode(d, linkType, source?.fcsLength)) return;
    switch (linkType) {
      case WpanLink.WithFcs:
      case WpanLink.NonAskPhy:
      case WpanLink.NoFcs:
      case WpanLink.Tap:
        this.#inWpan = true;
        this.#wpan.decode(d, linkType, source?.id);
        this.#inWpan = false;
        return;
      case LINK_PPI: {
        const inner = ppiHeader(d);
        if (inner === LINK_PPI) decodeData(d);
        else if (inner >= 0) this.#link(frame, inner);
        return;
      }
    }
    if (!this.#bluetooth.decode(d, linkType, frame.flags, source?.id)) decodeData(d);
  }

  #datagram(d: Dissection, conversation: Conversation): boolean {
    this.#sensors?.udpPayload(d, conversation);
    const { portA, portB } = conversation;
    if (this.#dataPorts.has(portA) || this.#dataPorts.has(portB)) return false;
    if (!this.#coapPorts.has(portA) && !this.#coapPorts.has(portB)) return false;
    decodeCoap(d);
    return true;
  }
}
