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
  /** Topics on which the device may answer. */
  stateTopics: string[];
  commandTopic: string;
  /** Commands of one line follow each other; members of one topic's objects have lines of their own. */
  line: string;
  payload: Uint8Array;
  ack: AckSink;
  last: Ack;
  /** A state came after the publish, before its acknowledgement. */
  seen: boolean;
  ended: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

interface Line {
  inFlight: Running;
  waiting: Running | null;
}

/** Ended commands whose `id` is remembered. */
const REMEMBERED = 10_000;
/** What no topic to publish on may have (MQTT 3.1.1 section 4.7.1.1 and 4.7.3). */
const NO_TOPIC = /^$|[+#\0]/;

/** The value as the device takes it: as it is, or as a member of a JSON object, whatever its name. */
function payloadOf({ member }: Route, value: unknown): Uint8Array {
  if (member === undefined) return valueToPayload(value);
  return new TextEncoder().encode(JSON.stringify({ [member]: value }));
}

export class Commands {
  readonly #context: CommandContext;
  readonly #running = new Map<string, Running>();
  /** Last words on those that ended, oldest first. */
  readonly #over = new Map<string, Ack>();
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
   * @returns Whether it is one that was not seen before and can be sent.
   */
  submit(owner: string, { id, channel, topic, value }: Command, ack: AckSink): boolean {
    const key = `${owner}\n${id}`;
    if (this.#repeat(key, ack)) return false;
    const route = this.#context.route(topic);
    const running: Running = {
      key,
      id,
      stateTopics: route.answer === undefined ? [topic] : [topic, route.answer],
      commandTopic: route.command ?? "",
      line: `${route.command ?? ""}\n${route.member ?? ""}`,
      payload: payloadOf(route, value),
      ack,
      last: { type: "ack", id, stage: "accepted", time: now() },
      seen: false,
      ended: false,
      timer: undefined,
    };
    const refusal = this.#refusal(route, channel);
    if (refusal !== null) {
      this.#end(running, "failed", refusal);
      return false;
    }
    this.#running.set(key, running);
    running.timer = setTimeout(() => this.#timeOut(running), this.#context.timeoutMs);
    ack(running.last);
    this.#enqueue(running);
    return true;
  }

  /** Says again how far a command is that was seen before. */
  #repeat(key: string, ack: AckSink): boolean {
    const running = this.#running.get(key);
    if (running !== undefined) running.ack = ack;
    const last = running?.last ?? this.#over.get(key);
    if (last === undefined) return false;
    ack(last);
    return true;
  }

  #refusal(route: Route, channel: string): string | null {
    if (NO_TOPIC.test(route.topic)) return "not a topic: empty, or with a wildcard";
    if (route.channel !== channel) return "the topic is not of this channel";
    if (route.command === null) return "the topic takes no commands";
    return this.#context.obstacle(route);
  }

  /** Whether a state on this topic would answer a command. */
  watches(stateTopic: string): boolean {
    return this.#watching.has(stateTopic);
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
    return this.#running.size;
  }

  #enqueue(running: Running) {
    const line = this.#lines.get(running.line);
    if (line === undefined) {
      this.#lines.set(running.line, { inFlight: running, waiting: null });
      this.#publish(running);
      return;
    }
    if (line.waiting !== null) this.#end(line.waiting, "failed", "superseded by a later command");
    line.waiting = running;
  }

  async #publish(running: Running) {
    this.#watch(running);
    try {
      await this.#context.publish(running.commandTopic, running.payload);
      if (!running.ended) {
        this.#tell(running, "delivered");
        if (running.seen) this.#end(running, "observed");
      }
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      this.#end(running, "failed", error.message);
    }
    this.#next(running.line);
  }

  #watch(running: Running) {
    for (const topic of running.stateTopics) {
      const watching = this.#watching.get(topic);
      if (watching === undefined) this.#watching.set(topic, new Set([running]));
      else watching.add(running);
    }
  }

  #unwatch(running: Running) {
    for (const topic of running.stateTopics) {
      const watching = this.#watching.get(topic);
      if (watching?.delete(running) && watching.size === 0) this.#watching.delete(topic);
    }
  }

  #next(name: string) {
    const line = this.#lines.get(name);
    if (line?.waiting == null || line.waiting.ended) {
      this.#lines.delete(name);
      return;
    }
    line.inFlight = line.waiting;
    line.waiting = null;
    this.#publish(line.inFlight);
  }

  #timeOut(running: Running) {
    const line = this.#lines.get(running.line);
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
    if (running.ended) return;
    running.ended = true;
    clearTimeout(running.timer);
    this.#unwatch(running);
    this.ended[stage]++;
    this.#tell(running, stage, reason);
    this.#running.delete(running.key);
    this.#over.set(running.key, running.last);
    if (this.#over.size > REMEMBERED) this.#over.delete(this.#over.keys().next().value as string);
  }

  /** Ends what is under way. */
  close() {
    for (const running of this.#running.values()) this.#end(running, "failed", "shutting down");
  }
}
