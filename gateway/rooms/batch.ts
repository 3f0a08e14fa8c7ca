/**
 * Entries that go to the members of a room together. Each form is made once
 * and shared by all who take it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { SharedText } from "../taps.ts";
import type { Entry } from "./history.ts";

/** A WebSocket text message. */
export interface Frame extends SharedText {
  readonly text: string;
  /** Length in UTF-8. */
  readonly bytes: number;
}

/** @param text A whole message. */
export function frame(text: string): Frame {
  return { text, bytes: Buffer.byteLength(text), kept: -1 };
}

/** Joins messages into one frame: a lone one as it is, several as an array. */
export function joinFrame(texts: string[]): Frame {
  return frame(texts.length === 1 ? texts[0] as string : `[${texts.join(",")}]`);
}

/** What a room flushes at once: its entries from `first` to `last`, without a hole. */
export class Batch {
  readonly first: number;
  readonly last: number;
  /** One message each. */
  readonly texts: string[];
  readonly entries: Entry[];
  #joined: Frame | null = null;
  #single: Frame[] | null = null;
  #singleBytes: number | null = null;

  /** @param entries At least one. @param encode Makes the message of an entry. */
  constructor(entries: Entry[], encode: (entry: Entry) => string) {
    this.first = (entries[0] as Entry).seq;
    this.last = this.first + entries.length - 1;
    this.entries = entries;
    this.texts = entries.map(encode);
  }

  /** All in one frame, for clients that take arrays. */
  get joined(): Frame {
    return this.#joined ??= joinFrame(this.texts);
  }

  /** A frame each, for clients that do not. */
  get single(): Frame[] {
    return this.#single ??= this.texts.map(frame);
  }

  /** Bytes of all in frames of their own. */
  get singleBytes(): number {
    return this.#singleBytes ??= this.single.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
