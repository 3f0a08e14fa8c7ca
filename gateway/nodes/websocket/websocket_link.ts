/**
 * One connection to a device that is a WebSocket server (RFC 6455): from the attempt to its end.
 *
 * The `ws` package rather than Deno's own client, which has no ping, takes messages of up to 64 MiB
 * and cannot be told to read more slowly, or to let go of a peer that is silent.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type { ClientRequest, IncomingMessage as Response } from "node:http";
import { type ClientOptions, WebSocket } from "ws";
import { PublishError } from "../../broker/broker.ts";
import type { WebSocketDeviceConfig } from "../../config/websocket_device.ts";
import { type ConnectionTap, noConnectionTap, type Taps } from "../../taps.ts";
import { ReadPace } from "./read_pace.ts";
import { type SocketEnds, webSocketFacts } from "./websocket_facts.ts";

export interface LinkOptions {
  device: WebSocketDeviceConfig;
  /** Certificate authority, PEM text. */
  ca?: string;
  /** A device from which nothing came for so long, though we asked, is gone; ms. */
  idleMs: number;
  /** Largest message taken, bytes. */
  messageBytes: number;
  /** Messages taken per second; more wait at the device. */
  messagesPerSecond: number;
  taps: Taps;
}

export interface LinkEvents {
  /** The connection stands. */
  onOpen: () => void;
  /**
   * A message came.
   *
   * @param payload in memory that stays as it is
   */
  onMessage: (payload: Uint8Array, tap: ConnectionTap) => void;
  /** Any frame came: the device lives. */
  onSign: () => void;
  /** It ended, or could not be made. Called once. @param why In words */
  onEnd: (why: string) => void;
}

/** For the other side's close frame, ms. */
const CLOSE_MS = 500;
/** For our own, where the device broke the protocol, ms. */
const FAREWELL_MS = 50;
/** More than this waits for nobody who does not read, bytes. */
const QUEUE_BYTES = 256 << 10;
/** Checks of whether something came, in the time in which something has to come. */
const CHECKS = 4;
const MAX_WHY = 200;
const PROTOCOL = "Sec-WebSocket-Protocol";
const GOING_AWAY = 1001;
const NO_CODE = 1005;
const NO_CLOSE_FRAME = 1006;
/** See `ws`, doc/ws.md, "Error codes". */
const TOO_BIG = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What an error of `ws`, or of the network below it, means. */
function explain(error: Error & { code?: unknown }, messageBytes: number): string {
  const status = /^Unexpected server response: (\d+)/.exec(error.message)?.[1];
  if (status !== undefined) return `it answers HTTP ${status}`;
  if (error.code === "ECONNREFUSED") return "connection refused";
  if (error.code === TOO_BIG) return `it sent a message of more than ${messageBytes} bytes`;
  return error.message.slice(0, MAX_WHY);
}

/** Begins to connect when it is made; ends with `close()`, or by itself. */
export class WebSocketLink {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #socket: WebSocket;
  readonly #url: URL;
  readonly #pace: ReadPace;
  /** What has not been written yet is told that it will not be. */
  readonly #unsent = new Set<() => void>();
  #tap = noConnectionTap;
  #request: Record<string, unknown> = {};
  /** Why it ends, where we know better than the close event; "": we do not. */
  #why = "";
  /** Whether we end it. */
  #ours = false;
  /** Whether it was open. */
  #stood = false;
  #signs = 0;
  #checks = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #closed = Promise.withResolvers<void>();

  /** @throws {SyntaxError} if address or headers cannot be used. */
  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    const { device: { websocket, headers, subprotocols }, ca, messageBytes } = options;
    this.#url = new URL(websocket);
    const settings: ClientOptions & { closeTimeout: number } = {
      headers,
      ...(ca === undefined ? {} : { ca }),
      // What is compressed may grow beyond every bound.
      perMessageDeflate: false,
      maxPayload: messageBytes,
      closeTimeout: CLOSE_MS,
      finishRequest: (request: ClientRequest) => {
        // Servers of Deno want the blank.
        if (subprotocols.length > 1) request.setHeader(PROTOCOL, subprotocols.join(", "));
        this.#request = { ...request.getHeaders() };
        request.end();
      },
    };
    const socket = this.#socket = new WebSocket(this.#url, subprotocols, settings);
    this.#pace = new ReadPace(options.messagesPerSecond, socket);
    this.#timer = setTimeout(() => this.#giveUp(this.#noAnswer), options.idleMs);
    socket.on("upgrade", (response: Response) => this.#upgraded(response));
    socket.on("open", () => this.#open());
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#message(data, isBinary));
    socket.on("ping", () => this.#sign());
    socket.on("pong", () => this.#sign());
    socket.on("error", (error: Error) => this.#failed(error));
    socket.on("close", (code: number, reason: Buffer) => this.#ended(code, reason.toString()));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  #upgraded(response: Response) {
    const ends = response.socket as SocketEnds;
    const handshake = { request: this.#request, response: response.rawHeaders };
    this.#tap = this.#options.taps.connection(webSocketFacts(this.#url, ends, handshake));
    this.#tap.named(this.#options.device.channel);
  }

  #open() {
    this.#stood = true;
    clearTimeout(this.#timer);
    this.#timer = setInterval(() => this.#check(), this.#options.idleMs / CHECKS);
    this.#heardMessage();
    this.#events.onOpen();
  }

  #message(data: Buffer, isBinary: boolean) {
    this.#sign();
    if (this.#ours) return;
    this.#heardMessage();
    const tap = this.#tap;
    if (isBinary) tap.received(data);
    else tap.receivedText(data.toString());
    this.#events.onMessage(data, tap);
  }

  #heardMessage() {
    const { silenceSeconds } = this.#options.device;
    if (silenceSeconds === undefined) return;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      // It is us who do not read.
      if (this.#pace.isWaiting) this.#heardMessage();
      else this.#giveUp(`no message for ${silenceSeconds} s`);
    }, silenceSeconds * 1000);
  }

  /** Pings and pongs count as messages do: who floods us with them waits as well. */
  #sign() {
    this.#signs++;
    this.#pace.took();
    this.#events.onSign();
  }

  /** Counts checks, not time: when this process stood still, that is nobody's silence. */
  #check() {
    if (this.#signs > 0 || this.#pace.isWaiting) this.#checks = this.#signs = 0;
    else if (++this.#checks === CHECKS) {
      this.#giveUp(this.#noAnswer);
    } else if (this.isOpen) this.#socket.ping();
  }

  /** `ws` has sent a close frame; what the device goes on sending is not to be read. */
  #failed(error: Error) {
    if (this.#why === "") this.#why = explain(error, this.#options.messageBytes);
    // Else it has ended already.
    if (!this.#stood) return;
    clearInterval(this.#timer);
    this.#timer = setTimeout(() => this.#socket.terminate(), FAREWELL_MS);
    setImmediate(() => this.#socket.pause());
  }

  get #noAnswer(): string {
    return `no answer for ${this.#options.idleMs / 1000} s`;
  }

  #giveUp(why: string) {
    if (this.#why === "") this.#why = why;
    this.#ours = true;
    this.#socket.terminate();
  }

  #ended(code: number, reason: string) {
    clearTimeout(this.#timer);
    clearInterval(this.#timer);
    clearTimeout(this.#silence);
    this.#pace.close();
    this.#tap.closed(!this.#ours, code, reason);
    const said = reason === "" ? `${code}` : `${code} "${reason}"`;
    const why = code === NO_CLOSE_FRAME
      ? "connection lost"
      : code === NO_CODE
      ? "it closed the connection"
      : `it closed the connection (${said})`;
    if (this.#why === "") this.#why = why;
    for (const fail of this.#unsent) fail();
    this.#closed.resolve();
    this.#events.onEnd(this.#why);
  }

  /**
   * Sends a message: as text what is UTF-8, else as bytes.
   *
   * @returns When it is written.
   * @throws {PublishError} if the connection ends before, or too much waits already.
   */
  send(payload: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (!this.isOpen) return Promise.reject(new PublishError("the device is not connected"));
    if (socket.bufferedAmount + payload.length > QUEUE_BYTES) {
      return Promise.reject(new PublishError("the device reads too slowly"));
    }
    const text = textOf(payload);
    if (text === null) this.#tap.sent(payload);
    else this.#tap.sentText({ text, bytes: payload.length, kept: -1 });
    return new Promise((resolve, reject) => {
      const settle = (failed: boolean) => {
        this.#unsent.delete(fail);
        if (failed) {
          reject(new PublishError(`the device is gone: ${this.#why || "connection lost"}`));
        } else resolve();
      };
      const fail = () => settle(true);
      this.#unsent.add(fail);
      socket.send(payload, { binary: text === null }, (error?: Error) => settle(error != null));
    });
  }

  /** Says goodbye, and lets go of who does not answer. */
  async close() {
    this.#ours = true;
    this.#why = "shutting down";
    this.#pace.close();
    this.#tap.closed(false, GOING_AWAY, this.#why);
    if (this.isOpen) this.#socket.close(GOING_AWAY, this.#why);
    else this.#socket.terminate();
    await this.#closed.promise;
  }
}

function textOf(payload: Uint8Array): string | null {
  try {
    return utf8.decode(payload);
  } catch {
    return null;
  }
}
