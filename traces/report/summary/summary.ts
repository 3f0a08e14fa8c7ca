/**
 * What a whole capture says, gathered while it is decoded: conversations, overhead of each protocol,
 * round trips, MQTT topics, radio devices and networks, sensors, hops, problems. Memory grows with
 * the number of conversations, topics, devices and rules, all bounded, never with the number of
 * frames.
 *
 * @module
 */
import type { CaptureFrame } from "../../files/capture_frame.ts";
import type { Conversation, Side } from "../../flows/conversation.ts";
import { FULL_LIMITS } from "../../flows/decoder_limits.ts";
import { Observer, type RoundTrip } from "../../flows/observer.ts";
import type { DeviceId } from "../../sensors/sensor_decoder.ts";
import type { SensorReport } from "../../sensors/sensor_report.ts";
import type { Dissection } from "../../wire/dissection.ts";
import { HTTP } from "../../wire/http_fields.ts";
import { WEBSOCKET } from "../../wire/websocket.ts";
import type { WpanFrame } from "../../wire/wpan_frame.ts";
import { BleDevices } from "./ble_devices.ts";
import { Commands } from "./commands.ts";
import { Durations } from "./durations.ts";
import { Hops } from "./hops.ts";
import { Overhead } from "./overhead.ts";
import { Origin, PacketOrigin } from "./packet_origin.ts";
import { ProblemCounts } from "./problem_counts.ts";
import { SensorDevices } from "./sensor_devices.ts";
import { Topics } from "./topics.ts";
import { WpanNetworks } from "./wpan_networks.ts";

/** What TCP does by itself, and what opens a WebSocket: traces of the gateway hold none of it. */
const NOT_SEEN_BY_GATEWAY: ReadonlySet<RoundTrip> = new Set([
  "tcp handshake",
  "tcp ack",
  "http request",
]);
/** MQTT packet types. */
const CONNECT = 1;
const PUBLISH = 3;

/** Address type of advertisements without address, and RSSI that is not known. */
const ANONYMOUS = 255;
const UNKNOWN_RSSI = 127;

/** WebSocket framing is counted apart for each side, since only clients mask. */
export interface OverheadTable {
  readonly httpRequest: Overhead;
  readonly httpResponse: Overhead;
  readonly webSocketFromClient: Overhead;
  readonly webSocketFromServer: Overhead;
  readonly mqttPublish: Overhead;
  /** All other MQTT packets: they carry no payload. */
  readonly mqttControl: Overhead;
  readonly tlsRecord: Overhead;
  /** All below the payload of TCP: link, IP and TCP headers, handshakes, acknowledgements. */
  readonly tcpSegment: Overhead;
  readonly udpDatagram: Overhead;
}

export class Summary extends Observer {
  frames = 0;
  /** Bytes on the wire, and bytes in the file. */
  bytes = 0;
  capturedBytes = 0;
  /** Seconds since 1970; NaN while no frame had a time. */
  firstTime = NaN;
  lastTime = NaN;
  /** Frames per protocol, by field id of the protocol. */
  readonly protocolFrames: Uint32Array;
  /** By protocol, the last frame counted for it. */
  readonly #counted: Uint32Array;
  /** The display filter that chose the frames; undefined when all are counted. */
  readonly filter: string | undefined;
  /** Seconds since 1970 of the capture's first frame, counted or not. */
  captureStart = NaN;
  /** Those listed one by one; further ones are only counted. */
  readonly conversations: Conversation[] = [];
  conversationsBeyond = 0;
  readonly #listed: number;
  readonly overhead: OverheadTable = {
    httpRequest: new Overhead(),
    httpResponse: new Overhead(),
    webSocketFromClient: new Overhead(),
    webSocketFromServer: new Overhead(),
    mqttPublish: new Overhead(),
    mqttControl: new Overhead(),
    tlsRecord: new Overhead(),
    tcpSegment: new Overhead(),
    udpDatagram: new Overhead(),
  };
  readonly roundTrips = new Map<RoundTrip, Durations>();
  readonly topics = new Topics();
  readonly #commands = new Commands();
  readonly bleDevices = new BleDevices();
  readonly wpanNetworks = new WpanNetworks();
  readonly sensors = new SensorDevices();
  readonly problems = new ProblemCounts();
  /** What comments of the gateway's traces say; undefined while there is none. */
  hops: Hops | undefined = undefined;
  /** Conversation that the frame at hand belongs to. */
  #conversation: Conversation | undefined = undefined;
  readonly #packetOrigin = new PacketOrigin();
  /** One of `Origin`, of the frame at hand. */
  #origin: number = Origin.Elsewhere;
  /** Conversations whose CONNECT was made up. */
  readonly #madeConnect = new WeakSet<Conversation>();

  /**
   * @param fieldCount number of registered fields
   * @param listed conversations that are listed one by one
   */
  constructor(fieldCount: number, filter?: string, listed: number = FULL_LIMITS.listed) {
    super();
    this.#listed = listed;
    this.filter = filter;
    this.protocolFrames = new Uint32Array(fieldCount);
    this.#counted = new Uint32Array(fieldCount);
  }

  override begins(frame: CaptureFrame): void {
    this.#origin = frame.comments.length > 0 ? this.#packetOrigin.of(frame) : Origin.Elsewhere;
  }

  /** A frame has been decoded. */
  frame(frame: CaptureFrame, d: Dissection): void {
    const number = ++this.frames;
    this.bytes += frame.length;
    this.capturedBytes += frame.capturedLength;
    this.captureStart = d.firstSeconds + d.firstNanoseconds / 1e9;
    if (frame.hasTime) {
      const time = d.time;
      if (!(time >= this.firstTime)) this.firstTime = time;
      if (!(time <= this.lastTime)) this.lastTime = time;
      if (frame.comments.length > 0) this.#comments(frame, time);
    }
    this.#conversation = undefined;
    const layers = d.layers;
    for (let i = 0; i < d.layerCount; i++) {
      const layer = layers[i]!;
      // Frames of WebSocket name HTTP, which opened the connection, but hold none of it.
      if (this.#counted[layer] === number || (layer === HTTP && layers[i + 1] === WEBSOCKET)) {
        continue;
      }
      this.#counted[layer] = number;
      this.protocolFrames[layer]!++;
    }
    if (d.problems.length > 0) {
      for (const problem of d.problems) this.problems.add(problem);
      this.problems.dropped += d.problemsDropped;
    }
  }

  #comments(frame: CaptureFrame, time: number): void {
    this.#packetOrigin.counted(frame, this.#origin);
    if (this.hops === undefined && this.#origin !== Origin.Elsewhere) {
      this.hops = new Hops(this.firstTime);
    }
    this.hops?.frame(frame, time, this.#conversation);
  }

  override opened(conversation: Conversation): void {
    if (this.conversations.length < this.#listed) this.conversations.push(conversation);
    else this.conversationsBeyond++;
  }

  override segment(
    conversation: Conversation,
    _side: Side,
    frameLength: number,
    payload: number,
  ): void {
    this.#conversation = conversation;
    if (this.#origin === Origin.Copy) return;
    const { tcpSegment, udpDatagram } = this.overhead;
    const row = conversation.transport === "tcp" ? tcpSegment : udpDatagram;
    row.add(frameLength - payload, payload);
  }

  override httpHead(
    _conversation: Conversation,
    _side: Side,
    isRequest: boolean,
    head: number,
    _body: number,
  ): void {
    this.#http(isRequest).add(head, 0);
  }

  override httpBody(
    conversation: Conversation,
    side: Side,
    length: number,
  ): void {
    this.#http(side === conversation.client).payload += length;
  }

  #http(isRequest: boolean): Overhead {
    return isRequest ? this.overhead.httpRequest : this.overhead.httpResponse;
  }

  override webSocketFrame(
    conversation: Conversation,
    side: Side,
    _opcode: number,
    header: number,
    payload: number,
    _inflated: number,
  ): void {
    const { webSocketFromClient, webSocketFromServer } = this.overhead;
    (side === conversation.client ? webSocketFromClient : webSocketFromServer).add(header, payload);
  }

  override mqttPacket(
    d: Dissection,
    conversation: Conversation,
    _side: Side,
    type: number,
    length: number,
    payload: number,
    topicAt: number,
    topicLength: number,
    topic: string | undefined,
  ): void {
    if (this.#origin === Origin.Copy) return;
    if (type === CONNECT && this.#origin === Origin.Made) this.#madeConnect.add(conversation);
    if (type !== PUBLISH) return this.overhead.mqttControl.add(length, 0);
    this.overhead.mqttPublish.add(length - payload, payload);
    if (topic !== undefined) this.topics.addText(topic, payload, d.time);
    else this.topics.addBytes(d.data, topicAt, topicLength, payload, d.time);
    const answered = topic !== undefined
      ? this.#commands.text(topic, d.time)
      : this.#commands.message(d.data, topicAt, topicLength, d.time);
    if (answered >= 0) this.roundTrip(conversation, "command", answered, d.frame);
  }

  override tlsRecord(
    _conversation: Conversation,
    _side: Side,
    _contentType: number,
    length: number,
    overhead: number,
  ): void {
    this.overhead.tlsRecord.add(overhead, length - overhead);
  }

  override roundTrip(
    conversation: Conversation,
    kind: RoundTrip,
    seconds: number,
    _frame: number,
  ): void {
    if (this.#origin !== Origin.Elsewhere && !this.#isMeasured(conversation, kind)) return;
    let durations = this.roundTrips.get(kind);
    if (durations === undefined) this.roundTrips.set(kind, durations = new Durations());
    durations.add(seconds);
  }

  /** Whether both ends of a round trip in a trace of the gateway were seen by it. */
  #isMeasured(conversation: Conversation, kind: RoundTrip): boolean {
    if (this.#origin !== Origin.Gateway || NOT_SEEN_BY_GATEWAY.has(kind)) return false;
    return kind !== "mqtt connect" || !this.#madeConnect.has(conversation);
  }

  override advertisement(
    addressHigh: number,
    addressLow: number,
    addressType: number,
    rssi: number,
    _channel: number,
    time: number,
    _pduType: number,
  ): void {
    if (addressType === ANONYMOUS) return;
    const level = rssi === UNKNOWN_RSSI ? NaN : rssi;
    this.bleDevices.add(addressHigh, addressLow, (addressType & 1) === 1, level, time);
  }

  override sensor(device: DeviceId, report: SensorReport): void {
    this.sensors.add(device, report);
  }

  override wpanFrame(_d: Dissection, frame: WpanFrame): void {
    this.wpanNetworks.add(frame);
  }
}
