/**
 * Carries updates to a broker elsewhere: everything that the upload rules pick, in order, kept until
 * the cloud has acknowledged it; and commands back.
 *
 * @module
 */
import { now } from "../clock.ts";
import type { IncomingMessage } from "../broker/broker.ts";
import type { Taps } from "../taps.ts";
import { covers } from "../topics/topic_filter.ts";
import { ChannelBook } from "./channel_book.ts";
import { Connector } from "./connector.ts";
import { Downlink } from "./downlink.ts";
import { DropBook } from "./drop_book.ts";
import { CLIENT_ID, wayOf } from "./incoming.ts";
import type { Link, LinkFacts, LinkTimes } from "./link.ts";
import type { Outbox } from "./outbox.ts";
import { OutboxQueue } from "./outbox_queue.ts";
import { Rate } from "./rate.ts";
import { type Bounds, Sender } from "./sender.ts";
import type { UplinkStatus } from "./status.ts";
import { type RuleUpload, UploadRules } from "./upload_rules.ts";
import { decodeUpload, encodeUpload, UploadKind } from "./upload.ts";

/** As the configuration has them, see `config/options.ts`. */
export interface UplinkSettings {
  url: string;
  username?: string;
  password?: string;
  clientId?: string;
  topics: string[];
  prefix: string;
  down: string[];
  envelope: boolean;
  window: number;
  bytes: number;
  ageSeconds: number;
  policy: "oldest" | "newest";
  /** See `upload_rules.ts`. */
  rules?: unknown;
}

export interface UplinkOptions {
  settings: UplinkSettings;
  /** Certificate authority, PEM text. */
  ca?: string;
  /** Names the log that numbers belong to, and this gateway. */
  epoch: string;
  outbox: Outbox;
  /** Largest packet taken from the cloud, bytes. */
  packetBytes: number;
  /** Whether messages from the cloud may go on a topic. */
  mayPublish: (topic: string) => boolean;
  /** Publishes a message from the cloud; settles when the broker has it. */
  publish: (topic: string, payload: Uint8Array) => Promise<void>;
  /** Whether this gateway is the one that uploads. @default it is */
  isUploader?: () => boolean;
  /** The state changed. */
  onState: () => void;
  taps: Taps;
  log: (line: string) => void;
  /** For tests, ms. */
  times?: Partial<LinkTimes> & { first?: number; last?: number; look?: number };
}

/** An update of a room. */
export interface UplinkUpdate {
  channel: string;
  topic: string;
  /** Where it is known. */
  device?: string | undefined;
  seq: number;
  /** Unix milliseconds. */
  time: number;
  /** The value as JSON text. */
  json: string;
  /** What it was made of; `null`: something else than a message on its topic. */
  message: IncomingMessage | null;
}

const LOOK_MS = 250;
/** What the cloud has acknowledged is noted after so many looks, or sooner where it is so much: */
const SAVE_LOOKS = 8;
const SAVE_MESSAGES = 200;
/** but not where so many channels would have to be written. */
const SAVE_CHANNELS = 500;
/** What came in since what is known of channels was saved, and has to be read at a start, messages. */
const UNSAVED_MESSAGES = 5000;
/** While no more than this waits in memory, bytes. */
const MEMORY_BYTES = 16 << 20;
/** Acknowledgements that are still to come when we end are waited for so long, ms. */
const FAREWELL_MS = 500;
const SCAN_BYTES = 1 << 20;
const CACHED_TOPICS = 100_000;
const POSITION = "at";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Milliseconds that do not go back. */
function clock(): number {
  return performance.now();
}

/** Begins with {@linkcode Uplink.open} and `connect()`; ends with `close()`. */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #queue: OutboxQueue;
  readonly #channels: ChannelBook;
  readonly #drops: DropBook;
  readonly #sender: Sender;
  readonly #downlink: Downlink;
  readonly #connector: Connector;
  readonly #live = new Rate();
  readonly #drain = new Rate();
  readonly #picked = new Map<string, boolean>();
  readonly #rules: UploadRules;
  #pace: ReturnType<typeof setTimeout> | undefined;
  /** Messages acknowledged when the connection was taken. */
  #sentBefore = 0;
  #saver: ReturnType<typeof setInterval> | undefined;
  #saved = { last: 0, done: 0 };
  /** Since it was saved. */
  #looks = 0;
  /** While another uploads: what came in before this, Unix ms, the cloud has from there. */
  #elsewhere = 0;
  #isFull = false;
  #closing = false;

  private constructor(options: UplinkOptions) {
    const { settings, outbox, log, epoch } = options;
    this.#options = options;
    this.#rules = UploadRules.parse(settings.rules);
    const put = (key: string, value: Uint8Array | null) => outbox.put(key, value);
    this.#channels = new ChannelBook(put);
    this.#drops = new DropBook(put);
    this.#queue = new OutboxQueue({
      outbox,
      onReady: () => this.#sender.pump(),
      // Where memory is all there is the bounds of what may wait come first.
      ...(outbox.kept === "memory" ? { memoryBytes: Infinity } : {}),
      log,
    });
    this.#downlink = new Downlink({
      filters: settings.down,
      prefix: settings.prefix,
      epoch,
      mayPublish: options.mayPublish,
      publish: options.publish,
      log,
    });
    this.#sender = new Sender({
      queue: this.#queue,
      channels: this.#channels,
      drops: this.#drops,
      window: settings.window,
      bounds: () => this.#bounds(),
      form: { epoch, prefix: settings.prefix, envelope: settings.envelope },
      onSending: (topic, payload) => this.#downlink.sending(topic, payload),
      onSent: () => this.#drain.add(),
      log,
    });
    this.#connector = this.#connectorOf(options);
  }

  #connectorOf({ settings, ca, epoch, packetBytes, taps, times, onState, log }: UplinkOptions) {
    const { url, username, password, clientId = CLIENT_ID + epoch } = settings;
    const sender = this.#sender;
    return new Connector({
      url,
      username,
      password,
      ...(ca === undefined ? {} : { ca }),
      clientId,
      packetBytes,
      taps,
      ...(times === undefined ? {} : { times }),
      backoff: { first: times?.first, last: times?.last },
      filters: () => this.#downlink.filters.map((filter) => sender.written(filter)),
      onAck: (packetId, reason) => sender.acknowledge(packetId, reason),
      onRead: () => sender.acknowledged(),
      onMessage: (packet) => this.#downlink.take({ ...packet, topic: sender.meant(packet.topic) }),
      awaitsAck: () => sender.inFlight > 0,
      onOpen: (link, facts) => this.#opened(link, facts),
      onLost: (byCloud) => {
        sender.disconnected(byCloud);
        return sender.sent > this.#sentBefore;
      },
      onState,
      log,
    });
  }

  /** Resolves when it knows what waits. */
  static async open(options: UplinkOptions): Promise<Uplink> {
    const uplink = new Uplink(options);
    try {
      await uplink.#load();
    } catch (error) {
      options.log(`uplink: what waits cannot be read: ${(error as Error).message}`);
    }
    uplink.#saver = setInterval(() => uplink.#look(), options.times?.look ?? LOOK_MS);
    return uplink;
  }

  async #load() {
    const { outbox } = this.#options;
    let at = 0;
    for await (const entries of outbox.entries()) {
      for (const [key, value] of entries) {
        if (key === POSITION) at = Number(decoder.decode(value));
        else if (!this.#channels.load(key, value)) this.#drops.load(key, value);
      }
    }
    const { last, done } = this.#queue;
    this.#saved = { last: Math.max(at, done), done };
    for (let n = Math.max(at, this.#queue.done) + 1; n <= last;) {
      const messages = await outbox.read(n, SCAN_BYTES);
      for (const { data } of messages) {
        const upload = decodeUpload(data);
        if (upload !== null) this.#channels.found(upload.channel, upload.n);
      }
      n = (messages.at(-1)?.n ?? last) + 1;
    }
    const { messages } = this.#queue;
    if (messages > 0) this.#options.log(`uplink: ${messages} messages wait from before`);
  }

  /** Begins to connect, and goes on until `close()`. */
  connect() {
    if (this.#isUploader) this.#connector.start();
    else this.#connector.standBy();
  }

  get #isUploader(): boolean {
    return this.#options.isUploader?.() ?? true;
  }

  /** Who uploads may be another now. */
  uploaderChanged() {
    const isUploader = this.#connector.state !== "standby";
    if (this.#closing || this.#isUploader === isUploader) return;
    if (isUploader) {
      this.#sender.disconnected(false);
      this.#connector.standBy();
      return;
    }
    this.#options.log("uplink: this gateway uploads now");
    this.#elsewhere = 0;
    this.#connector.start();
  }

  /** What has waited for longer than so many ms another gateway has brought to the cloud. */
  elsewhere(olderThanMs: number) {
    if (this.#connector.state !== "standby") return;
    this.#elsewhere = now() - olderThanMs;
    this.#sender.pump();
  }

  #bounds(): Bounds {
    const { settings, outbox } = this.#options;
    const tooOld = now() - settings.ageSeconds * 1000;
    const bytes = outbox.kept === "memory"
      ? Math.min(settings.bytes, MEMORY_BYTES)
      : settings.bytes;
    return {
      bytes: settings.policy === "oldest" ? bytes : Infinity,
      oldest: Math.max(tooOld, this.#elsewhere),
      tooOld: this.#elsewhere > tooOld ? "elsewhere" : "age",
    };
  }

  /** Whether an update on this topic goes to the cloud. */
  #picks(topic: string): boolean {
    let picked = this.#picked.get(topic);
    if (picked === undefined) {
      picked = this.#options.settings.topics.some((filter) => covers(filter, topic));
      if (this.#picked.size >= CACHED_TOPICS) this.#picked.clear();
      this.#picked.set(topic, picked);
    }
    return picked;
  }

  /** Takes in an update, if the rules pick it. */
  take({ channel, topic, device, seq, time, json, message }: UplinkUpdate) {
    const isPicked = this.#picks(topic);
    if (message?.fromCloud === true || !isPicked && this.#rules.isEmpty) return;
    const via = wayOf(message, this.#options.epoch);
    if (via === null) return;
    const payload = message === null ? encoder.encode(json) : message.content ?? message.payload;
    if (!this.#rules.isEmpty) {
      const made = this.#rules.take({ channel, topic, seq, time, json, payload, device }, clock());
      for (const upload of made) this.#takeMade(upload);
      this.#flushSoon();
    }
    if (!isPicked) return;
    const numbers = this.#channels.of(channel);
    const n = this.#channels.give(numbers);
    if (this.#isTooMuch()) {
      this.#drops.add(this.#queue.last, this.#queue.last, "bytes", 1);
      this.#sender.lacks();
      return;
    }
    this.#live.add();
    const { update: kind } = UploadKind;
    this.#queue.append(time, encodeUpload({ kind, channel, topic, seq, n, via, payload }));
    if (this.#queue.bytes > this.#bounds().bytes) this.#sender.pump();
  }

  #takeMade({ topic, payload, qos, channel, seq, time }: RuleUpload) {
    const kind = qos === 0 ? UploadKind.templatedQos0 : UploadKind.templated;
    this.#live.add();
    this.#queue.append(time, encodeUpload({ kind, channel, topic, seq, n: 0, via: "", payload }));
  }

  /** What has a pace goes when its time has come, and the cloud is there. */
  #flushSoon() {
    const due = this.#rules.due();
    if (due === Infinity || this.#pace !== undefined || this.#closing) return;
    this.#pace = setTimeout(() => {
      this.#pace = undefined;
      if (this.#connector.state !== "connected") return;
      for (const upload of this.#rules.flush(clock())) this.#takeMade(upload);
      this.#flushSoon();
    }, Math.max(0, due - clock()));
  }

  /** With the policy that keeps what waits: whether there is no room for more. */
  #isTooMuch(): boolean {
    const { settings, outbox, log } = this.#options;
    if (settings.policy !== "newest") return false;
    const most = outbox.kept === "memory" ? Math.min(settings.bytes, MEMORY_BYTES) : settings.bytes;
    const isFull = this.#queue.bytes > most * (this.#isFull ? 0.9 : 1);
    if (isFull !== this.#isFull) {
      log(`uplink: ${isFull ? "no room for more" : "there is room again"}: ${most} bytes may wait`);
    }
    return this.#isFull = isFull;
  }

  #opened(link: Link, facts: LinkFacts) {
    const { log, settings } = this.#options;
    const version = link.version === 5 ? "5" : "3.1.1";
    const { messages } = this.#queue;
    const waiting = messages > 0 ? `, ${messages} messages wait` : "";
    log(`uplink: connected to ${this.#connector.url}, MQTT ${version}${waiting}`);
    if (link.version === 4 && !settings.envelope && this.#connector.connections === 1) {
      log(
        "uplink: MQTT 3.1.1 has no properties: numbers, times and the way of messages are not told, " +
          "so nothing can be verified there; uplink.envelope puts them into the payload",
      );
    }
    this.#sentBefore = this.#sender.sent;
    this.#sender.connected(link, facts);
    this.#flushSoon();
  }

  /** Of the oldest message that the cloud has not acknowledged, ms; `null`: none waits. */
  oldestMs(): number | null {
    const { oldestTime } = this.#queue;
    return oldestTime === null ? null : Math.max(0, now() - oldestTime);
  }

  /** Whether the cloud cannot be reached now. */
  isStuck(): boolean {
    const { state, reason } = this.#connector;
    return state === "waiting" || (state === "connecting" && reason !== undefined);
  }

  status(): UplinkStatus {
    const { outbox } = this.#options;
    const { messages, bytes, oldestTime } = this.#queue;
    const { state, url, since, reason, retryInMs, version, connections } = this.#connector;
    const liveRate = this.#live.value;
    const drainRate = this.#drain.value;
    const net = drainRate - liveRate;
    const isDraining = state === "connected" && net > 0;
    return {
      state,
      url,
      since,
      ...(reason === undefined ? {} : { reason }),
      ...(retryInMs === null ? {} : { retryInMs }),
      protocol: version,
      backlog: {
        kept: outbox.failing ? "memory" : outbox.kept,
        messages,
        bytes: Math.round(bytes),
        oldestTime,
      },
      sent: this.#sender.sent,
      dropped: { ...this.#drops.counts },
      liveRate,
      drainRate,
      secondsToDone: messages === 0 ? 0 : isDraining ? messages / net : null,
      window: this.#sender.window,
      inFlight: this.#sender.inFlight,
      down: { ...this.#downlink.counters },
      rules: { ...this.#rules.counts },
      connections,
    };
  }

  #look() {
    this.#sender.pump();
    const isMuch = this.#queue.done - this.#saved.done >= SAVE_MESSAGES &&
      this.#channels.changes <= SAVE_CHANNELS;
    if (!isMuch && ++this.#looks < SAVE_LOOKS) return;
    this.#looks = 0;
    this.#save();
  }

  /** What is done goes from the disk together with the note of it. */
  #save() {
    const { outbox } = this.#options;
    const { last, done } = this.#queue;
    const isDone = done > this.#saved.done;
    const isDropped = this.#drops.save();
    if (!isDone && !isDropped && last - this.#saved.last < UNSAVED_MESSAGES) return;
    this.#channels.save();
    outbox.put(POSITION, encoder.encode(String(last)));
    if (isDone) outbox.sent(done);
    this.#saved = { last, done };
  }

  /** Waits for acknowledgements that are due, a moment. What is not sent stays in the outbox. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#saver);
    clearTimeout(this.#pace);
    this.#sender.stop();
    const end = performance.now() + FAREWELL_MS;
    const isDue = () => this.#connector.state === "connected" && this.#sender.inFlight > 0;
    while (isDue() && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await this.#connector.close();
    this.#save();
    this.#queue.close();
  }
}
