/**
 * Feeds the bytes of a TLS connection to the decoder, chunk by chunk as if each were a frame.
 *
 * @module
 */
import { Conversation, type Side } from "../../../traces/flows/conversation.ts";
import { Endpoints } from "../../../traces/flows/endpoints.ts";
import type { KeyLog } from "../../../traces/flows/key_log.ts";
import { Observer } from "../../../traces/flows/observer.ts";
import { PduStream } from "../../../traces/flows/pdu_stream.ts";
import { StreamBudget } from "../../../traces/flows/stream_budget.ts";
import { type StreamProtocol, TAKEN } from "../../../traces/flows/stream_protocol.ts";
import { TlsStream } from "../../../traces/flows/tls_stream.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { allFields, fieldOf } from "../../../traces/wire/field.ts";

/** What one side sent at once. */
export interface Chunk {
  readonly side: Side;
  readonly bytes: Uint8Array;
}

/** Counts records and what they cost. */
class Counter extends Observer {
  records = 0;
  bytes = 0;
  overhead = 0;

  override tlsRecord(
    _conversation: Conversation,
    _side: Side,
    _type: number,
    length: number,
    overhead: number,
  ): void {
    this.records++;
    this.bytes += length;
    this.overhead += overhead;
  }
}

export class TlsReplay {
  /** Decrypted application data by side, as Latin-1 text. */
  readonly text: [string, string] = ["", ""];
  /** Sides whose data ended. */
  readonly ended: Side[] = [];
  /** Values of a field over all chunks, in their order. */
  readonly values = new Map<string, unknown[]>();
  readonly problems: string[] = [];
  readonly counter = new Counter();
  readonly tls: TlsStream;
  readonly conversation: Conversation;
  readonly #d = new Dissection(allFields().length);
  readonly #streams: readonly [PduStream, PduStream];
  #frame = 0;

  constructor(keys: KeyLog) {
    const budget = new StreamBudget();
    const text: StreamProtocol = {
      name: "text",
      read: (d, _conversation, side) => {
        for (; d.pos < d.end; d.pos++) this.text[side] += String.fromCharCode(d.data[d.pos]!);
        return TAKEN;
      },
      end: (_d, _conversation, side) => void this.ended.push(side),
    };
    this.tls = new TlsStream({ keys, observer: this.counter, budget, recognise: () => text });
    this.conversation = new Conversation(0, "tcp", new Endpoints());
    this.conversation.protocol = this.tls;
    const assembly = { name: "Reassembled TCP", joined() {} };
    const stream = () => new PduStream(budget, assembly, this.conversation);
    this.#streams = [stream(), stream()];
    this.#d.want.fill(1);
    this.#d.columns = true;
  }

  /** @param length how many bytes were sent; the capture kept the first of them */
  feed({ side, bytes }: Chunk, length = bytes.length): void {
    const d = this.#d;
    d.frame = ++this.#frame;
    d.begin(bytes, 0, bytes.length, length);
    this.#streams[side].feed(d, this.conversation, side);
    this.#collect();
  }

  lose(side: Side, length: number): void {
    const d = this.#d;
    d.begin(new Uint8Array(0), 0, 0, 0);
    this.#streams[side].lose(d, this.conversation, side, length);
    this.#collect();
  }

  /** Numbers of a field over all chunks. */
  numbers(name: string): unknown[] {
    return this.values.get(name) ?? [];
  }

  #collect(): void {
    const { tree, problems, frame } = this.#d;
    for (let i = 0; i < tree.count; i++) {
      const name = fieldOf(tree.id[i]!).name;
      const values = this.values.get(name) ?? [];
      values.push(tree.obj[i] ?? tree.num[i]!);
      this.values.set(name, values);
    }
    for (const { rule, detail = "" } of problems) {
      this.problems.push(`${frame}: ${rule.text} ${detail}`.trim());
    }
  }
}

/** All of it with the keys of the log. */
export function replayTls(chunks: readonly Chunk[], keys: KeyLog): TlsReplay {
  const replay = new TlsReplay(keys);
  for (const chunk of chunks) replay.feed(chunk);
  return replay;
}
