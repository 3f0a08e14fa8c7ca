/**
 * Writes small traces as the gateway writes them: packets of radio, MQTT, room and WebSocket with
 * comments; and reads their summary.
 *
 * @module
 */
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import { DisplayFilter } from "../../../traces/report/filter/display_filter.ts";
import { HeldFacts } from "../../../traces/report/summary/held_facts.ts";
import { Summary } from "../../../traces/report/summary/summary.ts";
import { summaryJson } from "../../../traces/report/summary/summary_json.ts";
import { allFields } from "../../../traces/wire/field.ts";
import { ACK, bytesOf, ipv4, PROTOCOL_TCP, PSH, SYN, tcp, u16 } from "./packets.ts";
import { readSync } from "./sync_reader.ts";

/** Second that traces begin at. */
export const START = 1_700_000_000;

const CLIENT = [10, 0, 0, 1];
const GATEWAY = [10, 0, 0, 2];
const encoder = new TextEncoder();

/** Methods return the number of the frame that they write; `at` is in milliseconds. */
export class HopTrace {
  readonly #writer = new PcapngWriter();
  readonly #radio: number;
  readonly #mqtt: number;
  readonly #ws: number;
  readonly #room: number;
  /** Bytes sent by port and side. */
  readonly #sent = new Map<string, number>();
  #frames = 0;

  constructor() {
    const writer = this.#writer;
    writer.section({ application: "edgewire" });
    this.#radio = writer.interface({ linkType: 256, name: "radio:attic" });
    this.#mqtt = writer.interface({ linkType: 101, name: "mqtt" });
    this.#ws = writer.interface({ linkType: 101, name: "ws" });
    this.#room = writer.interface({ linkType: 252, name: "room" });
  }

  /** An advertisement. */
  radio(at: number, ...comment: string[]): number {
    const head = bytesOf(37, 0xc4, 0, 0, 0xd6, 0xbe, 0x89, 0x8e, 0x13, 0x00);
    const pdu = bytesOf(0xd6, 0xbe, 0x89, 0x8e, 0x00, 6, [1, 2, 3, 4, 5, 6], [0, 0, 0]);
    return this.#packet(this.#radio, at, bytesOf(head, pdu), comment);
  }

  room(at: number, ...comment: string[]): number {
    const tags = bytesOf(u16(12), u16(4), encoder.encode("json"), 0, 0, 0, 0);
    return this.#packet(this.#room, at, bytesOf(tags, encoder.encode("{}")), comment);
  }

  /** An MQTT packet (a PINGREQ) of the client at `port`. */
  mqtt(at: number, port: number, out: boolean, ...comment: string[]): number {
    return this.#tcp(this.#mqtt, at, port, 1883, out, bytesOf(0xc0, 0), comment);
  }

  /** A WebSocket text frame. */
  ws(at: number, port: number, out: boolean, text: string, ...comment: string[]): number {
    const payload = encoder.encode(text);
    const { length } = payload;
    const mask = out ? 0 : 0x80;
    const head = length < 126 ? [0x81, mask | length] : [0x81, mask | 126, ...u16(length)];
    const key = out ? [] : [0, 0, 0, 0];
    return this.#tcp(this.#ws, at, port, 80, out, bytesOf(head, key, payload), comment);
  }

  /** The beginning of a session, with what else the comment says. */
  open(at: number, port: number, more = ""): number {
    const comment = [`edgewire hop=ws dir=in synthetic=handshake${more}`];
    return this.#tcp(this.#ws, at, port, 80, false, new Uint8Array(0), comment, SYN);
  }

  take(): Uint8Array {
    return this.#writer.take();
  }

  #tcp(
    on: number,
    at: number,
    port: number,
    server: number,
    out: boolean,
    data: Uint8Array,
    comment: string[],
    flags = ACK | PSH,
  ): number {
    const key = `${port} ${out}`;
    const sequence = this.#sent.get(key) ?? 1000;
    this.#sent.set(key, sequence + (flags === SYN ? 1 : data.length));
    const [source, destination] = out ? [GATEWAY, CLIENT] : [CLIENT, GATEWAY];
    const head = {
      sourcePort: out ? server : port,
      destinationPort: out ? port : server,
      sequence,
      acknowledgment: flags === SYN ? 0 : this.#sent.get(`${port} ${!out}`) ?? 1000,
      flags,
    };
    const segment = tcp({ source, destination }, head, data);
    const packet = ipv4({ source, destination, protocol: PROTOCOL_TCP }, segment);
    return this.#packet(on, at, packet, comment);
  }

  #packet(on: number, at: number, data: Uint8Array, comment: string[]): number {
    const micros = Math.round(at * 1000);
    const time = {
      seconds: START + Math.floor(micros / 1e6),
      nanoseconds: micros % 1e6 * 1000,
    };
    this.#writer.packet({ interface: on, time, data, comment });
    return ++this.#frames;
  }
}

/** A room's `data` message. */
export function dataMessage(channel: string, seq: number): string {
  return JSON.stringify({ type: "data", channel, seq, time: 0, topic: "t", value: 1, id: "a-1" });
}

/** The summary of a capture, of the frames that the filter lets through. */
export function summaryOf(capture: Uint8Array, expression?: string): Summary {
  const summary = new Summary(allFields().length, expression);
  const filter = expression === undefined ? undefined : new DisplayFilter(expression);
  const held = filter && new HeldFacts(summary);
  const decoder = new CaptureDecoder({ observer: held ?? summary });
  filter?.want(decoder.d);
  readSync(capture, (frame) => {
    decoder.decode(frame);
    const shown = filter?.test(decoder.d) ?? true;
    held?.release(shown);
    if (shown) summary.frame(frame, decoder.d);
  });
  return summary;
}

/** Its `hops`, as a reader of the JSON gets them. */
// deno-lint-ignore no-explicit-any
export function hopsOf(capture: Uint8Array, expression?: string): any {
  return JSON.parse(JSON.stringify(summaryJson(summaryOf(capture, expression)))).hops;
}
