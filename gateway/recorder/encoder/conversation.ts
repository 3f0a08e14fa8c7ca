/**
 * One connection as TCP in the file, with what the wire had around the bytes that the gateway sees:
 * handshake, HTTP upgrade, closing.
 *
 * @module
 */
import type { ConnectionFacts } from "../../taps.ts";
import { requestHead, responseHead, switchingProtocols } from "../packets/http_upgrade.ts";
import type { Endpoint } from "../packets/addresses.ts";
import { type Segment, type Side, TcpConversation } from "../packets/tcp_conversation.ts";
import { closePayload, frameHeader, Opcode } from "../packets/websocket_frame.ts";
import type { CloseEvent } from "../trace_event.ts";
import type { Hop } from "../trace_messages.ts";
import { encoded, type PacketComment } from "./comment_lines.ts";
import type { PortPairs } from "./port_pairs.ts";
import { INBOUND, OUTBOUND, type TraceFile, type TraceInterface } from "./trace_file.ts";

export interface ConversationPlace {
  hop: Hop;
  interface: TraceInterface;
  /** Server's port in the file, instead of another. */
  port: (real: number) => number;
}

/** 16 zero bytes. */
const NO_KEY = "AAAAAAAAAAAAAAAAAAAAAA==";

/**
 * Between the packets of a handshake, ms: readers take none at all for a handshake that goes on, and
 * what comes seconds later for its end. Less would vanish in times of some years.
 */
const HANDSHAKE_MS = 1e-3;

/** Comments of a segment that carries bytes `[start, end)`. */
export type SegmentComment = (start: number, end: number) => PacketComment;

export interface Opening {
  /** Ms of the monotonic clock. */
  time: number;
  /** It was open before the recording began. */
  before: boolean;
  /** What the other side calls itself; "" unknown. */
  name: string;
}

export class Conversation {
  /** Whether its handshake was written. */
  opened = false;
  /** The side that the gateway is. */
  readonly own: Side;
  /** As in the file, once it is open. */
  client: Endpoint;
  readonly server: Endpoint;
  readonly #file: TraceFile;
  readonly #ports: PortPairs;
  readonly #place: ConversationPlace;
  readonly #facts: ConnectionFacts;
  readonly #occasion: number;
  #tcp!: TcpConversation;
  /** What is said once, with the first packet that has bytes; "" nothing. */
  #note: string;

  /**
   * @param occasion tells connections of the same ports apart
   * @param note for people, about the conversation
   */
  constructor(
    { file, ports }: { file: TraceFile; ports: PortPairs },
    place: ConversationPlace,
    facts: ConnectionFacts,
    occasion: number,
    note = "",
  ) {
    this.#file = file;
    this.#ports = ports;
    this.#occasion = occasion;
    this.#place = place;
    this.#facts = facts;
    this.#note = note;
    this.own = facts.dialled ? "client" : "server";
    const server = facts.dialled ? facts.remote : facts.local;
    this.client = facts.dialled ? facts.local : facts.remote;
    this.server = { host: server.host, port: place.port(server.port) };
  }

  side(out: boolean): Side {
    return out === (this.own === "client") ? "client" : "server";
  }

  /** SYN, SYN-ACK, ACK, and of a WebSocket the HTTP exchange. */
  open(opening: Opening) {
    this.opened = true;
    const occasion = this.#occasion;
    const client = this.#ports.take(this.client, this.server, occasion);
    let note = client === this.client ? "" : "the client's port is made up";
    this.client = client;
    this.#tcp = new TcpConversation({ client, server: this.server, occasion });
    const { local, remote, dialled, upgrade, transport } = this.#facts;
    const real = (dialled ? remote : local).port;
    let first = opening.name === "" ? "" : ` client=${encoded(opening.name)}`;
    if (real !== this.server.port) first += ` port=${real}`;
    const before = opening.before ? " before=1" : "";
    let { time } = opening;
    this.#tcp.handshake((segment) => {
      const said = this.#made("handshake", segment.from, before, first);
      this.#write(segment, time, { ...said, note });
      first = note = "";
      time += HANDSHAKE_MS;
    });
    if (transport !== "websocket") return;
    time -= HANDSHAKE_MS;
    const { request, response } = upgradeHeads(this.server, upgrade);
    for (const [side, head] of [["client", request], ["server", response]] as const) {
      this.#tcp.data(side, [head], (segment) => {
        this.#write(segment, time, this.#made("upgrade", segment.from, before));
      });
    }
  }

  /** Bytes that were lost. */
  skip(out: boolean, bytes: number) {
    this.#tcp.skip(this.side(out), bytes);
  }

  /**
   * @param time ms of the monotonic clock
   * @param cut see `TcpConversation.data`
   */
  data(
    time: number,
    out: boolean,
    parts: readonly Uint8Array[],
    comment: SegmentComment,
    cut?: (end: number) => number,
  ) {
    this.#tcp.data(this.side(out), parts, (segment) => {
      if (segment.kind !== "data") {
        return this.#write(segment, time, this.#made("ack", segment.from));
      }
      const said = comment(segment.start, segment.end);
      if (this.#note !== "" && said.note === "") {
        said.note = this.#note;
        this.#note = "";
      }
      this.#write(segment, time, said);
    }, cut);
  }

  /** Header and payload of a WebSocket frame. */
  framed(out: boolean, opcode: number, payload: Uint8Array): readonly [Uint8Array, Uint8Array] {
    return [frameHeader(opcode, payload.length, this.side(out) === "client"), payload];
  }

  /** Packets that had to be there, but that the gateway has not seen as such. */
  made(time: number, out: boolean, parts: readonly Uint8Array[], what: string) {
    this.data(time, out, parts, () => this.#made(what, this.side(out)));
  }

  close({ time, byPeer, code, reason, answer }: CloseEvent) {
    const first = this.side(!byPeer);
    this.#ports.free(this.client, this.server);
    const write = (segment: Segment) => {
      const what = segment.kind === "ack" ? "ack" : "close";
      this.#write(segment, time, this.#made(what, segment.from));
    };
    if (this.#facts.transport === "websocket" && code !== 0) {
      // Deno answers with the same code and reason, as browsers do.
      const back = answer === code ? closePayload(code, reason) : closePayload(answer, "");
      this.#closeFrames(time, !byPeer, closePayload(code, reason), back);
      // The server is the one that closes TCP (RFC 6455, 7.1.1).
      return this.#tcp.close("server", write);
    }
    if (/\breset\b|ECONNRESET/i.test(reason)) this.#tcp.reset(first, write);
    else this.#tcp.close(first, write);
  }

  #closeFrames(time: number, out: boolean, payload: Uint8Array, answer: Uint8Array) {
    const { hop } = this.#place;
    const text = (way: boolean) => `edgewire hop=${hop} dir=${way ? "out" : "in"}`;
    const said = { text: text(out), note: "" };
    this.data(time, out, this.framed(out, Opcode.Close, payload), () => said);
    this.made(time, !out, this.framed(!out, Opcode.Close, answer), "close");
  }

  /** Comment of a packet that is made up. @param first keys before `synthetic` */
  #made(what: string, from: Side, more = "", first = ""): PacketComment {
    const dir = from === this.own ? "out" : "in";
    const text = `edgewire hop=${this.#place.hop} dir=${dir}${first} synthetic=${what}${more}`;
    return { text, note: "" };
  }

  #write(segment: Segment, time: number, comment: PacketComment) {
    const flags = segment.from === this.own ? OUTBOUND : INBOUND;
    this.#file.packet(this.#place.interface, time, segment.packet, flags, comment);
  }
}

/** Request and answer; what is missing is put in, since without it no reader knows a WebSocket. */
function upgradeHeads(server: Endpoint, upgrade: ConnectionFacts["upgrade"]) {
  const asked = new Map<string, string>();
  for (const [name, value] of upgrade?.requestHeaders ?? []) asked.set(name.toLowerCase(), value);
  const missing = (name: string, value: string): [string, string][] =>
    asked.has(name) ? [] : [[name, value]];
  const host = server.host.includes(":") ? `[${server.host}]` : server.host;
  const request = requestHead({
    target: upgrade?.target ?? "/",
    headers: [
      ...missing("host", `${host}:${server.port}`),
      ...upgrade?.requestHeaders ?? [],
      ...missing("upgrade", "websocket"),
      ...missing("connection", "Upgrade"),
      ...missing("sec-websocket-version", "13"),
      ...missing("sec-websocket-key", NO_KEY),
    ],
  });
  // Frames are written as they were before compression.
  const answered = (upgrade?.responseHeaders ?? [])
    .filter(([name]) => !/^sec-websocket-extensions$/i.test(name));
  const has = (name: string) => answered.some(([known]) => known.toLowerCase() === name);
  const key = asked.get("sec-websocket-key") ?? NO_KEY;
  if (["upgrade", "connection", "sec-websocket-accept"].every(has)) {
    return { request, response: responseHead({ status: 101, headers: answered }) };
  }
  const protocol = answered.find(([name]) => /^sec-websocket-protocol$/i.test(name))?.[1] ?? "";
  const own = /^(upgrade|connection|sec-websocket-(accept|protocol))$/i;
  const more = answered.filter(([name]) => !own.test(name));
  return { request, response: switchingProtocols(key, protocol, more) };
}
