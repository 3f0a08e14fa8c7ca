/**
 * Holds back what the decoder tells of a frame until a filter has seen the frame.
 *
 * @module
 */
import type { CaptureFrame } from "../../files/capture_frame.ts";
import type { Conversation, Side } from "../../flows/conversation.ts";
import { Observer, type RoundTrip } from "../../flows/observer.ts";
import type { DeviceId } from "../../sensors/sensor_decoder.ts";
import { SensorReport } from "../../sensors/sensor_report.ts";
import type { Dissection } from "../../wire/dissection.ts";
import { WpanFrame } from "../../wire/wpan_frame.ts";

const DECODER = new TextDecoder();

export class HeldFacts extends Observer {
  readonly #observer: Observer;
  #held: (() => void)[] = [];
  /** Conversations told of: those that a frame let through belongs to. */
  readonly #told = new WeakSet<Conversation>();

  constructor(observer: Observer) {
    super();
    this.#observer = observer;
  }

  /** The frame counts, or not: tells what was held back, or forgets it. */
  release(counts: boolean): void {
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    if (counts) { for (const tell of held) tell(); }
  }

  override begins(frame: CaptureFrame): void {
    this.#observer.begins(frame);
  }

  override segment(of: Conversation, side: Side, frameLength: number, payload: number): void {
    this.#held.push(() => {
      if (!this.#told.has(of)) {
        this.#told.add(of);
        this.#observer.opened(of);
      }
      this.#observer.segment(of, side, frameLength, payload);
    });
  }

  override httpHead(...args: Parameters<Observer["httpHead"]>): void {
    this.#held.push(() => this.#observer.httpHead(...args));
  }

  override httpBody(...args: Parameters<Observer["httpBody"]>): void {
    this.#held.push(() => this.#observer.httpBody(...args));
  }

  override webSocketFrame(...args: Parameters<Observer["webSocketFrame"]>): void {
    this.#held.push(() => this.#observer.webSocketFrame(...args));
  }

  override mqttPacket(
    d: Dissection,
    of: Conversation,
    side: Side,
    type: number,
    length: number,
    payload: number,
    topicAt: number,
    topicLength: number,
    topic: string | undefined,
  ): void {
    // By then the cursor is in other bytes: the topic is taken along.
    const name = type === 3
      ? topic ?? DECODER.decode(d.data.subarray(topicAt, topicAt + topicLength))
      : undefined;
    this.#held.push(() =>
      this.#observer.mqttPacket(d, of, side, type, length, payload, topicAt, topicLength, name)
    );
  }

  override tlsRecord(...args: Parameters<Observer["tlsRecord"]>): void {
    this.#held.push(() => this.#observer.tlsRecord(...args));
  }

  override roundTrip(of: Conversation, kind: RoundTrip, seconds: number, frame: number): void {
    this.#held.push(() => this.#observer.roundTrip(of, kind, seconds, frame));
  }

  override advertisement(...args: Parameters<Observer["advertisement"]>): void {
    this.#held.push(() => this.#observer.advertisement(...args));
  }

  override sensor(device: DeviceId, report: SensorReport): void {
    // The report is good until this returns only; its readings may be kept.
    const copy = Object.assign(new SensorReport(), report);
    this.#held.push(() => this.#observer.sensor(device, copy));
  }

  override wpanFrame(d: Dissection, frame: WpanFrame): void {
    // The frame is good until this returns only.
    const copy = Object.assign(new WpanFrame(), frame);
    this.#held.push(() => this.#observer.wpanFrame(d, copy));
  }
}
