/**
 * Listens to the decoder for MQTT messages: PUBLISH packets, and last wills of connections that ended
 * without DISCONNECT.
 *
 * @module
 */
import type { Conversation, Side } from "../flows/conversation.ts";
import { Observer } from "../flows/observer.ts";
import type { Dissection } from "../wire/dissection.ts";
import { Type } from "../wire/mqtt_names.ts";
import { readConnect, type Will } from "./connect_packet.ts";

/** A message as the capture has it. */
export interface CapturedPublish {
  readonly kind: "publish" | "will";
  readonly topic: string;
  /** A copy. */
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Sent once more. */
  readonly dup: boolean;
  /** -1 with QoS 0. */
  readonly packetId: number;
  readonly conversation: Conversation;
  readonly side: Side;
  /** A server sent it to a client. */
  readonly fromServer: boolean;
  /** Client id, or what tells the connection from others where that is not known. */
  readonly client: string;
  /** Its id in a trace of a gateway; "" when it has none there, undefined in other captures. */
  readonly id: string | undefined;
}

/** What is known of one connection. */
interface Session {
  client: string;
  will: Will | undefined;
  /** Ids that came with its packets, and that no PUBLISH has yet. */
  readonly ids: string[];
}

const DISCONNECT_WITH_WILL = 0x04;
const MQTT_PORTS: readonly number[] = [1883, 8883];
/** Ids that wait for the end of their PUBLISH; no PUBLISH needs more. */
const MOST_IDS = 1000;

export class PublishTap extends Observer {
  readonly #onPublish: (publish: CapturedPublish) => void;
  readonly #sessions = new Map<Conversation, Session>();
  /** Ids of the frame being decoded; undefined when no gateway wrote it. */
  #ids: readonly string[] | undefined = undefined;
  #closing: Conversation[] = [];

  constructor(onPublish: (publish: CapturedPublish) => void) {
    super();
    this.#onPublish = onPublish;
  }

  /** Begins a frame. @param ids of PUBLISHes in it, see `TraceComment.taken` */
  begin(ids: readonly string[] | undefined): void {
    this.#ids = ids;
  }

  /** Ends it. */
  end(): void {
    if (this.#closing.length === 0) return;
    for (const conversation of this.#closing) this.#leave(conversation);
    this.#closing = [];
  }

  override forgotten(conversation: Conversation): void {
    this.#sessions.delete(conversation);
  }

  override segment(conversation: Conversation): void {
    if (this.#ids !== undefined && this.#ids.length > 0) {
      const { ids } = this.#session(conversation);
      for (const id of this.#ids) if (ids.length < MOST_IDS && !ids.includes(id)) ids.push(id);
    }
    if (conversation.closed !== "" && this.#sessions.get(conversation)?.will !== undefined) {
      this.#closing.push(conversation);
    }
  }

  override mqttPacket(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    type: number,
    length: number,
    payload: number,
    topicAt: number,
    topicLength: number,
    topic: string | undefined,
  ): void {
    if (d.failed !== 0 || d.end < d.limit) return;
    const at = d.limit - length;
    if (type === Type.Connect) {
      const session = this.#session(conversation);
      const { clientId, will } = readConnect(d.data.subarray(at, d.limit));
      session.client = clientId === "" ? anonymous(conversation) : clientId;
      session.will = will;
    } else if (type === Type.ConnAck) {
      // Who was not let in leaves no will.
      if (d.data[bodyOf(d.data, at) + 1] !== 0) this.#dropWill(conversation);
    } else if (type === Type.Disconnect) {
      if (length > 2 && d.data[at + 2] === DISCONNECT_WITH_WILL) return;
      if (side === clientOf(conversation)) this.#dropWill(conversation);
    } else if (type === Type.Publish) {
      const name = topic ?? decoder.decode(d.data.subarray(topicAt, topicAt + topicLength));
      this.#publish(d, conversation, side, at, payload, topicAt + topicLength, name);
    }
  }

  #publish(
    { data, limit }: Dissection,
    conversation: Conversation,
    side: Side,
    at: number,
    payload: number,
    idAt: number,
    topic: string,
  ): void {
    const flags = data[at]!;
    const qos = flags >> 1 & 3;
    const session = this.#sessions.get(conversation);
    this.#onPublish({
      kind: "publish",
      topic,
      payload: data.slice(limit - payload, limit),
      qos: Math.min(qos, 2) as 0 | 1 | 2,
      retain: (flags & 1) !== 0,
      dup: (flags & 8) !== 0,
      packetId: qos === 0 ? -1 : data[idAt]! << 8 | data[idAt + 1]!,
      conversation,
      side,
      fromServer: side !== clientOf(conversation),
      client: session?.client ?? anonymous(conversation),
      id: this.#ids && this.#idOf(session),
    });
  }

  /** That of its last frame; one that waits where only an earlier frame of it had one. */
  #idOf(session: Session | undefined): string {
    const waiting = session?.ids ?? [];
    const at = waiting.findIndex((id) => this.#ids!.includes(id));
    return waiting.splice(0, Math.max(at, 0) + 1).at(-1) ?? "";
  }

  #leave(conversation: Conversation): void {
    const session = this.#sessions.get(conversation);
    const will = session?.will;
    if (session === undefined || will === undefined) return;
    session.will = undefined;
    this.#onPublish({
      kind: "will",
      ...will,
      dup: false,
      packetId: -1,
      conversation,
      side: clientOf(conversation),
      fromServer: false,
      client: session.client,
      id: undefined,
    });
  }

  #dropWill(conversation: Conversation): void {
    const session = this.#sessions.get(conversation);
    if (session !== undefined) session.will = undefined;
  }

  #session(conversation: Conversation): Session {
    let session = this.#sessions.get(conversation);
    if (session === undefined) {
      session = { client: anonymous(conversation), will: undefined, ids: [] };
      this.#sessions.set(conversation, session);
    }
    return session;
  }
}

/** Where the remaining length of the packet at `at` ends (MQTT 5, 2.1.4). */
function bodyOf(data: Uint8Array, at: number): number {
  let body = at + 1;
  while (data[body]! >= 0x80) body++;
  return body + 1;
}

const decoder = new TextDecoder();

function anonymous({ index, transport }: Conversation): string {
  return `\0${transport}${index}`;
}

/** The client's side; where no packet told, the server is who has the port of MQTT, or the lower one. */
export function clientOf({ clientKnown, client, portA, portB }: Conversation): Side {
  if (clientKnown) return client;
  const a = MQTT_PORTS.includes(portA);
  if (a !== MQTT_PORTS.includes(portB)) return a ? 1 : 0;
  return portA < portB ? 1 : 0;
}
