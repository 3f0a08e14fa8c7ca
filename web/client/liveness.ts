import type { Pong } from "../../gateway/sessions/messages.ts";
import type { Timing } from "./timing.ts";

/** What is known about the gateway's clock. */
export interface ClockEstimate {
  /** Add this to `Date.now()` to get the gateway's time; milliseconds. */
  offset: number;
  /** Add this to `performance.now()` to get the same, in finer steps; milliseconds. */
  steady: number;
  /** Shortest measured round trip, milliseconds; the offset is off by half of it at most. */
  roundTrip: number;
}

const SAMPLES = 8;
/** An answer that takes longer is late, milliseconds. */
const LATE = 1000;

/**
 * Notices that a connection died without a word, and estimates the gateway's
 * clock on the way: a ping after silence, and one now and then for the clock.
 * {@linkcode stop} ends its timer.
 */
export class Liveness {
  #lastFrame = performance.now();
  #ping: { id: number; sent: number } | undefined;
  #lastPing = 0;
  #count = 0;
  #samples: ClockEstimate[] = [];
  #timer: ReturnType<typeof setInterval>;
  readonly #send: (id: number) => void;
  readonly #dead: () => void;
  readonly #timing: Timing;

  /**
   * @param send Sends a `ping`.
   * @param dead Called once when the peer no longer answers.
   */
  constructor(send: (id: number) => void, dead: () => void, timing: Timing) {
    this.#send = send;
    this.#dead = dead;
    this.#timing = timing;
    const step = Math.min(timing.quietAfter, timing.pongWithin) / 4;
    this.#timer = setInterval(() => this.#check(), step);
    this.probe();
  }

  /** The best of the last measurements; `undefined` before the first pong. */
  get clock(): ClockEstimate | undefined {
    return this.#samples.reduce<ClockEstimate | undefined>(
      (best, sample) => best && best.roundTrip <= sample.roundTrip ? best : sample,
      undefined,
    );
  }

  /** How long nothing has come though it was asked for, milliseconds; `undefined` while all is well. */
  get silence(): number | undefined {
    const now = performance.now();
    const open = this.#ping;
    if (!open || now - open.sent < LATE || this.#lastFrame > open.sent) return undefined;
    return now - this.#lastFrame;
  }

  /** Any frame proves that the peer lives. */
  frame(): void {
    this.#lastFrame = performance.now();
  }

  /** Asks now, unless a question is open. */
  probe(): void {
    if (this.#ping) return;
    const sent = performance.now();
    this.#ping = { id: ++this.#count, sent };
    this.#lastPing = sent;
    this.#send(this.#count);
  }

  pong(message: Pong): void {
    if (this.#ping?.id !== message.id) return;
    const received = performance.now();
    const roundTrip = received - this.#ping.sent;
    this.#ping = undefined;
    const offset = message.time - (Date.now() - roundTrip / 2);
    const steady = message.time - (received - roundTrip / 2);
    this.#samples = [...this.#samples, { offset, steady, roundTrip }].slice(-SAMPLES);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const now = performance.now();
    const open = this.#ping;
    if (open && now - open.sent > this.#timing.pongWithin) {
      if (this.#lastFrame <= open.sent) {
        this.stop();
        this.#dead();
        return;
      }
      this.#ping = undefined;
    }
    const quiet = now - this.#lastFrame >= this.#timing.quietAfter;
    if (quiet || now - this.#lastPing >= this.#timing.clockEvery) this.probe();
  }
}
