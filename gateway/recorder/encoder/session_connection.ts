/**
 * One WebSocket session; or a connection to a device that is a WebSocket server, which the gateway
 * has dialled: what comes in on that are values, not a client's messages.
 *
 * @module
 */
import { frameLength, Opcode } from "../packets/websocket_frame.ts";
import type { BytesEvent, CloseEvent, OpenEvent, TextEvent } from "../trace_event.ts";
import type { ConnectionSubject } from "../trace_messages.ts";
import { CommentLines, lineHead, type PacketComment } from "./comment_lines.ts";
import { Conversation } from "./conversation.ts";
import { type EncoderContext, FILTERED } from "./encoder_context.ts";
import type { HeldWriter } from "./held_packets.ts";
import { addDeviceIn } from "./publish_lines.ts";
import { asksFor, hideSecrets } from "./session_text.ts";
import type { Origin } from "./trace_ids.ts";

export type SessionHeldEvent = OpenEvent | TextEvent | BytesEvent | CloseEvent;

/** What became of a device's message. */
interface Taken {
  origin: Origin | null;
}

const lines = new CommentLines();

export class SessionConnection implements HeldWriter<SessionHeldEvent> {
  #subject: ConnectionSubject;
  readonly #context: EncoderContext;
  readonly #filtered: boolean;
  readonly #conversation: Conversation;
  /** Offsets in the stream that the sequence numbers in the file stand for; -1: nothing written. */
  readonly #written = { in: -1, out: -1 };
  #begun = false;
  /** The device's newest message, until it is known what became of it. */
  #newest: Taken | null = null;

  constructor(context: EncoderContext, subject: ConnectionSubject) {
    this.#context = context;
    this.#subject = subject;
    this.#filtered = context.selection.selects;
    const note = this.#filtered ? FILTERED : "";
    const { ws } = context.interfaces;
    this.#conversation = new Conversation(context, ws, subject.facts, subject.id, note);
  }

  /** An event was read. @returns what has to be held with it */
  read(event: SessionHeldEvent): unknown {
    if (!this.#isDevice || event.kind !== "text" && event.kind !== "bytes" || event.out) {
      return null;
    }
    return this.#newest = { origin: null };
  }

  /** The device's newest message was taken in. */
  message(origin: Origin) {
    if (this.#newest !== null) this.#newest.origin = origin;
    this.#newest = null;
  }

  get #isDevice(): boolean {
    return this.#subject.facts.dialled;
  }

  write(event: SessionHeldEvent, detail: unknown) {
    this.#subject = this.#context.newest(this.#subject);
    const conversation = this.#conversation;
    if (event.kind === "open") {
      this.#begun = true;
      this.#written.in = this.#written.out = 0;
      if (!this.#filtered) this.#open(event.time);
    } else if (event.kind !== "close") this.#message(event, detail as Taken | null);
    else if (conversation.opened) {
      conversation.close(event);
    }
    if (conversation.opened) this.#context.nameEnds(this.#subject);
  }

  #open(time: number) {
    const { name = "" } = this.#subject;
    this.#conversation.open({ time, before: !this.#begun, name });
  }

  #message(event: TextEvent | BytesEvent, taken: Taken | null) {
    const { out, data, time, offset, length } = event;
    // It leaves a hole before the next one.
    if (data === null) return this.#context.file.lose(1);
    if (this.#filtered && !this.#selected(event, data, taken)) return;
    const conversation = this.#conversation;
    if (!conversation.opened) this.#open(time);
    const way = out ? "out" : "in";
    const written = this.#written[way];
    if (written >= 0 && !this.#filtered) conversation.skip(out, offset - written);
    this.#written[way] = offset + frameLength(length, conversation.side(out) === "client");
    const opcode = event.kind === "text" ? Opcode.Text : Opcode.Binary;
    const frame = conversation.framed(out, opcode, data);
    const bytes = frame[0].length + data.length;
    const comment = this.#isDevice
      ? this.#deviceComment(event, data, taken)
      : this.#comment(event, data);
    conversation.data(time, out, frame, (_, end) => {
      return end === bytes ? comment : { text: lineHead("", "ws", out), note: "" };
    });
  }

  #selected(event: TextEvent | BytesEvent, data: Uint8Array, taken: Taken | null): boolean {
    const { selection, texts } = this.#context;
    if (this.#isDevice) {
      if (!event.out) return selection.publish(undefined, taken?.origin ?? null);
      // A device has the name of its channel.
      return !selection.byNode && selection.channel(this.#subject.name ?? "");
    }
    if (event.kind !== "text") return false;
    return event.out ? texts.selected(data, selection) : asksFor(data, selection);
  }

  /** Hides secrets, too. */
  #deviceComment(
    { out }: TextEvent | BytesEvent,
    data: Uint8Array,
    taken: Taken | null,
  ): PacketComment {
    hideSecrets(data);
    if (out) lines.add(lineHead("", "ws", true));
    else addDeviceIn(lines, taken?.origin ?? null);
    return lines.take();
  }

  /** Hides secrets, too. */
  #comment(event: TextEvent | BytesEvent, data: Uint8Array): PacketComment {
    if (event.kind === "text" && event.out) {
      this.#context.texts.addLines(lines, data, event.time);
    } else {
      hideSecrets(data);
      lines.add(lineHead("", "ws", event.out));
    }
    return lines.take();
  }
}
