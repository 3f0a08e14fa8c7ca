/**
 * What came, by where it was seen, and by epoch and channel.
 *
 * @module
 */
import { type StampedPacket, stampOf } from "../uplink/stamp.ts";
import { ChannelLog, type Listing } from "./channel_log.ts";

/** What numbers count. */
export type Numbering =
  /** Uploaded messages of a channel: none may be missing. */
  | "n"
  /** Entries of a channel's history. */
  | "seq";

/** One place at which messages were seen: what came at another is another log. */
export class View {
  /** For people: "sent to 10.0.0.1:1883". */
  readonly name: string;
  /** Sent to a broker, or received from one; `undefined`: a log. */
  readonly side: "sent" | "received" | undefined;
  readonly numbering: Numbering;
  /** Events, which are numbered too, are not in it. */
  readonly lacksEvents: boolean;
  readonly #epochs = new Map<string, Map<string, ChannelLog>>();
  readonly #verification: Verification;

  constructor(
    verification: Verification,
    name: string,
    { side, numbering = "n", lacksEvents = false }: ViewOptions = {},
  ) {
    this.#verification = verification;
    this.name = name;
    this.side = side;
    this.numbering = numbering;
    this.lacksEvents = lacksEvents;
  }

  /** Made where it is not known. @throws {TooManyChannels} */
  log(epoch: string, channel: string): ChannelLog {
    let channels = this.#epochs.get(epoch);
    if (channels === undefined) this.#epochs.set(epoch, channels = new Map());
    let log = channels.get(channel);
    if (log === undefined) {
      if (++this.#verification.channels > MAX_CHANNELS) throw new TooManyChannels();
      channels.set(channel, log = new ChannelLog(epoch, channel, this.#verification.listing));
    }
    return log;
  }

  /** By epoch and channel, in the order of their first messages. */
  *logs(): Generator<ChannelLog> {
    for (const channels of this.#epochs.values()) yield* channels.values();
  }

  get isEmpty(): boolean {
    return this.#epochs.size === 0;
  }
}

export interface ViewOptions {
  side?: "sent" | "received";
  numbering?: Numbering;
  lacksEvents?: boolean;
}

/** A PUBLISH as it was seen. */
export interface SeenMessage extends StampedPacket {
  topic: string;
  /** Sent once more. */
  dup: boolean;
}

/** Each takes some hundred bytes at least. */
const MAX_CHANNELS = 100_000;
/** Duplicates and reorderings listed one by one, of all channels together. */
const LISTED = 100_000;

export class TooManyChannels extends Error {
  constructor() {
    super(`more than ${MAX_CHANNELS.toLocaleString("en")} channels: verify fewer at a time`);
  }
}

/** Where the uplink tells of what it dropped, behind its prefix. */
const DROPPED = /edgewire\/v1\/uplink\/[^/]+\/dropped$/;
const decoder = new TextDecoder();

export class Verification {
  readonly views = new Map<string, View>();
  readonly listing: Listing = { left: LISTED };
  channels = 0;
  /** Messages with a stamp. */
  stamped = 0;
  /** Messages without. */
  unstamped = 0;
  /** Messages that a broker had kept: they say nothing about what comes now. */
  retained = 0;
  /** Records of drops. */
  notices = 0;

  /** Made where it is not known. */
  view(name: string, options?: ViewOptions): View {
    let view = this.views.get(name);
    if (view === undefined) this.views.set(name, view = new View(this, name, options));
    return view;
  }

  /** @throws {TooManyChannels} */
  message(view: View, message: SeenMessage) {
    const stamped = stampOf(message);
    if (stamped !== null) {
      const { epoch, channel, n } = stamped.stamp;
      this.stamped++;
      view.log(epoch, channel).take(n, message.dup);
    } else if (DROPPED.test(message.topic) && this.#notice(view, message.payload)) this.notices++;
    else this.unstamped++;
  }

  #notice(view: View, payload: Uint8Array | string): boolean {
    let notice: unknown;
    try {
      notice = JSON.parse(typeof payload === "string" ? payload : decoder.decode(payload));
    } catch {
      return false;
    }
    if (typeof notice !== "object" || notice === null) return false;
    const { epoch, channel, from, to, reason } = notice as Record<string, unknown>;
    if (typeof epoch !== "string" || typeof channel !== "string") return false;
    if (!isRange(from, to)) return false;
    view.log(epoch, channel).drop(from, to as number, typeof reason === "string" ? reason : "?");
    return true;
  }

  /** Whether nothing is missing, came twice or in another order there. */
  static areClean(views: View[]): boolean {
    return views.every((view) =>
      view.logs().every((log) => view.lacksEvents ? isCleanButForGaps(log) : log.isClean)
    );
  }
}

function isCleanButForGaps({ duplicates, reordered, unknown }: ChannelLog): boolean {
  return duplicates + reordered + unknown === 0;
}

export function isRange(from: unknown, to: unknown): from is number {
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && (from as number) >= 0 &&
    (from as number) <= (to as number);
}
