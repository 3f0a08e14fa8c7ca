/**
 * A socket as the Node stream that `aedes` reads from and writes to.
 *
 * It hands out at most one chunk per turn of the event loop, so that the
 * parser is never entered again from within itself. Nothing beyond the chunk
 * in which CONNECT ends goes out before the broker has answered it, and nothing
 * while the peer leaves our answers unread.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { Identity } from "../access/tokens.ts";
import type { ConnectionTap } from "../taps.ts";
import { AckGate, type Durable } from "./ack_gate.ts";
import type { SessionEnd } from "./broker.ts";
import type { WatchedConnection } from "./connection_watch.ts";
import { Intake, type IntakeMember } from "./intake.ts";
import { PacketScanner } from "./packet_scanner.ts";
import { CHUNK_BYTES } from "./read_buffer.ts";

/** Time for an answer under way when the connection is closed, milliseconds. */
const FAREWELL_MS = 1000;
const NOTHING = Buffer.alloc(0);
/**
 * Of the backlog bound, the share from which a client counts as slow: QoS 0
 * messages are left out, and what can wait (retained messages, acknowledgements) waits.
 */
export const QUEUE_SHARE = 0.25;

export interface SocketLimits {
  /** Largest MQTT packet, bytes. */
  packetBytes: number;
  /** Bytes that may wait in either direction. */
  backlogBytes: number;
  /** MQTT connections in all. */
  clients: number;
}

/** All clients of the process share one event loop. */
const intake = new Intake();

/**
 * What a kind of socket adds: {@linkcode transmit}, {@linkcode release}, calls to `receive`, and what
 * the tap hears.
 */
export abstract class SocketStream extends Duplex implements IntakeMember, WatchedConnection {
  /** Address of the client. */
  readonly peer: string;
  /** Who it is; `null` until CONNECT told. */
  identity: Identity | null;
  /** What it calls itself in CONNECT; empty: the broker gives it an id. */
  clientId = "";
  /** Topic of the will that CONNECT brought. */
  willTopic: string | null = null;
  /** Longest silence that CONNECT announced, milliseconds; 0: none. */
  keepaliveMs = 0;
  /** What waited for it while it was away is being sent, and what comes goes behind that. */
  catchesUp = false;
  /** Writes that the peer took. */
  writes = 0;
  /** How its session ends, where that is known before it does. */
  ending: SessionEnd | null = null;
  readonly limits: SocketLimits;
  /** Hears what passes. */
  readonly tap: ConnectionTap;
  readonly #scanner: PacketScanner;
  #handedOut = false;
  #held = false;
  #answered = false;
  /** Offset in the stream behind CONNECT; counting ends with its answer. */
  #connectEnd = Infinity;
  #receivedBytes = 0;
  #handedBytes = 0;
  #sending: Promise<void> | null = null;
  #gate: AckGate | null = null;
  #waitsFor: Promise<unknown> | null = null;
  /** What came while others waited, and was not handed out yet: bytes and when, monotonic ms. */
  #late: { bytes: number; at: number }[] = [];
  /** When that came which was handed out last, if that was not just now. */
  #cameAt: number | null = null;

  constructor(
    peer: string,
    identity: Identity | null,
    limits: SocketLimits,
    tap: ConnectionTap,
  ) {
    super({
      readableHighWaterMark: CHUNK_BYTES,
      writableHighWaterMark: limits.backlogBytes * QUEUE_SHARE,
    });
    this.peer = peer;
    this.identity = identity;
    this.limits = limits;
    this.tap = tap;
    this.#scanner = new PacketScanner(limits.packetBytes);
  }

  /** Sends bytes; settles when more may be sent. */
  protected abstract transmit(bytes: Uint8Array): Promise<void>;
  /** Closes the socket. */
  protected abstract release(error: Error | null): void;

  /** MQTT packets that came. */
  get packets(): number {
    return this.#scanner.packets;
  }

  get isWriting(): boolean {
    return this.#sending !== null;
  }

  get isAnswered(): boolean {
    return this.#answered;
  }

  /** Takes what came from the peer. @returns Whether to go on reading. */
  protected receive(bytes: Uint8Array): boolean {
    if (this.destroyed) return false;
    try {
      if (this.#answered) this.#scanner.scan(bytes);
      else this.#scanBegin(bytes);
    } catch (error) {
      this.destroy(error as Error);
      return false;
    }
    if (this.#waitsFor !== null || this.#late.length > 0) this.#arrivesLate(bytes.length);
    return this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  #scanBegin(bytes: Uint8Array) {
    const before = this.#receivedBytes;
    this.#scanner.scan(bytes, (offset) => {
      this.#connectEnd = Math.min(this.#connectEnd, before + offset);
    });
    this.#receivedBytes += bytes.length;
  }

  /**
   * Acknowledges what comes only when it is durable, and not at all where the connection ends
   * first. To be called before anything is sent.
   */
  holdAcks(durable: Durable) {
    // A write brings what was released in between other writes.
    this.#gate = new AckGate(durable, () => this.writable && this.write(NOTHING));
  }

  #arrivesLate(bytes: number) {
    // What came before is handed out first.
    const before = this.readableLength - this.#late.reduce((sum, { bytes }) => sum + bytes, 0);
    const at = performance.now();
    if (before > 0) this.#late.push({ bytes: before, at });
    this.#late.push({ bytes, at });
  }

  /** How long ago that came which is handed out, ms, where it had to wait for others; else `null`. */
  get ago(): number | null {
    return this.#cameAt === null ? null : performance.now() - this.#cameAt;
  }

  /** What messages that were handed out wait for, and all that come behind them; `null`: nothing. */
  get waitsFor(): Promise<unknown> | null {
    return this.#waitsFor;
  }

  /** Hands out nothing more until this settles, and those who wait for it have had their turn. */
  waitFor(what: Promise<unknown>) {
    if (this.#waitsFor !== null) return;
    this.#waitsFor = what;
    this.#cameAt ??= performance.now();
    const over = () => {
      this.#waitsFor = null;
      // Also where nothing more came: that may be the end.
      this.emit("readable");
    };
    const settled = () => setImmediate(over);
    what.then(settled, settled);
  }

  /** The session of the client outlasts this process, and what it hears of it has to as well. */
  keepSession() {
    if (this.#gate !== null) this.#gate.keepsSession = true;
  }

  /** CONNECT was answered: the rest may flow. */
  answered() {
    this.#answered = true;
    this.#wake();
  }

  #wake() {
    if (this.readableLength > 0) this.emit("readable");
  }

  /** The next turn of the event loop has come. */
  turned() {
    this.#handedOut = false;
    this.#wake();
  }

  override read(size?: number) {
    if (this.#waitsFor !== null) return null;
    if (this.#handedOut || (!this.#answered && this.#handedBytes >= this.#connectEnd)) return null;
    if (!this.#mayAnswer) {
      this.#held = true;
      return null;
    }
    if (this.readableLength > 0 && !intake.mayTake(this)) return null;
    const late = this.#late[0];
    const chunk = super.read(late?.bytes ?? size);
    if (chunk !== null) {
      this.#cameAt = late?.at ?? null;
      if (late !== undefined) this.#late.shift();
      if (!this.#answered) this.#handedBytes += chunk.length;
      this.#handedOut = true;
      intake.taken(this, chunk.length);
    }
    return chunk;
  }

  /** Who does not read our answers is not read from, or they would pile up. */
  get #mayAnswer(): boolean {
    return !this.writableNeedDrain && !this.#gate?.isFull;
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error | null) => void) {
    const passing = this.#gate === null ? bytes : this.#gate.pass(bytes);
    const settle = (error?: Error) => {
      this.writes++;
      this.#sending = null;
      done(error);
      if (!this.#held || !this.#mayAnswer) return;
      this.#held = false;
      this.#wake();
    };
    const sent = passing.length === 0 ? Promise.resolve() : this.transmit(passing);
    this.#sending = sent.then(() => settle(), settle);
  }

  override _writev(
    chunks: { chunk: Uint8Array }[],
    done: (error?: Error | null) => void,
  ) {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "", done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void) {
    if (this.#sending === null) {
      this.release(error);
      done(error);
      return;
    }
    const released = Promise.withResolvers<void>();
    const timer = setTimeout(released.resolve, FAREWELL_MS);
    Promise.race([this.#sending, released.promise]).then(() => {
      clearTimeout(timer);
      this.release(error);
      done(error);
    });
  }
}
