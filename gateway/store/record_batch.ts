/**
 * Records for the store as bytes: what a commit holds. Bytes cost the gateway's thread less than
 * objects that are cloned, and they go to disk as they are.
 *
 * Each record begins with its kind (u8), three bytes of 0, and its length in all (u32); who does not
 * know a kind passes over it. Little-endian.
 *
 * | kind | fields behind the length |
 * |---|---|
 * | entry | channel u32, topic u32 (0xffffffff: event), seq f64, time f64, length of the JSON text and of the id u32 each (UTF-16 units), then JSON text, id and node as UTF-8 |
 * | channel | handle u32, start f64 (its numbers are behind this), name |
 * | topic | handle u32, channel u32, name |
 * | remove | channel u32, newest number f64 |
 * | gap | channel u32, from f64, to f64, reason |
 * | put | length of the space and of the key u32 each (bytes), 1 if there is a value, else 0 (u32), then space and key as UTF-8, and the value |
 * | out | number f64, time f64, then the message |
 * | sent | number f64 |
 *
 * @module
 */

import type { OutboxMessage } from "./store_messages.ts";

export const KINDS = {
  entry: 1,
  channel: 2,
  topic: 3,
  remove: 4,
  gap: 5,
  put: 6,
  out: 7,
  sent: 8,
} as const;

/** Of an event, instead of a topic's handle. */
export const NO_TOPIC = 0xffff_ffff;

/** Bytes of an entry before its text. */
export const ENTRY_HEAD = 40;

/** Bytes of an outbox message before what it holds. */
export const OUT_HEAD = 24;

const HEAD = 8;
const PUT_HEAD = 20;
const FIRST_BYTES = 1 << 16;
/** A batch that is shorter is copied rather than handed over with its memory. */
const COPY_BYTES = 1 << 14;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes records one behind the other; `take` begins anew. */
export class RecordBatch {
  /** Entries since the last `take`. */
  rows = 0;
  /** Bytes since the last `take`. */
  length = 0;
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);

  /** @param topic Handle; -1: an event. @param time Unix milliseconds. */
  entry(
    channel: number,
    topic: number,
    seq: number,
    time: number,
    json: string,
    id: string,
    node: string,
  ) {
    const text = json + id + node;
    const at = this.#begin(KINDS.entry, ENTRY_HEAD + text.length * 3);
    const view = this.#view;
    view.setUint32(at + 8, channel, true);
    view.setUint32(at + 12, topic, true);
    view.setFloat64(at + 16, seq, true);
    view.setFloat64(at + 24, time, true);
    view.setUint32(at + 32, json.length, true);
    view.setUint32(at + 36, id.length, true);
    this.#end(at, ENTRY_HEAD, text);
    this.rows++;
  }

  /** @param start Its numbers are behind this one. */
  channel(handle: number, start: number, name: string) {
    const at = this.#begin(KINDS.channel, HEAD + 12 + name.length * 3);
    this.#view.setUint32(at + 8, handle, true);
    this.#view.setFloat64(at + 12, start, true);
    this.#end(at, HEAD + 12, name);
  }

  topic(handle: number, channel: number, name: string) {
    const at = this.#begin(KINDS.topic, HEAD + 8 + name.length * 3);
    this.#view.setUint32(at + 8, handle, true);
    this.#view.setUint32(at + 12, channel, true);
    this.#end(at, HEAD + 8, name);
  }

  /** @param seq The newest number that the channel has used. */
  remove(channel: number, seq: number) {
    const at = this.#begin(KINDS.remove, HEAD + 12);
    this.#view.setUint32(at + 8, channel, true);
    this.#view.setFloat64(at + 12, seq, true);
    this.#end(at, HEAD + 12, "");
  }

  /** Numbers that are no entry's, both inclusive. */
  gap(channel: number, from: number, to: number, reason: string) {
    const at = this.#begin(KINDS.gap, HEAD + 20 + reason.length * 3);
    this.#view.setUint32(at + 8, channel, true);
    this.#view.setFloat64(at + 12, from, true);
    this.#view.setFloat64(at + 20, to, true);
    this.#end(at, HEAD + 20, reason);
  }

  /** @param value `null`: the key is removed. */
  put(space: string, key: string, value: Uint8Array | null) {
    const most = PUT_HEAD + (space.length + key.length) * 3 + (value?.length ?? 0);
    const at = this.#begin(KINDS.put, most);
    const names = this.#bytes.subarray(at + PUT_HEAD);
    const spaceBytes = encoder.encodeInto(space, names).written;
    const keyBytes = encoder.encodeInto(key, names.subarray(spaceBytes)).written;
    this.#view.setUint32(at + 8, spaceBytes, true);
    this.#view.setUint32(at + 12, keyBytes, true);
    this.#view.setUint32(at + 16, Number(value !== null), true);
    this.#endWith(at, PUT_HEAD + spaceBytes + keyBytes, value);
  }

  /** @param time Unix milliseconds. */
  out(n: number, time: number, data: Uint8Array) {
    const at = this.#begin(KINDS.out, OUT_HEAD + data.length);
    this.#view.setFloat64(at + 8, n, true);
    this.#view.setFloat64(at + 16, time, true);
    this.#endWith(at, OUT_HEAD, data);
  }

  sent(n: number) {
    const at = this.#begin(KINDS.sent, HEAD + 8);
    this.#view.setFloat64(at + 8, n, true);
    this.#endWith(at, HEAD + 8, null);
  }

  /** The records so far. */
  take(): Uint8Array<ArrayBuffer> {
    const length = this.length;
    this.length = 0;
    this.rows = 0;
    if (length <= COPY_BYTES) return this.#bytes.slice(0, length);
    const bytes = this.#bytes.subarray(0, length);
    this.#use(new Uint8Array(FIRST_BYTES));
    return bytes;
  }

  #begin(kind: number, most: number): number {
    const at = this.length;
    if (at + most > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, at + most));
      larger.set(this.#bytes.subarray(0, at));
      this.#use(larger);
    }
    this.#view.setUint32(at, kind, true);
    return at;
  }

  #end(at: number, head: number, text: string) {
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(at + head));
    this.length = at + head + written;
    this.#view.setUint32(at + 4, head + written, true);
  }

  #endWith(at: number, head: number, data: Uint8Array | null) {
    if (data !== null) this.#bytes.set(data, at + head);
    const length = head + (data?.length ?? 0);
    this.length = at + length;
    this.#view.setUint32(at + 4, length, true);
  }

  #use(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Records as they stand in memory, read in place. */
export class Records {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  kind(at: number): number {
    return this.#view.getUint8(at);
  }

  /** In all, bytes. A length that cannot be ends the records. */
  length(at: number): number {
    const rest = this.bytes.length - at;
    if (rest < HEAD) return rest;
    const length = this.#view.getUint32(at + 4, true);
    return length < HEAD || length > rest ? rest : length;
  }

  /** Of an entry, a removal or a gap; of a definition its own handle. */
  channel(at: number): number {
    return this.#view.getUint32(at + 8, true);
  }

  /** Of an entry, or that a topic belongs to. */
  topic(at: number): number {
    return this.#view.getUint32(at + 12, true);
  }

  seq(at: number): number {
    return this.#view.getFloat64(at + 16, true);
  }

  /** Unix milliseconds. */
  time(at: number): number {
    return this.#view.getFloat64(at + 24, true);
  }

  /** Of an entry's JSON text, UTF-16 units: bytes, where it is ASCII. */
  jsonLength(at: number): number {
    return this.#view.getUint32(at + 32, true);
  }

  /** JSON text, id and node of an entry. */
  texts(at: number): [json: string, id: string, node: string] {
    const text = this.#text(at, ENTRY_HEAD);
    const json = this.jsonLength(at);
    const id = json + this.#view.getUint32(at + 36, true);
    return [text.slice(0, json), text.slice(json, id), text.slice(id)];
  }

  /** Says of which channel and topic an entry is. */
  name(at: number, channel: number, topic: number) {
    this.#view.setUint32(at + 8, channel, true);
    this.#view.setUint32(at + 12, topic, true);
  }

  /** The name in a definition. */
  text(at: number): string {
    return this.#text(at, this.kind(at) === KINDS.channel ? HEAD + 12 : HEAD + 8);
  }

  /** The number of a channel's definition or removal. */
  number(at: number): number {
    return this.#view.getFloat64(at + 12, true);
  }

  gap(at: number): { from: number; to: number; reason: string } {
    return {
      from: this.number(at),
      to: this.#view.getFloat64(at + 20, true),
      reason: this.#text(at, HEAD + 20),
    };
  }

  /** A value in a space; a copy. */
  put(at: number): { space: string; key: string; value: Uint8Array | null } {
    const space = at + PUT_HEAD;
    const key = space + this.#view.getUint32(at + 8, true);
    const value = key + this.#view.getUint32(at + 12, true);
    const has = this.#view.getUint32(at + 16, true) === 1;
    return {
      space: decoder.decode(this.bytes.subarray(space, key)),
      key: decoder.decode(this.bytes.subarray(key, value)),
      value: has ? this.bytes.slice(value, at + this.length(at)) : null,
    };
  }

  /** Number of an outbox message, or up to which all are done. */
  n(at: number): number {
    return this.#view.getFloat64(at + 8, true);
  }

  /** Of an outbox message, Unix milliseconds. */
  outTime(at: number): number {
    return this.#view.getFloat64(at + 16, true);
  }

  /** What an outbox message holds. */
  outData(at: number): Uint8Array {
    return this.bytes.subarray(at + OUT_HEAD, at + this.length(at));
  }

  #text(at: number, head: number): string {
    return decoder.decode(this.bytes.subarray(at + head, at + this.length(at)));
  }
}

/** Records of outbox messages, as those messages. */
export function outboxMessages(bytes: Uint8Array): OutboxMessage[] {
  const records = new Records(bytes);
  const messages: OutboxMessage[] = [];
  for (let at = 0; at < bytes.length; at += records.length(at)) {
    messages.push({ n: records.n(at), time: records.outTime(at), data: records.outData(at) });
  }
  return messages;
}
