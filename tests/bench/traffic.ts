/**
 * Captures of sensors at work: MQTT over TCP and JSON over WebSocket, many connections interleaved,
 * with handshakes, upgrades, masked client frames, acknowledgments, pings and goodbyes.
 *
 * @module
 */
import { clientFrame, OPCODE } from "./frames.ts";
import { CaptureFile } from "./capture_file.ts";
import { connect, PINGREQ, publish } from "./mqtt_packets.ts";

export interface TrafficOptions {
  frames: number;
  /** Connections in the file, all open at a time up to `MOST_OPEN`. */
  conversations: number;
  /** Bytes of each PUBLISH that come in segments of 1400. @default 0: some 60 bytes of JSON */
  bulk?: number;
}

const ETHERNET = 14;
const IP = 20;
const TCP = 32;
const HEAD = ETHERNET + IP + TCP;
const SEGMENT = 1400;
const FIN = 1;
const SYN = 2;
const PSH = 8;
const ACK = 16;
const MQTT_PORT = 1883;
const HTTP_PORT = 8080;
const MOST_OPEN = 100_000;
/** Different payloads; each is sent again and again. */
const PAYLOADS = 64;

const encoder = new TextEncoder();
const NONE = new Uint8Array(0);
const CONNACK = Uint8Array.of(0x20, 2, 0, 0);
const PINGRESP = Uint8Array.of(0xd0, 0);
const REQUEST = encoder.encode(
  "GET /ws/hall HTTP/1.1\r\nHost: gateway.example:8080\r\nConnection: Upgrade\r\n" +
    "Pragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) " +
    "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
    "Upgrade: websocket\r\nOrigin: http://gateway.example:8080\r\nSec-WebSocket-Version: 13\r\n" +
    "Accept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
);
const RESPONSE = encoder.encode(
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
);

const KEY = [0x9d, 0x3c, 0x71, 0xe6];

/** A short client frame with a key that hides something. */
function masked(frame: Uint8Array): Uint8Array {
  frame.set(KEY, 2);
  for (let i = 6; i < frame.length; i++) frame[i] = frame[i]! ^ KEY[(i - 6) % 4]!;
  return frame;
}

const PONG = masked(clientFrame(OPCODE.pong, NONE));

/** A segment to send: by whom, with what. */
interface Piece {
  side: 0 | 1;
  flags: number;
  payload: Uint8Array;
}

/** What the connections say, made once. */
class Script {
  readonly #publishes: Uint8Array[] = [];
  readonly #acknowledged: Uint8Array[] = [];
  readonly #updates: Uint8Array[] = [];
  readonly #commands: Uint8Array[] = [];

  constructor(bulk: number) {
    for (let i = 0; i < PAYLOADS; i++) {
      const topic = `devices/sensor-${i}/temperature`;
      const value = `{"value":${20 + i / 10},"unit":"C","battery":87,"time":17600000${i}0.125}`;
      const payload = bulk > 0 ? new Uint8Array(bulk).fill(i) : encoder.encode(value);
      this.#publishes.push(publish(topic, payload));
      this.#acknowledged.push(publish(topic, payload, i + 1));
      const update = `{"type":"data","channel":"hall","seq":${i},"time":1760000000.5,` +
        `"topic":"${topic}","value":${20 + i / 10},"unit":"C"}`;
      this.#updates.push(
        bulk > 0 ? serverFrame(2, payload) : serverFrame(1, encoder.encode(update)),
      );
      const received = encoder.encode(`{"type":"received","bytes":${i * 120}}`);
      this.#commands.push(masked(clientFrame(OPCODE.text, received)));
    }
  }

  /** The `turn`th exchange of an MQTT connection. */
  mqtt(turn: number, pieces: Piece[]) {
    const which = turn % PAYLOADS;
    if (turn % 50 === 49) return exchange(pieces, PINGREQ, PINGRESP);
    if (turn % 3 === 0) {
      const id = which + 1;
      return exchange(pieces, this.#acknowledged[which]!, Uint8Array.of(0x40, 2, 0, id));
    }
    send(pieces, 0, this.#publishes[which]!);
    pieces.push({ side: 1, flags: ACK, payload: NONE });
  }

  /** The `turn`th exchange of a WebSocket. */
  webSocket(turn: number, pieces: Piece[]) {
    const which = turn % PAYLOADS;
    if (turn % 50 === 49) {
      send(pieces, 1, serverFrame(9, NONE));
      return send(pieces, 0, PONG);
    }
    send(pieces, 1, this.#updates[which]!);
    if (turn % 4 === 3) send(pieces, 0, this.#commands[which]!);
    else pieces.push({ side: 0, flags: ACK, payload: NONE });
  }
}

function serverFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const length = payload.length;
  const head = length < 126
    ? [length]
    : length < 65_536
    ? [126, length >> 8, length & 255]
    : [127, 0, 0, 0, 0, length >>> 24, length >>> 16 & 255, length >>> 8 & 255, length & 255];
  const frame = new Uint8Array(1 + head.length + length);
  frame[0] = 0x80 | opcode;
  frame.set(head, 1);
  frame.set(payload, 1 + head.length);
  return frame;
}

/** Bytes in segments; of longer ones every second is acknowledged. */
function send(pieces: Piece[], side: 0 | 1, bytes: Uint8Array) {
  for (let at = 0, count = 1; at < bytes.length; at += SEGMENT, count++) {
    pieces.push({ side, flags: PSH | ACK, payload: bytes.subarray(at, at + SEGMENT) });
    if (count % 2 === 0) pieces.push({ side: 1 - side as 0 | 1, flags: ACK, payload: NONE });
  }
}

function exchange(pieces: Piece[], request: Uint8Array, answer: Uint8Array) {
  send(pieces, 0, request);
  send(pieces, 1, answer);
  pieces.push({ side: 0, flags: ACK, payload: NONE });
}

/** One connection: what it has still to send, and its sequence numbers. */
class Connection {
  readonly #index: number;
  readonly #webSocket: boolean;
  readonly #pieces: Piece[] = [];
  readonly #script: Script;
  readonly #next: [number, number];
  readonly #acknowledged: [number, number];
  /** Frames it may still send before it closes. */
  #left: number;
  #at = 0;
  #turn = 0;
  #closing = false;

  constructor(index: number, quota: number, script: Script) {
    this.#index = index;
    this.#webSocket = index % 2 === 1;
    this.#script = script;
    this.#left = quota;
    this.#next = [1000 + index, 9000 + index];
    this.#acknowledged = [0, 0];
    const pieces = this.#pieces;
    pieces.push({ side: 0, flags: SYN, payload: NONE }, {
      side: 1,
      flags: SYN | ACK,
      payload: NONE,
    });
    pieces.push({ side: 0, flags: ACK, payload: NONE });
    if (this.#webSocket) exchange(pieces, REQUEST, RESPONSE);
    else exchange(pieces, connect(`sensor-${index}`), CONNACK);
  }

  /** Writes its next frame. @returns false when it has closed */
  write(file: CaptureFile, frame: Uint8Array, view: DataView): boolean {
    if (this.#at === this.#pieces.length && !this.#refill()) return false;
    const piece = this.#pieces[this.#at++]!;
    this.#left--;
    file.write(frame, this.#build(piece, frame, view));
    return true;
  }

  #refill(): boolean {
    if (this.#closing) return false;
    const pieces = this.#pieces;
    pieces.length = 0;
    this.#at = 0;
    if (this.#left <= 3) {
      this.#closing = true;
      pieces.push({ side: 0, flags: FIN | ACK, payload: NONE });
      pieces.push({ side: 1, flags: FIN | ACK, payload: NONE });
      pieces.push({ side: 0, flags: ACK, payload: NONE });
    } else if (this.#webSocket) this.#script.webSocket(this.#turn++, pieces);
    else this.#script.mqtt(this.#turn++, pieces);
    return true;
  }

  #build({ side, flags, payload }: Piece, frame: Uint8Array, view: DataView): number {
    const index = this.#index;
    const client = 0x0a00_0000 | index >>> 14;
    const port = 40_000 + (index & 0x3fff);
    const server = this.#webSocket ? HTTP_PORT : MQTT_PORT;
    const length = IP + TCP + payload.length;
    view.setUint16(ETHERNET + 2, length);
    view.setUint32(ETHERNET + 12, side === 0 ? client : SERVER);
    view.setUint32(ETHERNET + 16, side === 0 ? SERVER : client);
    view.setUint16(ETHERNET + 10, 0);
    view.setUint16(ETHERNET + 10, ~sum(view, ETHERNET, ETHERNET + IP, 0) & 0xffff);
    const tcp = ETHERNET + IP;
    view.setUint16(tcp, side === 0 ? port : server);
    view.setUint16(tcp + 2, side === 0 ? server : port);
    view.setUint32(tcp + 4, this.#next[side]);
    view.setUint32(tcp + 8, this.#acknowledged[side]);
    frame[tcp + 13] = flags;
    frame.set(payload, HEAD);
    const passed = payload.length + (flags & (SYN | FIN) ? 1 : 0);
    this.#next[side] = this.#next[side] + passed >>> 0;
    this.#acknowledged[1 - side as 0 | 1] = this.#next[side];
    return HEAD + payload.length;
  }
}

const SERVER = 0x0a63_0001;

function sum(view: DataView, start: number, end: number, from: number): number {
  let total = from;
  for (let at = start; at < end; at += 2) total += view.getUint16(at);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

/** Headers that are the same in all frames; TCP checksums stay 0, as with offloading. */
function template(): Uint8Array {
  const frame = new Uint8Array(HEAD + SEGMENT);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6]);
  frame.set([TCP << 2, 0, 0xfa, 0xf0], ETHERNET + IP + 12);
  frame.set([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1], ETHERNET + IP + 20);
  return frame;
}

/** Writes a capture. @returns bytes of the file */
export function writeTraffic(path: string, options: TrafficOptions): number {
  using file = new CaptureFile(path, 1);
  const script = new Script(options.bulk ?? 0);
  const frame = template();
  const view = new DataView(frame.buffer);
  const quota = Math.max(10, Math.floor(options.frames / options.conversations));
  const open: Connection[] = [];
  let opened = 0;
  let random = 1;
  while (file.frames < options.frames) {
    if (opened < options.conversations && open.length < MOST_OPEN) {
      open.push(new Connection(opened++, quota, script));
    } else if (open.length === 0) break;
    random = Math.imul(random, 1_103_515_245) + 12_345 >>> 0;
    const which = opened < options.conversations ? open.length - 1 : (random >>> 4) % open.length;
    if (open[which]!.write(file, frame, view)) continue;
    open[which] = open[open.length - 1]!;
    open.pop();
  }
  return file.bytes;
}
