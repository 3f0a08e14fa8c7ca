/**
 * Commands on their way to devices: published, followed until a device says
 * what the value now is, and answered stage by stage.
 *
 * Per command topic at most one publish is unacknowledged; of those that wait
 * behind it only the latest is sent. An `id` that was seen before is not sent
 * again: its sender hears the stage that it has reached.
 *
 * @module
 */
import { now } from "../clock.ts";
import { PublishError } from "../broker/broker.ts";
import type { Ack, Command, CommandStage } from "../sessions/messages.ts";
import { valueToPayload } from "./payload.ts";
import type { Route } from "./rules.ts";

/** Sends an ack to whoever waits for it. */
export type AckSink = (ack: Ack) => void;

/** What commands need of the rest. */
export interface CommandContext {
  timeoutMs: number;
  /** Where the topic belongs. */
  route(topic: string): Route;
  /** Why nothing can be sent to this topic now; `null` if it can. */
  obstacle(route: Route): string | null;
  publish(topic: string, payload: Uint8Array): Promise<void>;
}

interface Running {
  key: string;
  id: string;
  stateTopic: string;
  commandTopic: string;
  payload: Uint8Array;
  ack: AckSink;
  last: Ack;
  /** A state came after the publish, before its acknowledgement. */
  seen: boolean;
  published: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

interface Line {
  inFlight: Running;
  waiting: Running | null;
}

/** Ended commands whose `id` is remembered. */
const REMEMBERED = 10_000;

export class Commands {
  readonly #context: CommandContext;
  readonly #byKey = new Map<string, Running>();
  readonly #lines = new Map<string, Line>();
  readonly #watching = new Map<string, Set<Running>>();
  /** Ended commands by how they ended. */
  readonly ended: Record<"observed" | "failed", number> = { observed: 0, failed: 0 };

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /**
   * Takes a command from a client that may command.
   *
   * @param owner Names the client over its connections: an `id` counts within it.
   */
  submit(owner: string, { id, channel, topic, value }: Command, ack: AckSink) {
    const key = `${owner}\n${id}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.ack = ack;
      ack(known.last);
      return;
    }
    const route = this.#context.route(topic);
    const running: Running = {
      key,
      id,
      stateTopic: topic,
      commandTopic: route.command ?? "",
      payload: valueToPayload(value),
      ack,
      last: { type: "ack", id, stage: "accepted", time: now() },
      seen: false,
      published: false,
      timer: undefined,
    };
    this.#remember(running);
    const refusal = route.channel !== channel
      ? "the topic is not of this channel"
      : route.command === null
      ? "the topic takes no commands"
      : this.#context.obstacle(route);
    if (refusal !== null) {
      this.#end(running, "failed", refusal);
      return;
    }
    running.timer = setTimeout(() => this.#timeOut(running), this.#context.timeoutMs);
    ack(running.last);
    this.#enqueue(running);
  }

  /** A state came from someone else: it answers what was published on its command topic. */
  observe(stateTopic: string) {
    const watching = this.#watching.get(stateTopic);
    if (watching === undefined) return;
    for (const running of watching) {
      if (running.last.stage === "delivered") this.#end(running, "observed");
      else running.seen = true;
    }
  }

  /** Commands that have not ended. */
  get pending(): number {
    let count = 0;
    for (const watching of this.#watching.values()) count += watching.size;
    return count;
  }

  #remember(running: Running) {
    this.#byKey.set(running.key, running);
    if (this.#byKey.size <= REMEMBERED) return;
    for (const [key, { last }] of this.#byKey) {
      if (last.stage !== "observed" && last.stage !== "failed") continue;
      this.#byKey.delete(key);
      break;
    }
  }

  #enqueue(running: Running) {
    const line = this.#lines.get(running.commandTopic);
    if (line === undefined) {
      this.#lines.set(running.commandTopic, { inFlight: running, waiting: null });
      this.#publish(running);
      return;
    }
    if (line.waiting !== null) this.#end(line.waiting, "failed", "superseded by a later command");
    line.waiting = running;
  }

  async #publish(running: Running) {
    let watching = this.#watching.get(running.stateTopic);
    if (watching === undefined) this.#watching.set(running.stateTopic, watching = new Set());
    watching.add(running);
    running.published = true;
    try {
      await this.#context.publish(running.commandTopic, running.payload);
      if (running.last.stage === "accepted") {
        this.#tell(running, "delivered");
        if (running.seen) this.#end(running, "observed");
      }
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      this.#end(running, "failed", error.message);
    }
    this.#next(running.commandTopic);
  }

  #next(commandTopic: string) {
    const line = this.#lines.get(commandTopic);
    if (line?.waiting == null) {
      this.#lines.delete(commandTopic);
      return;
    }
    line.inFlight = line.waiting;
    line.waiting = null;
    this.#publish(line.inFlight);
  }

  #timeOut(running: Running) {
    const line = this.#lines.get(running.commandTopic);
    if (line?.waiting === running) line.waiting = null;
    const reason = running.last.stage === "delivered"
      ? "timeout: the device did not answer"
      : "timeout: the broker did not acknowledge";
    this.#end(running, "failed", reason);
  }

  #tell(running: Running, stage: CommandStage, reason?: string) {
    const base: Ack = { type: "ack", id: running.id, stage, time: now() };
    running.last = reason === undefined ? base : { ...base, reason };
    running.ack(running.last);
  }

  #end(running: Running, stage: "observed" | "failed", reason?: string) {
    const { last } = running;
    if (last.stage === "observed" || last.stage === "failed") return;
    clearTimeout(running.timer);
    const watching = this.#watching.get(running.stateTopic);
    if (watching?.delete(running) && watching.size === 0) {
      this.#watching.delete(running.stateTopic);
    }
    this.ended[stage]++;
    this.#tell(running, stage, reason);
    running.ack = () => {};
  }

  /** Ends what is under way. */
  close() {
    for (const running of this.#byKey.values()) this.#end(running, "failed", "shutting down");
  }
}
