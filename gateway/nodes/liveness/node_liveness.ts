/**
 * Whether a node is alive, and if not, why.
 *
 * A node shows that it lives by radio frames and by signs: its status, other messages, MQTT pings.
 * Frames that stop while signs go on mean a deaf radio. When both stop it hangs. How long either may
 * be silent: `node_rhythm.ts`.
 *
 * @module
 */
import type { Cause } from "../answers.ts";
import type { ClientSession } from "./client_session.ts";
import { NodeRhythm } from "./node_rhythm.ts";
import { duration, type Watch, Watched } from "./watch.ts";

/** What a status message says of liveness. */
export interface NodeSaid {
  state: "online" | "offline";
  /** The broker published it for the node; `undefined`: the broker does not tell. */
  will?: boolean | undefined;
  /** Seconds after which the node says its status again. */
  period?: number | undefined;
  /** Another at each boot. */
  boot?: number | undefined;
  /** The broker kept it (retained); the node did not say it now. */
  replayed?: boolean | undefined;
}

/** Of the time after which a node is lost, the part after which it is late. */
const LATE_SHARE = 0.6;
/** A session shorter than this may be one for a single message, milliseconds. */
const BRIEF_MS = 10_000;
const NO_BOOT = -1;

/** Made by `LivenessMonitor.node`. */
export class NodeLiveness extends Watched {
  readonly kind = "node";
  /** Clients that speak for it; a `Set` of at most a few. */
  readonly sessions = new Set<ClientSession>();
  isForgotten = false;
  readonly #sessionOf: (client: string) => ClientSession;
  /** Of the client that spoke last. */
  #session: ClientSession | null = null;
  /** Running times. */
  #frames = -Infinity;
  #sign = -Infinity;
  #pinged = -Infinity;
  #status = -Infinity;
  /** When it came, or came back: what was before does not count as silence. */
  #began = -Infinity;
  #offlineAt = NaN;
  #will: boolean | undefined;
  readonly #rhythm: NodeRhythm;
  #boot = NO_BOOT;
  /** Not to be looked at before, running time. */
  #lookAt = -Infinity;

  /** @param sessionOf What is known of an MQTT client */
  constructor(name: string, watch: Watch, sessionOf: (client: string) => ClientSession) {
    super(name, watch);
    this.#sessionOf = sessionOf;
    this.#rhythm = new NodeRhythm(watch.settings);
  }

  /**
   * It said its status, or the broker did.
   *
   * @param at Monotonic time of arrival, milliseconds
   * @param client MQTT client id, where known
   */
  status(said: NodeSaid, at: number, client?: string) {
    const now = this.watch.clock.look(at);
    if (said.state === "offline") {
      this.#offline(said, now);
      return;
    }
    const { period, boot = NO_BOOT } = said;
    this.#attach(client);
    // A status at each connect is not a repeated one.
    const anew = this.#session !== null && this.#session.openedAt >= this.#status;
    const goesOn = this.#isBack(now) && this.#boot === boot && said.replayed !== true && !anew;
    if (!goesOn) this.#rhythm.forgetStatus();
    else this.#rhythm.status(now - this.#status);
    if (this.#boot !== boot) this.#began = now;
    this.#boot = boot;
    this.#rhythm.period(period);
    this.#status = now;
    this.#heard(now);
  }

  #offline({ will }: NodeSaid, now: number) {
    if (!Number.isNaN(this.#offlineAt)) return;
    this.#offlineAt = now;
    this.#will = will;
    if (will !== true) this.saw(now);
    this.#lookAt = -Infinity;
    this.look(now);
  }

  /**
   * Radio frames, or what they said, arrived.
   *
   * @param at Monotonic time of arrival, milliseconds
   * @param client MQTT client id, where known
   */
  frames(at: number, client?: string) {
    const now = this.watch.clock.look(at);
    this.#attach(client);
    // A gap in which it was lost says nothing of how often frames come.
    const was = this.#isBack(now) && this.reason !== "radio deaf";
    if (was && this.#frames >= this.#began) this.#rhythm.frames(now - this.#frames);
    this.#frames = now;
    this.saw(now);
    if (this.state !== "online") this.back(now);
  }

  /**
   * Anything else of the node arrived.
   *
   * @param at Monotonic time of arrival, milliseconds
   * @param client MQTT client id, where known
   */
  heard(at: number, client?: string) {
    const now = this.watch.clock.look(at);
    this.#attach(client);
    this.#isBack(now);
    this.#heard(now);
  }

  #heard(now: number) {
    if (this.#sign >= this.#began) this.#rhythm.sign(now - this.#sign);
    this.#sign = now;
    this.saw(now);
    // Frames are missing, and a sign does not replace them.
    if (this.state !== "online" && this.reason !== "radio deaf") this.back(now);
  }

  /** It is there again. @returns Whether it was all along */
  #isBack(now: number): boolean {
    const was = this.isKnown && Number.isNaN(this.#offlineAt) && this.state !== "lost" ||
      this.reason === "radio deaf";
    this.#offlineAt = NaN;
    if (!was) this.#began = now;
    return was;
  }

  /** A session of one of its clients opened, gave a sign (a ping), or closed. */
  sessionChanged(state: "open" | "alive" | "closed", now: number) {
    if (state === "alive") this.#pinged = now;
    else {
      this.#rhythm.forgetStatus();
      this.#lookAt = -Infinity;
      this.look(now);
    }
  }

  #attach(client: string | undefined) {
    if (client === undefined) return;
    const session = this.#sessionOf(client);
    if (session === this.#session) return;
    this.#session = session;
    session.nodes.add(this);
    for (const other of this.sessions) {
      if (!other.open) this.#detach(other);
    }
    this.sessions.add(session);
  }

  #detach(session: ClientSession) {
    this.sessions.delete(session);
    session.nodes.delete(this);
  }

  /** Lets go of its clients, and is no longer looked at. */
  forget() {
    this.isForgotten = true;
    for (const session of this.sessions) this.#detach(session);
    this.#session = null;
  }

  /** When frames arrived last, running time. */
  get framesAt(): number {
    return this.#frames;
  }

  /** Longest silence of frames that is nothing yet, milliseconds. */
  get framesWithinMs(): number {
    return this.#rhythm.framesWithinMs;
  }

  /** Longest silence of signs that is nothing yet, milliseconds; 0: not known. */
  get #signsWithinMs(): number {
    return this.#rhythm.signsWithinMs(this.sessions);
  }

  /**
   * Whether it cannot be said yet whether this node still hears anything: it brought nothing at all
   * since then, and it is not time to call it deaf.
   *
   * @param since Running time
   * @param now Running time
   */
  isUndecided(since: number, now: number): boolean {
    if (this.state === "lost" || this.#frames > since + 100) return false;
    return now - Math.max(this.#frames, this.#began) <=
      this.framesWithinMs + Math.max(this.#signsWithinMs, this.watch.settings.returnMs) + 1000;
  }

  override look(now: number) {
    if (now < this.#lookAt || !this.isKnown && Number.isNaN(this.#offlineAt)) return;
    this.#lookAt = now;
    if (!this.#lookAtWords(now) && !this.#lookAtSessions(now)) this.#lookAtSilence(now);
  }

  /** @returns Whether what it said decides */
  #lookAtWords(now: number): boolean {
    if (Number.isNaN(this.#offlineAt)) return false;
    if (this.#will === true && this.isKnown) {
      if (now - this.#offlineAt >= this.watch.settings.returnMs) {
        this.gone("lost", "last will", () => "", now);
      }
    } else if (this.#will === false) this.gone("lost", "said goodbye", () => "", now, true);
    else this.gone("lost", "last will", () => "", now);
    return true;
  }

  /** @returns Whether closed sessions decide */
  #lookAtSessions(now: number): boolean {
    let last: ClientSession | null = null;
    for (const session of this.sessions) {
      if (session.open) return false;
      if (last === null || session.closedAt > last.closedAt) last = session;
    }
    if (last === null || this.seen > last.closedAt + 100) return false;
    const { how, openedAt, closedAt } = last;
    const brief = how === "disconnect" || closedAt - openedAt < BRIEF_MS;
    const { nodeMinMs, returnMs } = this.watch.settings;
    const frames = this.#frames === -Infinity ? nodeMinMs : this.framesWithinMs;
    const within = brief ? Math.max(frames, this.#signsWithinMs) : returnMs;
    if (now - closedAt > within) this.gone("lost", "session closed", () => how, now);
    return true;
  }

  #lookAtSilence(now: number) {
    // Who was lost stays so until it is heard.
    if (this.state === "lost" && this.reason !== "radio deaf") return;
    if (this.#frames === -Infinity) {
      this.#lookAtStatus(now);
      return;
    }
    const within = this.framesWithinMs;
    const since = Math.max(this.#frames, this.#began);
    if (now - since > within) this.#lookAtSigns(now, since, within);
    else this.#mayBeLate(now, since, within, "radio deaf");
  }

  /** It has no radio, as far as known. */
  #lookAtStatus(now: number) {
    const within = this.#rhythm.statusWithinMs;
    if (within === 0) this.#lookAt = now + this.watch.settings.nodeMinMs * LATE_SHARE;
    else if (now - this.seen > within) {
      this.gone("lost", "node hung", () => `no status for ${duration(now - this.seen)}`, now);
    } else this.#mayBeLate(now, this.seen, within, "node hung");
  }

  #mayBeLate(now: number, since: number, within: number, reason: Cause) {
    if (this.state !== "online") return;
    if (now - since <= within * LATE_SHARE) {
      // What is learned meanwhile may make it less.
      const { nodeMinMs } = this.watch.settings;
      this.#lookAt = Math.min(since + within * LATE_SHARE, now + nodeMinMs / 2);
      return;
    }
    const what = reason === "radio deaf" ? "frames" : "status";
    this.gone("late", reason, () => `no ${what} for ${duration(now - since)}`, now);
  }

  /** Frames are overdue: deaf, or worse? */
  #lookAtSigns(now: number, since: number, within: number) {
    const signsWithin = this.#signsWithinMs;
    // The MQTT library of a hung node may still ping; who repeats its status has to say it.
    const last = this.#rhythm.statusWithinMs > 0 ? this.#sign : Math.max(this.#sign, this.#pinged);
    // A sign from about the last frame's time does not tell the two apart.
    const sign = last >= since + within / 2;
    const silent = () => `no frames for ${duration(now - since)}`;
    if (signsWithin > 0 ? now - Math.max(last, since) > signsWithin : !sign) {
      this.gone("lost", "node hung", () => `${silent()}, nor anything else`, now);
    } else if (sign) {
      this.gone("lost", "radio deaf", () => `${silent()}; it still speaks`, now);
    } else if (this.state === "online") this.gone("late", "radio deaf", silent, now);
  }
}
