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

export class KnownMessages {
  readonly #ends = new WeakMap<Conversation, Ends>();
  readonly #known = new Map<string, Known[]>();
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
    const known = this.#known.get(key)?.find((one) =>
      isSame(one, way, form, server, fromServer, time)
    );
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
    if (same === undefined) this.#known.set(known.key, [known]);
    else same.push(known);
    this.#order.push(known);
  }

  #forget(time: number): void {
    while (this.#oldest < this.#order.length) {
      const known = this.#order[this.#oldest]!;
      const many = this.#order.length - this.#oldest > MOST_MESSAGES;
      if (time - known.time <= HANDED_ON && !many) break;
      this.#oldest++;
      const same = this.#known.get(known.key)!;
      if (same.length === 1) this.#known.delete(known.key);
      else same.splice(same.indexOf(known), 1);
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
