/**
 * Sends what waits, in order, many at a time, and takes note of what the cloud has.
 *
 * Work is done in slices of a bounded time, so that a day's backlog on its way out delays no live
 * value noticeably.
 *
 * @module
 */
import { escapeFor, type TopicEscape } from "../broker/topic_escape.ts";
import { now } from "../clock.ts";
import type { ChannelBook, ChannelNumbers } from "./channel_book.ts";
import type { DropBook, DropReason } from "./drop_book.ts";
import { InFlight, type Sending } from "./in_flight.ts";
import type { Link, LinkFacts } from "./link.ts";
import type { OutboxMessage } from "./outbox.ts";
import type { OutboxQueue } from "./outbox_queue.ts";
import { type DropNotice, outgoing, outgoingDrop, type OutgoingForm } from "./outgoing.ts";
import { PublishWriter } from "./publish_writer.ts";
import { Suspects } from "./suspects.ts";
import { decodeUpload, UploadKind } from "./upload.ts";

/** What may wait. */
export interface Bounds {
  /** In sum. */
  bytes: number;
  /** What came in before this is too old, Unix milliseconds. */
  oldest: number;
  /** Why what is too old is dropped. */
  tooOld: DropReason;
}

export interface SenderOptions {
  queue: OutboxQueue;
  channels: ChannelBook;
  drops: DropBook;
  /** Messages without acknowledgement at most. */
  window: number;
  /** Read anew each time. */
  bounds: () => Bounds;
  form: OutgoingForm;
  /** A message goes out by MQTT 3.1.1. */
  onSending: (topic: string, payload: Uint8Array) => void;
  /** The cloud has acknowledged a message. */
  onSent: () => void;
  log: (line: string) => void;
}

/** Bytes without acknowledgement at most: on a slow line the newest byte is not far behind. */
const WINDOW_BYTES = 512 << 10;
/** One write. */
const WRITE_BYTES = 32 << 10;
/** Work at a time; the clock is looked at after so many messages. */
const SLICE_MS = 2;
const LOOK_MESSAGES = 16;
/** PUBACK reasons (MQTT 5 section 3.4.2.1): from here on refused, of which another attempt helps. */
const REFUSED = 0x80;
const QUOTA_EXCEEDED = 0x97;
/** What some brokers refuse in topics, by ending the connection: nats-server does. */
const SUSPICIOUS = ". ";

export class Sender {
  /** Messages that the cloud acknowledged, since the start. */
  sent = 0;
  readonly #options: SenderOptions;
  readonly #inFlight = new InFlight();
  readonly #writer = new PublishWriter();
  /** How topics are written for the cloud; `null`: as they are. */
  #escape: TopicEscape | null = null;
  #link: Link | null = null;
  #facts: LinkFacts | null = null;
  /** To be sent before anything else. */
  #again: Sending[] = [];
  #isWriting = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #suspects = new Suspects();
  /** Channels whose ends are to be looked at for holes; `null`: not looked yet. */
  #rest: Iterator<ChannelNumbers> | null = null;
  /** Holes may not have been told. */
  #mayLack = true;
  #holes = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Messages under way. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Messages that may be under way now. */
  get window(): number {
    if (this.#suspects.isAlone) return 1;
    return Math.min(this.#options.window, this.#facts?.receiveMaximum ?? Infinity);
  }

  /** A topic or filter as the cloud takes it. */
  written(topic: string): string {
    return this.#escape?.escape(topic) ?? topic;
  }

  /** What the cloud means by a topic. */
  meant(topic: string): string {
    return this.#escape?.unescape(topic) ?? topic;
  }

  /** A connection stands: what was under way goes first. */
  connected(link: Link, facts: LinkFacts) {
    this.#link = link;
    this.#facts = facts;
    this.#again = this.#inFlight.pending();
    // Packet identifiers mean something to the cloud if it remembers us.
    if (!facts.sessionPresent) { for (const sending of this.#again) sending.isWritten = false; }
    this.pump();
  }

  /** The connection is gone. @param byCloud It was the cloud that ended it. */
  disconnected(byCloud: boolean) {
    if (this.#link === null) return;
    this.#link = null;
    this.#again = [];
    const oldest = this.#inFlight.oldest;
    if (oldest === undefined || !byCloud) return;
    const suspicion = this.#suspects.ended(oldest.number);
    if (suspicion !== "unlikely" && this.#escapes(oldest)) this.#suspects.clear();
    else if (suspicion === "refused") {
      this.#suspects.clear();
      this.#refuse(oldest, "each connection ended with it");
      this.#finish();
    }
  }

  /** Tries whether it is the topic. @returns whether there is something to try */
  #escapes({ content }: Sending): boolean {
    const topic = content !== null && "upload" in content
      ? this.#options.form.prefix + content.upload.topic
      : "";
    if (this.#escape !== null || !/[. ]/.test(topic)) return false;
    this.#escape = escapeFor(SUSPICIOUS);
    this.#options.log(
      `uplink: the cloud ends the connection at "${topic}": dots and spaces are escaped from now on`,
    );
    return true;
  }

  /** Takes an acknowledgement; `acknowledged` says when those of one read are all. */
  acknowledge(packetId: number, reason: number) {
    const sending = this.#inFlight.get(packetId);
    if (sending === undefined) return;
    if (reason < REFUSED) return this.#inFlight.acknowledge(sending);
    if (reason === QUOTA_EXCEEDED) return this.#link?.drop("the cloud's quota is used up");
    this.#refuse(sending, `reason ${reason}`);
    if (!sending.isAcknowledged) this.#again.push(sending);
  }

  acknowledged() {
    if (this.#finish()) this.#suspects.clear();
    this.pump();
  }

  /** The cloud does not take a message: in its place it is told so. */
  #refuse(sending: Sending, why: string) {
    const { content, number, numbers, n } = sending;
    const topic = content !== null && "upload" in content ? content.upload.topic : null;
    if (topic === null || numbers === null) this.#inFlight.acknowledge(sending);
    else {this.#inFlight.replace(sending, {
        notice: this.#notice(numbers.channel, n, n, "refused"),
      });}
    if (topic === null) return;
    this.#options.log(`uplink: the cloud does not take a message on "${topic}": ${why}`);
    this.#options.drops.add(number - 1, number, "refused", 1);
  }

  #notice(channel: string, from: number, to: number, reason: DropReason): DropNotice {
    const { epoch } = this.#options.form;
    return { epoch, channel, from, to, count: to - from + 1, reason, time: now() };
  }

  /** Drops what may not wait any more, and sends what may be sent now. */
  pump() {
    if (this.#isWriting || this.#timer !== undefined) return;
    const until = performance.now() + SLICE_MS;
    const bounds = this.#options.bounds();
    let late = false;
    for (let count = 1; this.#writer.length < WRITE_BYTES && !late; count++) {
      if (!this.#dropNext(bounds) && !this.#sendNext()) break;
      late = count % LOOK_MESSAGES === 0 && performance.now() > until;
    }
    if (this.#writer.length > 0) this.#write();
    else if (late) this.#soon();
  }

  async #write() {
    this.#isWriting = true;
    await this.#link!.write(this.#writer.take());
    this.#isWriting = false;
    if (this.#again.length > 0 || this.#inFlight.size < this.window) this.#soon();
  }

  /** Goes on in another turn of the event loop. */
  #soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.pump();
    }, 0);
  }

  /** @returns Whether there was something to drop. */
  #dropNext({ bytes, oldest, tooOld }: Bounds): boolean {
    const { queue, drops } = this.#options;
    const mayBeOld = (queue.oldestTime ?? Infinity) < oldest;
    if (queue.bytes <= bytes && !mayBeOld) return false;
    // Without a connection the oldest are those that were under way.
    if (this.#link === null) this.#requeue();
    const message = queue.peek();
    if (message === null) return false;
    const isTooOld = message.time < oldest;
    if (!isTooOld && queue.bytes <= bytes) return false;
    queue.take();
    drops.add(message.n - 1, message.n, isTooOld ? tooOld : "bytes", 1);
    this.#mayLack = true;
    this.#pass(message);
    return true;
  }

  #pass(message: OutboxMessage) {
    this.#options.queue.release(message);
    this.#inFlight.pass(message);
    this.#finish();
  }

  /** What was under way waits again. */
  #requeue() {
    const { queue } = this.#options;
    const all = this.#inFlight.clear();
    const first = all.find(({ message, passed }) => message !== null || passed !== undefined);
    if (first === undefined) return;
    for (const { numbers, passed } of all) {
      if (numbers !== null) numbers.sent = Math.min(numbers.sent, numbers.acknowledged);
      if (passed !== undefined) queue.restore(passed.messages, passed.bytes);
    }
    queue.next = queue.done + 1;
  }

  #add(
    message: OutboxMessage,
    content: Sending["content"],
    numbers: ChannelNumbers | null,
    n: number,
  ): Sending {
    const sending: Sending = {
      packetId: 0,
      number: message.n,
      time: message.time,
      numbers,
      n,
      content,
      message,
      isWritten: false,
      isAcknowledged: false,
    };
    this.#inFlight.add(sending);
    return sending;
  }

  /** @returns Whether there may be more to send. */
  #sendNext(): boolean {
    if (this.#link === null) return false;
    const { window } = this;
    if (this.#again.length > 0) {
      if (this.#inFlight.size - this.#again.length >= window) return false;
      const sending = this.#again.shift()!;
      if (!sending.isAcknowledged) this.#publish(sending);
      return true;
    }
    const { size, bytes } = this.#inFlight;
    if (size >= window || (bytes >= WINDOW_BYTES && size > 0)) return false;
    const { queue } = this.#options;
    const message = queue.peek();
    if (message !== null) return this.#sendMessage(message);
    if (!queue.isCaughtUp) return false;
    this.#mayLack ||= queue.holes !== this.#holes;
    this.#holes = queue.holes;
    return this.#mayLack && this.#tellRest();
  }

  #sendMessage(message: OutboxMessage): true {
    const { queue, channels } = this.#options;
    const upload = decodeUpload(message.data);
    const numbers = upload === null || upload.n === 0 ? null : channels.of(upload.channel);
    if (numbers !== null && upload!.n > numbers.sent + 1) {
      this.#tell(numbers, upload!.n - 1, message.n - 1);
      return true;
    }
    queue.take();
    if (upload === null) {
      this.#pass(message);
      return true;
    }
    if (numbers !== null && upload.n > numbers.sent) numbers.sent = upload.n;
    this.#publish(this.#add(message, { upload }, numbers, upload.n));
    return true;
  }

  /** Tells the cloud of a hole. @param to `n` of its last message. @param number Of the outbox, before which it is. */
  #tell(numbers: ChannelNumbers, to: number, number: number) {
    const { drops } = this.#options;
    const reason = drops.reason(numbers.outbox, number + 1);
    const notice = this.#notice(numbers.channel, numbers.sent + 1, to, reason);
    if (reason === "disk") drops.lacking(notice.count);
    numbers.sent = to;
    const sending: Sending = {
      packetId: 0,
      number,
      time: notice.time,
      numbers,
      n: to,
      content: { notice },
      message: null,
      isWritten: false,
      isAcknowledged: false,
    };
    this.#inFlight.add(sending);
    this.#publish(sending);
  }

  /** Something was dropped that is not in the queue. */
  lacks() {
    this.#mayLack = true;
  }

  /** Tells of holes behind which nothing came. @returns whether there may be more */
  #tellRest(): boolean {
    const { channels, drops, queue } = this.#options;
    this.#rest ??= channels.untold();
    const { value: numbers, done } = this.#rest.next();
    if (!done) {
      this.#tell(numbers, numbers.given, queue.last);
      return true;
    }
    this.#rest = null;
    this.#mayLack = false;
    drops.clear();
    return false;
  }

  #publish(sending: Sending) {
    const { form } = this.#options;
    const { content, packetId, time, isWritten: dup } = sending;
    const { version } = this.#link!;
    const { topic: plain, payload, userProperties } = "upload" in content!
      ? outgoing(content.upload, time, form, version)
      : outgoingDrop(content!.notice, form, version);
    const topic = this.written(plain);
    if (version === 4) this.#options.onSending(plain, payload);
    const before = this.#writer.length;
    const isQos0 = "upload" in content! && content.upload.kind === UploadKind.templatedQos0;
    const length = this.#writer.write({
      topic,
      packetId: isQos0 ? 0 : packetId,
      dup: dup && !isQos0,
      payload,
      userProperties,
    });
    if (length <= this.#facts!.packetBytes) {
      sending.isWritten = true;
      if (!isQos0) return;
      // Nobody will acknowledge it.
      this.#inFlight.acknowledge(sending);
      this.#finish();
      return;
    }
    this.#writer.cut(before);
    this.#refuse(sending, "it is too large");
    if (sending.isAcknowledged) this.#finish();
    else this.#publish(sending);
  }

  /** Takes note of what is done. @returns whether there was something */
  #finish(): boolean {
    const { queue, channels, onSent } = this.#options;
    let any = false;
    for (const { number, numbers, n, message, content } of this.#inFlight.finished()) {
      any = true;
      if (message !== null) queue.release(message);
      queue.finish(number);
      if (numbers !== null) channels.acknowledge(numbers, n, number);
      if (content === null || !("upload" in content)) continue;
      this.sent++;
      onSent();
    }
    if (any) {
      queue.oldestTime = this.#inFlight.oldest?.time ?? queue.peek()?.time ?? queue.oldestTime;
    }
    return any;
  }

  /** Sends nothing more; acknowledgements are still taken. */
  stop() {
    this.#link = null;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
