import type { Ack, Command, CommandStage, Value } from "../../gateway/sessions/messages.ts";
import { randomId } from "./random_id.ts";
import type { Timing } from "./timing.ts";

/** How far a command has come. */
export interface CommandProgress {
  /** `waiting`: not yet sent for want of a connection. `sent`: not yet acknowledged. */
  stage: "waiting" | "sent" | CommandStage;
  /** Unix milliseconds: the gateway's clock for its stages, else this machine's. */
  time: number;
  /** Why it failed. */
  reason?: string;
}

/** A command on its way. */
export interface SentCommand {
  readonly id: string;
  /** How far it has come by now. */
  readonly progress: CommandProgress;
  /** The final stage, `observed` or `failed`; never rejects. */
  readonly result: Promise<CommandProgress>;
}

type Send = (command: Command) => boolean;

class Entry implements SentCommand {
  progress: CommandProgress = { stage: "waiting", time: Date.now() };
  /** Session in which the gateway acknowledged it. */
  session: string | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly result: Promise<CommandProgress>;
  #settle!: (progress: CommandProgress) => void;
  readonly message: Command;
  readonly #onStage: ((progress: CommandProgress) => void) | undefined;

  constructor(message: Command, onStage: ((progress: CommandProgress) => void) | undefined) {
    this.message = message;
    this.#onStage = onStage;
    this.result = new Promise((resolve) => this.#settle = resolve);
  }

  get id(): string {
    return this.message.id;
  }

  /** Whether the gateway said that it has it. */
  get acknowledged(): boolean {
    return this.session !== undefined;
  }

  advance(progress: CommandProgress): void {
    this.progress = progress;
    try {
      this.#onStage?.(progress);
    } catch (error) {
      reportError(error);
    }
  }

  settle(progress: CommandProgress): void {
    clearTimeout(this.timer);
    this.advance(progress);
    this.#settle(progress);
  }
}

/**
 * Commands that have no result yet. Each is sent again with its id after a
 * reconnect, for which the gateway answers with the stage it is in; each ends
 * by the gateway's word or by a time limit of {@linkcode Timing}.
 */
export class Commands {
  #open = new Map<string, Entry>();
  readonly #timing: Timing;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** @param send Sends it now if it can; a `welcome` does it later otherwise. */
  add(
    target: { channel: string; topic: string; value: Value },
    onStage: ((progress: CommandProgress) => void) | undefined,
    send: Send,
  ): SentCommand {
    const entry = new Entry({ type: "command", id: randomId(), ...target }, onStage);
    this.#open.set(entry.id, entry);
    this.#limit(entry, this.#timing.commandWithin);
    if (send(entry.message)) entry.advance({ stage: "sent", time: Date.now() });
    return entry;
  }

  /** A stage reported by the gateway; `session` is that of the connection. */
  ack(message: Ack, session: string): void {
    const entry = this.#open.get(message.id);
    if (!entry) return;
    const { stage, time, reason } = message;
    const progress = { stage, time, ...(reason === undefined ? {} : { reason }) };
    if (stage === "observed" || stage === "failed") return this.#settle(entry, progress);
    if (!entry.acknowledged) this.#limit(entry, this.#timing.resultWithin);
    entry.session = session;
    entry.advance(progress);
  }

  /** The gateway refused the message with this id; says whether it was a command. */
  refuse(id: string, reason: string): boolean {
    const entry = this.#open.get(id);
    if (entry) this.#settle(entry, { stage: "failed", time: Date.now(), reason });
    return entry !== undefined;
  }

  /**
   * Sends again what has no result. A gateway that started anew knows no session of before, nor
   * what it acknowledged there: such a command fails, rather than be done twice.
   */
  resend(session: string, send: Send): void {
    for (const entry of [...this.#open.values()]) {
      if (entry.acknowledged && entry.session !== session) {
        const reason = "the gateway restarted: the outcome is unknown";
        this.#settle(entry, { stage: "failed", time: Date.now(), reason });
      } else if (send(entry.message) && entry.progress.stage === "waiting") {
        entry.advance({ stage: "sent", time: Date.now() });
      }
    }
  }

  /** Fails all that is open. */
  stop(reason: string): void {
    for (const id of [...this.#open.keys()]) this.refuse(id, reason);
  }

  #limit(entry: Entry, within: number): void {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      this.refuse(entry.id, `no answer from the gateway for ${within / 1000} s`);
    }, within);
  }

  #settle(entry: Entry, progress: CommandProgress): void {
    this.#open.delete(entry.id);
    entry.settle(progress);
  }
}
