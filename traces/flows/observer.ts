/**
 * What the decoder tells while it decodes, for the summary and for who follows devices: one call per
 * fact, numbers only, so that it costs next to nothing. This class ignores everything; who wants to
 * know overrides.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";
import type { DeviceId } from "../sensors/sensor_decoder.ts";
import type { SensorReport } from "../sensors/sensor_report.ts";
import type { Dissection } from "../wire/dissection.ts";
import type { WpanFrame } from "../wire/wpan_frame.ts";
import type { BluetoothObserver } from "./bluetooth_observer.ts";
import type { Conversation, Side } from "./conversation.ts";
import type { WpanClosed, WpanObserver } from "./wpan_observer.ts";

/** Which exchange a round trip was. */
export type RoundTrip =
  | "tcp handshake"
  | "tcp ack"
  | "http request"
  | "websocket ping"
  | "mqtt connect"
  | "mqtt ping"
  | "mqtt subscribe"
  | "mqtt qos 1"
  | "mqtt qos 2"
  | "command";

export class Observer implements BluetoothObserver, WpanObserver {
  /** A frame is about to be decoded: what is told until the next is about it. */
  begins(_frame: CaptureFrame): void {}

  /** A conversation was seen first. */
  opened(_conversation: Conversation): void {}

  /** A conversation is no longer kept, because there are too many; no more will be told of it. */
  forgotten(_conversation: Conversation): void {}

  /** A TCP segment or UDP datagram, in a frame of `frameLength` bytes on the wire. */
  segment(
    _conversation: Conversation,
    _side: Side,
    _frameLength: number,
    _payload: number,
  ): void {}

  /** A request or response head was complete; `body` bytes follow as far as it says (-1 unknown). */
  httpHead(
    _conversation: Conversation,
    _side: Side,
    _isRequest: boolean,
    _head: number,
    _body: number,
  ): void {}

  /** Body bytes of HTTP. */
  httpBody(_conversation: Conversation, _side: Side, _length: number): void {}

  /**
   * A WebSocket frame: `header` bytes of framing (masking key included), `payload` bytes on the
   * wire, `inflated` bytes after decompression (equal to `payload` without).
   */
  webSocketFrame(
    _conversation: Conversation,
    _side: Side,
    _opcode: number,
    _header: number,
    _payload: number,
    _inflated: number,
  ): void {}

  /**
   * An MQTT packet of `length` bytes in all, `payload` of them application payload. For PUBLISH the
   * topic stands at `d.data[topicAt, topicAt + topicLength)`, or is `topic` when an alias named it.
   */
  mqttPacket(
    _d: Dissection,
    _conversation: Conversation,
    _side: Side,
    _type: number,
    _length: number,
    _payload: number,
    _topicAt: number,
    _topicLength: number,
    _topic: string | undefined,
  ): void {}

  /** A TLS record of `length` bytes, header included, `overhead` of them not application data. */
  tlsRecord(
    _conversation: Conversation,
    _side: Side,
    _contentType: number,
    _length: number,
    _overhead: number,
  ): void {}

  /** Something was answered after `seconds`; `frame` is the answer's. */
  roundTrip(
    _conversation: Conversation,
    _kind: RoundTrip,
    _seconds: number,
    _frame: number,
  ): void {}

  advertisement(
    _addressHigh: number,
    _addressLow: number,
    _addressType: number,
    _rssi: number,
    _channel: number,
    _time: number,
    _pduType: number,
  ): void {}

  /** Complete advertising data, see `BluetoothObserver`. */
  advertisingData(
    _d: Dissection,
    _start: number,
    _end: number,
    _addressHigh: number,
    _addressLow: number,
    _addressType: number,
    _rssi: number,
    _channel: number,
    _pduType: number,
  ): void {}

  /**
   * The payload of a UDP datagram, `d.data[start, end)`; told before it is decoded, and not of
   * fragments nor of datagrams quoted in an ICMP error. `side` sent it.
   */
  udpPayload(
    _d: Dissection,
    _conversation: Conversation,
    _side: Side,
    _start: number,
    _end: number,
  ): void {}

  /** The header of an IEEE 802.15.4 frame was read; `frame` is good until this returns. */
  wpanFrame(_d: Dissection, _frame: WpanFrame): void {}

  /** The readable payload of an IEEE 802.15.4 data frame, see `WpanObserver`. */
  wpanPayload(
    _d: Dissection,
    _frame: WpanFrame,
    _start: number,
    _end: number,
    _secured: boolean,
  ): void {}

  /** An IEEE 802.15.4 frame whose payload stays closed, see `WpanObserver`. */
  wpanClosed(_d: Dissection, _frame: WpanFrame, _reason: WpanClosed): void {}

  /** An IEEE 802.15.4 beacon, see `WpanObserver`. */
  wpanBeacon(_d: Dissection, _frame: WpanFrame): void {}

  /** An IEEE 802.15.4 MAC command, see `WpanObserver`. */
  wpanCommand(_d: Dissection, _frame: WpanFrame, _command: number): void {}

  /**
   * A sensor's packet was decoded, for the layer `edgewire.sensor`; only of decoders that have
   * `sensors`, and while somebody wants a field of that layer. The report is good until this
   * returns; its readings may be kept.
   *
   * @param device who sent it; -1 unknown
   */
  sensor(_device: DeviceId, _report: SensorReport): void {}
}
