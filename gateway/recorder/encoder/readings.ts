/**
 * All readers of the Worker: what the gateway tells it, and turns for everybody.
 *
 * @module
 */
import type { FromTraceWorker, ToTraceWorker, TraceSetting } from "../trace_messages.ts";
import { Reading } from "./reading.ts";
import { SubjectTable } from "./subject_table.ts";

/** The ring is looked at so often while somebody reads, ms. */
export const POLL_MS = 20;

/** Clocks. */
export interface Clocks {
  /** Our own, ms. */
  now: () => number;
  /** Unix ms. */
  unix: () => number;
}

export class Readings {
  readonly #send: (message: FromTraceWorker, transfer: Transferable[]) => void;
  readonly #clocks: Clocks;
  readonly #subjects = new SubjectTable();
  readonly #readings = new Map<number, Reading>();
  #setting: TraceSetting | null = null;

  /** @param clocks @default those of the system */
  constructor(
    send: (message: FromTraceWorker, transfer: Transferable[]) => void,
    clocks: Clocks = { now: () => performance.now(), unix: () => Date.now() },
  ) {
    this.#send = send;
    this.#clocks = clocks;
  }

  /** Whether {@linkcode step} has to be called. */
  get busy(): boolean {
    return this.#readings.size > 0;
  }

  take(message: ToTraceWorker) {
    switch (message.type) {
      case "begin":
        this.#setting = message.setting;
        return;
      case "subjects":
        for (const subject of message.subjects) this.#subjects.put(subject);
        return this.#each((reading) => reading.news(message.subjects));
      case "forget":
        for (const id of message.ids) this.#subjects.forget(id);
        return this.#each((reading) => reading.forget(message.ids));
      case "clock":
        return this.#clock(message.clockOffset);
      case "open":
        return this.#open(message);
      case "credit":
        this.#readings.get(message.reader)?.credit(message.bytes);
        return;
      case "cancel":
        this.#readings.delete(message.reader);
        return;
      case "finish":
        this.#readings.get(message.reader)?.finish(this.#clocks.now());
    }
  }

  /**
   * Gives each reader a turn; of those that read the flight recorder only one as long as it has
   * credit, so that the memory of one is needed.
   *
   * @returns whether the next turn should come at once, and not after {@linkcode POLL_MS}
   */
  step(): boolean {
    let more = false;
    let recent = false;
    for (const [id, reading] of this.#readings) {
      if (recent && !reading.live) continue;
      try {
        if (reading.step(this.#clocks.now(), this.#ringNow())) {
          more = true;
          recent ||= !reading.live;
        }
        if (reading.ended) this.#readings.delete(id);
      } catch (error) {
        this.#fail(id, reading, error);
      }
    }
    return more;
  }

  #each(tell: (reading: Reading) => void) {
    for (const reading of this.#readings.values()) tell(reading);
  }

  #clock(clockOffset: number) {
    if (this.#setting !== null) this.#setting = { ...this.#setting, clockOffset };
    this.#each((reading) => reading.setClock(clockOffset));
  }

  /** Now in the ring's clock, ms; wrong while the system clock was set and we were not told. */
  #ringNow(): number {
    return this.#clocks.unix() - (this.#setting?.clockOffset ?? 0);
  }

  #open({ reader, request, credit }: Extract<ToTraceWorker, { type: "open" }>) {
    const setting = this.#setting;
    if (setting === null) throw new Error("Can't open a reader: nothing was begun");
    const options = {
      reader,
      request,
      setting,
      credit,
      subjects: this.#subjects,
      send: this.#send,
      now: this.#clocks.now(),
      ringNow: this.#ringNow(),
    };
    this.#readings.set(reader, new Reading(options));
  }

  #fail(reader: number, reading: Reading, error: unknown) {
    this.#readings.delete(reader);
    const problem = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#send({ type: "end", reader, ...reading.counts, problem }, []);
  }
}
