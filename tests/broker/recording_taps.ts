/**
 * Taps that keep what they hear.
 *
 * @module
 */
import {
  type ConnectionFacts,
  type ConnectionTap,
  noTaps,
  type SharedText,
  type Taps,
} from "../../gateway/taps.ts";
import { eventually } from "../support/eventually.ts";
import { join } from "../support/raw_mqtt.ts";

export class RecordingTap implements ConnectionTap {
  readonly chunks = { received: [] as Uint8Array[], sent: [] as Uint8Array[] };
  readonly texts: string[] = [];
  readonly names: string[] = [];
  readonly ends: unknown[][] = [];
  readonly facts: ConnectionFacts;

  constructor(facts: ConnectionFacts) {
    this.facts = facts;
  }

  #add(chunks: Uint8Array[], bytes: Uint8Array) {
    if (this.ends.length > 0) throw new Error("bytes behind the end");
    chunks.push(bytes.slice());
  }

  received(bytes: Uint8Array) {
    this.#add(this.chunks.received, bytes);
  }

  sent(bytes: Uint8Array) {
    this.#add(this.chunks.sent, bytes);
  }

  receivedText(text: string) {
    this.texts.push(text);
  }

  sentText({ text }: SharedText) {
    this.texts.push(text);
  }

  named(name: string) {
    this.names.push(name);
  }

  closed(...end: unknown[]) {
    this.ends.push(end);
  }

  /** What was heard so far, in one. */
  bytes(direction: "received" | "sent"): Uint8Array {
    return join(...this.chunks[direction]);
  }

  /** Waits for so many bytes. */
  until(direction: "received" | "sent", count: number) {
    return eventually(
      `${count} bytes ${direction}`,
      () => this.bytes(direction).length >= count,
    );
  }

  async end(): Promise<unknown[]> {
    await eventually("the end", () => this.ends.length > 0);
    return this.ends[0]!;
  }
}

export class RecordingTaps implements Taps {
  readonly taps: RecordingTap[] = [];
  readonly message = noTaps.message;
  readonly radio = noTaps.radio;
  readonly update = noTaps.update;

  connection(facts: ConnectionFacts): RecordingTap {
    const tap = new RecordingTap(facts);
    this.taps.push(tap);
    return tap;
  }

  /** The newest that fits. */
  tap(accept: (tap: RecordingTap) => boolean = () => true): Promise<RecordingTap> {
    return eventually("a connection", () => this.taps.findLast(accept));
  }
}
