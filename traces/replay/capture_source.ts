/**
 * Reads a capture for what can be replayed of it: MQTT messages and radio frames, in order.
 *
 * @module
 */
import type { CaptureFrame, CaptureInterface } from "../files/capture_frame.ts";
import { type CaptureEnd, CaptureReader } from "../files/capture_reader.ts";
import { CaptureDecoder } from "../flows/capture_decoder.ts";
import type { DecodeAs } from "../flows/decode_as.ts";
import { KeyLog } from "../flows/key_log.ts";
import type { RadioRecord } from "../sensors/radio_envelope.ts";
import { PublishFilter } from "./publish_filter.ts";
import type { LeftOut } from "./left_out.ts";
import { type CapturedPublish, PublishTap } from "./publish_tap.ts";
import { RadioRecords } from "./radio_records.ts";
import { readTraceComment } from "./trace_comment.ts";

/** How to read a capture. */
export interface SourceOptions {
  /** Path of the file, or its bytes: it is read twice. */
  readonly input: string | Uint8Array;
  /** Whether commands are replayed. */
  readonly commands: boolean;
  /** Content of a TLS key log. */
  readonly keyLog?: Uint8Array;
  readonly decodeAs?: readonly DecodeAs[];
}

/** A radio frame. Good until the call returns. */
export interface HeardFrame {
  readonly source: CaptureInterface | undefined;
  readonly radio: "ble" | "802.15.4";
  /** Without its time. */
  readonly record: RadioRecord;
  /** PUBLISHes that carried it, in a trace of a gateway. */
  readonly carriers: readonly string[];
}

/** Is told what a capture holds; times are microseconds since 1970 and never go back. */
export interface SourceListener {
  publish(publish: CapturedPublish, time: number, frame: number): void;
  /** @param heard when the radio heard it; may be before what came before it in the file */
  radio(frame: HeardFrame, time: number, heard: number, number: number): void;
  leftOut(reason: LeftOut): void;
}

/** What else may be told while reading. */
export interface SourceEvents {
  /** See `CaptureEvents`. */
  progress?(bytes: number, total: number | undefined): void;
  ready?(): Promise<void>;
}

/** LINKTYPE of packets without lower layers. */
const UPPER_PDU = 252;

/** Reads all of it. @returns how reading ended; bad input is never thrown */
export function readSource(
  options: SourceOptions,
  listener: SourceListener,
  events: SourceEvents = {},
  signal?: AbortSignal,
): Promise<CaptureEnd> {
  const source = new Source(options, listener);
  const reader = new CaptureReader(options.input, (frame) => source.frame(frame), {
    ...events,
    secrets: ({ type, data }) => source.decoder.addSecrets(type, data),
  });
  return reader.read(signal);
}

class Source {
  readonly decoder: CaptureDecoder;
  readonly #listener: SourceListener;
  readonly #tap: PublishTap;
  readonly #filter: PublishFilter;
  readonly #radio = new RadioRecords();
  #time = 0;
  #frame = 0;
  #linkType = 0;

  constructor({ keyLog, decodeAs, commands }: SourceOptions, listener: SourceListener) {
    this.#listener = listener;
    this.#filter = new PublishFilter(commands);
    this.#tap = new PublishTap((publish) => this.#publish(publish));
    const secrets = new KeyLog();
    if (keyLog !== undefined) secrets.add(keyLog);
    this.decoder = new CaptureDecoder({
      observer: this.#tap,
      keyLog: secrets,
      ...(decodeAs === undefined ? {} : { decodeAs }),
    });
  }

  frame(frame: CaptureFrame): void {
    if (frame.block !== "packet") return;
    const heard = frame.hasTime ? frame.seconds * 1e6 + frame.nanoseconds / 1000 : this.#time;
    if (heard > this.#time) this.#time = heard;
    this.#frame = frame.number;
    this.#linkType = frame.linkType;
    const comment = frame.comments.length === 0 ? undefined : readTraceComment(frame.comments);
    const radio = this.#radio.read(frame);
    if (typeof radio === "string") this.#listener.leftOut(radio);
    if (radio !== false) {
      if (radio === true) {
        this.#heard(frame, heard - (comment?.late ?? 0), comment?.carriers ?? []);
      }
      return;
    }
    this.#tap.begin(comment?.taken);
    this.decoder.decode(frame);
    this.#tap.end();
  }

  #heard(frame: CaptureFrame, heard: number, carriers: readonly string[]): void {
    const { record, radio } = this.#radio;
    const told = { source: frame.interface, radio, record, carriers };
    this.#listener.radio(told, this.#time, heard, this.#frame);
  }

  #publish(publish: CapturedPublish): void {
    const form = this.#linkType === UPPER_PDU ? "packet" : "stream";
    const reason = this.#filter.judge(publish, form, this.#time);
    if (reason !== undefined) this.#listener.leftOut(reason);
    else this.#listener.publish(publish, this.#time, this.#frame);
  }
}
