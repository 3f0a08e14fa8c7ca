/**
 * Gathers radio frames of a capture into envelopes, as a node does. The order over all nodes stays:
 * a frame of another node ends the batch.
 *
 * @module
 */
import {
  encodeEnvelope,
  HEADER_BYTES,
  type RadioRecord,
  RECORD_BYTES,
} from "../sensors/radio_envelope.ts";
import { clockEnvelope, randomBoot } from "./node_boots.ts";
import type { ReplayClock } from "./replay_clock.ts";
import type { ReplayMessage } from "./replay_message.ts";
import { radioTopic } from "./radio_topic.ts";

/** Bounds of a batch; its age is in the capture's time, microseconds. */
const MOST_FRAMES = 64;
const MOST_BYTES = 8192;
const MOST_AGE = 50_000;

interface Played {
  readonly boot: number;
  batch: number;
}

export class FrameBatches {
  readonly #clock: ReplayClock;
  readonly #send: (message: ReplayMessage) => void;
  readonly #nodes = new Map<string, Played>();
  #node = "";
  #records: RadioRecord[] = [];
  #bytes = 0;
  /** When the batch was begun, and when its last frame came. */
  #begun = 0;
  #last = 0;
  #frame = 0;

  constructor(clock: ReplayClock, send: (message: ReplayMessage) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** The boot id of a node that the replay plays. */
  bootOf(node: string): number {
    return this.#played(node).boot;
  }

  /**
   * Adds a frame.
   *
   * @param record its bytes are copied
   * @param time when it came, microseconds since 1970
   * @param heard when the radio heard it
   * @param number of the frame in the capture
   */
  add(node: string, record: RadioRecord, time: number, heard: number, number: number): void {
    const size = RECORD_BYTES + record.end - record.start;
    if (node !== this.#node || time - this.#begun > MOST_AGE || this.#bytes + size > MOST_BYTES) {
      this.flush();
    }
    if (this.#records.length === 0) {
      this.#node = node;
      this.#begun = time;
      this.#bytes = HEADER_BYTES;
    }
    const data = record.data.slice(record.start, record.end);
    const copy = { ...record, time: this.#clock.nodeTime(heard), data, start: 0, end: data.length };
    this.#records.push(copy);
    this.#bytes += size;
    this.#last = time;
    this.#frame = number;
    if (this.#records.length === MOST_FRAMES) this.flush();
  }

  /** Ends the batch. */
  flush(): void {
    const records = this.#records;
    if (records.length === 0) return;
    this.#records = [];
    const played = this.#played(this.#node);
    const { boot } = played;
    if (played.batch === 0) {
      this.#put(
        "clock",
        clockEnvelope(boot, played.batch++, 0, this.#clock.showing(this.#last)),
        0,
      );
    }
    const header = { boot, batch: played.batch++ % 2 ** 32, dropped: 0 };
    this.#put("frames", encodeEnvelope(header, records), records.length);
  }

  #put(kind: "clock" | "frames", payload: Uint8Array, radioFrames: number): void {
    this.#send({
      kind,
      time: this.#last,
      topic: radioTopic(this.#node),
      payload,
      qos: 1,
      retain: false,
      frame: this.#frame,
      radioFrames,
    });
  }

  #played(node: string): Played {
    let played = this.#nodes.get(node);
    if (played === undefined) this.#nodes.set(node, played = { boot: randomBoot(), batch: 0 });
    return played;
  }
}
