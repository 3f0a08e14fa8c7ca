import { signal } from "@preact/signals";
import type {
  Event,
  Gap,
  Member,
  TopicDescription,
  Update,
} from "../../gateway/sessions/messages.ts";
import type { ChannelMessage, FrameText } from "../client/client.ts";
import { onNextFrame } from "./frame_scheduler.ts";
import { type Alive, eventLiveness } from "./nodes/liveness_words.ts";
import { isDiagnostic } from "./values/is_diagnostic.ts";

/** Topics of one channel that the page keeps; a flood of names must not fill the memory. */
export const MAX_TOPICS = 1000;

/** A command of somebody else. */
export interface Commanded {
  /** The gateway's time, Unix milliseconds. */
  time: number;
}

/** What the page knows about one topic. */
export class TopicModel {
  readonly update = signal<Update | undefined>(undefined);
  /** What that update came in. */
  frame: FrameText | undefined;
  readonly description = signal<TopicDescription | undefined>(undefined);
  /** The last command of somebody else that the page heard of. */
  readonly commanded = signal<Commanded | undefined>(undefined);

  /** Place in the gateway's description; those without one come after. */
  order = Infinity;

  /** Says how the radio or the device fares: comes after what it measures. */
  readonly diagnostic: boolean;

  constructor(readonly topic: string) {
    this.diagnostic = isDiagnostic(topic);
  }

  /** Whether its value holds until the next one, as a setting does, rather than being a sample. */
  get held(): boolean {
    return this.description.value?.control !== undefined;
  }

  /** Unit of the last update, else of the description. */
  get unit(): string | undefined {
    return this.update.value?.unit ?? this.description.value?.unit;
  }
}

/** Gets every update as it arrives, before any is thinned out for the screen. */
export interface ChannelListener {
  update(update: Update): void;
  gap(gap: Gap): void;
  event?(event: Event): void;
}

/** What the page knows about one channel; signals change at most once per frame. */
export class ChannelModel {
  /** In the order of the description, then of their names; diagnostics last. */
  readonly topics = signal<TopicModel[]>([]);
  /** Those that the gateway described, in its order. */
  readonly described = signal<TopicModel[]>([]);
  /** Whether the first snapshot is here. */
  readonly loaded = signal(false);
  /** How many clients are in the room. */
  readonly members = signal(0);
  /** Who they are; empty when there are too many to name. */
  readonly people = signal<Member[]>([]);
  /** What events said last about the device or node of this name. */
  readonly alive = signal<Alive | undefined>(undefined);
  /** Kinds of security findings that the person does not want to see again. */
  readonly dismissed = signal<string[]>([]);
  readonly lastGap = signal<Gap | undefined>(undefined);
  readonly listeners = new Set<ChannelListener>();
  #byTopic = new Map<string, TopicModel>();
  #pending = new Map<string, { update: Update; frame: FrameText | undefined }>();
  #unordered = false;
  #flush = () => this.#show();

  readonly #isMine: (member: string) => boolean;

  /** @param isMine whether a member of the room is this page */
  constructor(readonly name: string, isMine: (member: string) => boolean = () => false) {
    this.#isMine = isMine;
  }

  /** Whether a member of the room is this page. */
  isMine(member: string): boolean {
    return this.#isMine(member);
  }

  /** What is known about a topic, also before it is shown. */
  find(topic: string): TopicModel | undefined {
    return this.#byTopic.get(topic);
  }

  /** @param frame What the message came in. */
  receive(message: ChannelMessage, frame?: FrameText): void {
    switch (message.type) {
      case "snapshot":
        for (const update of message.values) this.#take(update, frame);
        this.loaded.value = true;
        break;
      case "data":
        this.#take(message, frame);
        break;
      case "describe":
        this.#describe(message.topics);
        break;
      case "event":
        this.alive.value = eventLiveness(this.name, message) ?? this.alive.value;
        if (message.kind === "command") this.#commanded(message);
        for (const listener of this.listeners) listener.event?.(message);
        break;
      case "gap":
        if (message.reason !== "epoch") this.lastGap.value = message;
        for (const listener of this.listeners) listener.gap(message);
        break;
      case "presence":
        this.members.value = message.count;
        this.people.value = message.members;
        break;
    }
  }

  #commanded({ time, detail }: Event): void {
    const { member, topic } = detail as { member: string; topic: string };
    const model = this.#byTopic.get(topic);
    if (model && !this.#isMine(member)) model.commanded.value = { time };
  }

  #take(update: Update, frame: FrameText | undefined): void {
    this.#pending.set(update.topic, { update, frame });
    if (this.#pending.size > MAX_TOPICS) this.#show();
    for (const listener of this.listeners) listener.update(update);
    onNextFrame(this.#flush);
  }

  #describe(descriptions: TopicDescription[]): void {
    const described = new Set(this.described.value);
    for (const description of descriptions) {
      const topic = this.#topic(description.topic);
      if (!topic) continue;
      topic.description.value = description;
      described.add(topic);
      topic.order = Math.min(topic.order, described.size);
    }
    this.#unordered = true;
    this.described.value = [...described];
    onNextFrame(this.#flush);
  }

  #topic(name: string): TopicModel | undefined {
    const known = this.#byTopic.get(name);
    if (known || this.#byTopic.size >= MAX_TOPICS) return known;
    const topic = new TopicModel(name);
    this.#byTopic.set(name, topic);
    return topic;
  }

  #show(): void {
    for (const [name, { update, frame }] of this.#pending) {
      const topic = this.#topic(name);
      if (!topic) continue;
      topic.frame = frame;
      topic.update.value = update;
    }
    this.#pending.clear();
    if (this.#byTopic.size !== this.topics.value.length || this.#unordered) {
      this.#unordered = false;
      this.topics.value = [...this.#byTopic.values()].sort(compareTopics);
    }
  }
}

function compareTopics(a: TopicModel, b: TopicModel): number {
  if (a.diagnostic !== b.diagnostic) return a.diagnostic ? 1 : -1;
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return a.topic < b.topic ? -1 : 1;
}
