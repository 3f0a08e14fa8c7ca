/**
 * Finds MQTT messages that a capture shows several times: on their way to the broker and from it, to
 * several subscribers, through a bridge, as WebSocket and as bare MQTT packets.
 *
 * @module
 */
import type { Conversation } from "../flows/conversation.ts";
import { endpointText } from "../flows/endpoint_text.ts";
import type { CapturedPublish } from "./publish_tap.ts";

/** A broker hands a message on within this, microseconds; bridges do as well. */
const HANDED_ON = 10_000_000;
const BRIDGED = 1_000_000;
/** A capture of several interfaces may show the copy before the original, microseconds. */
const OVERTAKEN = 100_000;
/** Messages and topics remembered; older ones are forgotten. */
const MOST_MESSAGES = 100_000;
const MOST_TOPICS = 100_000;

/** How a capture holds it: in a stream of bytes, or as a packet without lower layers. */
export type Form = "stream" | "packet";

/** Endpoints of a connection, by side. */
interface Ends {
  readonly texts: readonly [string, string];
  /** Directions: the same whichever form the capture holds the connection in. */
  readonly ways: readonly [string, string];
}

interface Known {
  readonly key: string;
  readonly time: number;
  readonly server: string;
  /** It was first seen on its way from a broker. */
  readonly fromServer: boolean;
  /** Directions of connections on which it was seen, and in which forms. */
  readonly seen: Map<string, Set<Form>>;
}

/** Messages of one topic and content, oldest first. */
class SameContent {
  #messages: Known[];
  /** Of the oldest in `#messages`. */
  #head = 0;
  /** Messages that are in `#messages` no more. */
  #gone = 0;
  /**
   * By direction and form: so many messages from the beginning on are none that the next one there
   * can be a copy of. They have been seen there, or are too old, and no time makes that undone.
   */
  readonly #passed = new Map<string, number>();

  constructor(known: Known) {
    this.#messages = [known];
  }

  get size(): number {
    return this.#messages.length - this.#head;
  }

  add(known: Known): void {
    this.#messages.push(known);
  }

  dropOldest(): void {
    this.#head++;
    if (2 * this.#head < this.#messages.length) return;
    this.#messages = this.#messages.slice(this.#head);
    this.#gone += this.#head;
    this.#head = 0;
  }

  /** The oldest that a message seen now is a copy of. */
  find(
    way: string,
    form: Form,
    server: string,
    fromServer: boolean,
    time: number,
  ): Known | undefined {
    const place = `${form} ${way}`;
    const passed = (this.#passed.get(place) ?? 0) - this.#gone;
    for (let at = Math.max(passed, this.#head); at < this.#messages.length; at++) {
      const known = this.#messages[at]!;
      if (!isSame(known, way, form, server, fromServer, time)) continue;
      this.#passed.set(place, this.#gone + at + 1);
      return known;
    }
    this.#passed.set(place, this.#gone + this.#messages.length);
    return undefined;
  }
}

export class KnownMessages {
  readonly #ends = new WeakMap<Conversation, Ends>();
  readonly #known = new Map<string, SameContent>();
  /** All of them, oldest first, from `#oldest` on. */
  #order: Known[] = [];
  #oldest = 0;
  /** What each topic said last. */
  readonly #last = new Map<string, string>();

  /**
   * Takes note of a message.
   *
   * @param time microseconds since 1970
   * @returns whether it is a copy of one that was seen
   */
  isCopy(publish: CapturedPublish, form: Form, time: number): boolean {
    const { topic, payload, conversation, side, fromServer, retain } = publish;
    this.#forget(time);
    const content = contentOf(payload);
    const key = `${topic}\0${content}`;
    const ends = this.#endsOf(conversation);
    const other = side === 0 ? 1 : 0;
    const way = ends.ways[side];
    const server = ends.texts[fromServer ? side : other];
    const known = this.#known.get(key)?.find(way, form, server, fromServer, time);
    if (known !== undefined) {
      const forms = known.seen.get(way);
      if (forms === undefined) known.seen.set(way, new Set([form]));
      else forms.add(form);
      return true;
    }
    // What is retained comes to each new subscriber.
    const repeated = fromServer && retain && this.#last.get(topic) === content;
    if (repeated) return true;
    this.#note(topic, content, {
      key,
      time,
      server,
      fromServer,
      seen: new Map([[way, new Set([form])]]),
    });
    return false;
  }

  #endsOf(conversation: Conversation): Ends {
    let ends = this.#ends.get(conversation);
    if (ends === undefined) {
      const [a, b] = [endpointText(conversation, 0), endpointText(conversation, 1)];
      ends = { texts: [a, b], ways: [`${a} ${b}`, `${b} ${a}`] };
      this.#ends.set(conversation, ends);
    }
    return ends;
  }

  #note(topic: string, content: string, known: Known): void {
    this.#last.delete(topic);
    this.#last.set(topic, content);
    if (this.#last.size > MOST_TOPICS) this.#last.delete(this.#last.keys().next().value!);
    const same = this.#known.get(known.key);
    if (same === undefined) this.#known.set(known.key, new SameContent(known));
    else same.add(known);
    this.#order.push(known);
  }

  #forget(time: number): void {
    while (this.#oldest < this.#order.length) {
      const known = this.#order[this.#oldest]!;
      const many = this.#order.length - this.#oldest > MOST_MESSAGES;
      if (time - known.time <= HANDED_ON && !many) break;
      this.#oldest++;
      const same = this.#known.get(known.key)!;
      if (same.size === 1) this.#known.delete(known.key);
      else same.dropOldest();
    }
    if (this.#oldest < MOST_MESSAGES) return;
    this.#order = this.#order.slice(this.#oldest);
    this.#oldest = 0;
  }
}

function isSame(
  known: Known,
  way: string,
  form: Form,
  server: string,
  fromServer: boolean,
  time: number,
): boolean {
  const forms = known.seen.get(way);
  if (forms !== undefined) return !forms.has(form);
  if (fromServer) return true;
  const age = time - known.time;
  return known.fromServer ? age <= OVERTAKEN : known.server !== server && age <= BRIDGED;
}

/** Length and 64 bits of FNV-1a. */
function contentOf(payload: Uint8Array): string {
  let hash1 = 0x811c9dc5 | 0;
  let hash2 = 0x9747b28c | 0;
  for (const byte of payload) {
    hash1 = Math.imul(hash1 ^ byte, 0x01000193);
    hash2 = Math.imul(hash2 ^ byte, 0x01000193);
  }
  return `${payload.length} ${hash1} ${hash2}`;
}
