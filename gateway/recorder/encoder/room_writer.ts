/**
 * Updates of rooms, as the messages that they become.
 *
 * @module
 */
import { upperPdu, upperPduTags } from "../packets/upper_pdu.ts";
import type { UpdateEvent } from "../trace_event.ts";
import type { TopicSubject } from "../trace_messages.ts";
import { lineHead, since, updateKeys } from "./comment_lines.ts";
import type { EncoderContext } from "./encoder_context.ts";
import type { HeldWriter } from "./held_packets.ts";
import { hideSecrets } from "./session_text.ts";
import { INBOUND } from "./trace_file.ts";
import type { Origin } from "./trace_ids.ts";

const TAGS = upperPduTags("json");
const encoder = new TextEncoder();

/** Updates of one topic. */
export class RoomWriter implements HeldWriter<UpdateEvent> {
  readonly #context: EncoderContext;
  readonly #subject: TopicSubject;
  readonly #head: string;

  constructor(context: EncoderContext, subject: TopicSubject) {
    this.#context = context;
    this.#subject = subject;
    this.#head = `{"type":"data","channel":${JSON.stringify(subject.channel)},"seq":`;
  }

  /** An event was read. @returns what has to be held with it */
  read(event: UpdateEvent): Origin {
    const { ids, book } = this.#context;
    const { channel, topic } = this.#subject;
    const origin = ids.get(event.id);
    const { time, seq, unix } = event;
    const mark = { channel, seq, time, node: nodeName(event.node) };
    origin.made(mark);
    book.updated(topic, unix, origin, mark);
    return origin;
  }

  write(event: UpdateEvent, detail: unknown) {
    const origin = detail as Origin;
    const { channel, head, tail } = this.#subject;
    const { file, selection, interfaces } = this.#context;
    const { seq, unix, node, json, id, time } = event;
    if (!selection.update(channel, nodeName(node), origin)) return;
    const text = `${this.#head}${seq},"time":${unix}${head}${json ?? null}${node}${tail}${id}"}`;
    const data = encoder.encode(text);
    hideSecrets(data);
    const keys = updateKeys(channel, seq) + since(time - origin.publishArrived);
    const comment = {
      text: lineHead(id, "room", false) + keys,
      note: json === null ? "the value is too long to be recorded" : "",
    };
    file.packet(interfaces.room, time, upperPdu(TAGS, data), INBOUND, comment);
  }
}

/** The node that an update's members name; "" none. */
function nodeName(members: string): string {
  const found = /^,"node":("(?:[^"\\]|\\.)*")/.exec(members);
  return found === null ? "" : JSON.parse(found[1]!) as string;
}
