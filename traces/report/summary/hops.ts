/**
 * What a trace of the gateway says of the way through it: delays from hop to hop, losses between
 * them, and who sends much or nothing. It comes from the comments of the packets, see `hop_line.ts`.
 *
 * Memory is bounded: the newest ids and updates, and so many channels, nodes, clients and sessions.
 *
 * @module
 */
import type { CaptureFrame, CaptureInterface } from "../../files/capture_frame.ts";
import type { Conversation } from "../../flows/conversation.ts";
import { Activities, Activity, type HopClient, HopClients } from "./hop_activity.ts";
import { HopChannels } from "./hop_channels.ts";
import { HopDelays } from "./hop_delays.ts";
import { HopIds, NOT_IN_FILE, stageOf, STAGES } from "./hop_ids.ts";
import {
  decodedValue,
  HopLine,
  MQTT,
  RADIO,
  readHopLines,
  ROOM,
  WS,
} from "../../files/hop_line.ts";
import { type Announced, announcedIn, subscribeIn } from "./hop_messages.ts";
import { HopSessions, type Session } from "./hop_sessions.ts";
import { type HopChannel, HopUpdates } from "./hop_updates.ts";

const MQTT_IN = stageOf(MQTT, false);
const MQTT_OUT = stageOf(MQTT, true);
const WS_OUT = stageOf(WS, true);
const RADIO_INTERFACE = "radio:";
/** Interfaces whose packets hold the same MQTT: those of the second are copies. */
const MQTT_WEBSOCKET = "mqtt-websocket";
const MQTT_COPIES = "mqtt-pdu";

export class Hops {
  /** Packets with such comments. */
  packets = 0;
  /** Records that the file lacks since its reader was too slow, and where that was told. */
  lost = 0;
  lostTold = 0;
  lostFirstFrame = 0;
  /** Packets by stage. */
  readonly seen: number[] = new Array<number>(STAGES.length).fill(0);
  readonly delays = new HopDelays();
  readonly ids: HopIds;
  readonly updates: HopUpdates;
  readonly sessions: HopSessions;
  readonly channels = new HopChannels();
  readonly nodes = new Activities((raw) => new Activity(decodedValue(raw)));
  readonly clients = new HopClients();
  readonly #line = new HopLine();
  readonly #take = () => this.#taken();
  readonly #nodeOf = new WeakMap<CaptureInterface, string>();
  #copies = false;

  // The packet at hand.
  #frame!: CaptureFrame;
  #time = 0;
  #conversation: Conversation | undefined;
  #any = false;
  /** Stages counted for it, one bit each. */
  #stages = 0;
  #previousId = "";
  #client: HopClient | undefined;
  /** Its messages have been looked at; events among them that were not reached yet. */
  #announced = false;
  #events: Announced[] = [];

  /** @param fileStart time of the first frame, seconds since 1970 */
  constructor(fileStart: number) {
    this.ids = new HopIds(fileStart);
    this.updates = new HopUpdates(fileStart);
    this.sessions = new HopSessions(this.updates);
  }

  /** A frame with comments. @param conversation the one of TCP that it belongs to */
  frame(frame: CaptureFrame, time: number, conversation: Conversation | undefined): void {
    if (this.#isCopy(frame.interface?.name)) return;
    this.#frame = frame;
    this.#time = time;
    this.#conversation = conversation;
    this.#any = this.#announced = false;
    this.#stages = 0;
    this.#previousId = "";
    this.#client = undefined;
    for (const comment of frame.comments) readHopLines(comment, this.#line, this.#take);
    if (this.#any) this.packets++;
    if (this.#events.length > 0) this.#takeEvents(Infinity);
  }

  #isCopy(name: string | undefined): boolean {
    if (name === MQTT_WEBSOCKET) this.#copies = true;
    return this.#copies && name === MQTT_COPIES;
  }

  #taken(): void {
    const line = this.#line;
    const { number } = this.#frame;
    const stage = stageOf(line.hop, line.out);
    this.#any = true;
    if ((this.#stages & 1 << stage) === 0) {
      this.#stages |= 1 << stage;
      this.seen[stage]!++;
    }
    if (line.lost > 0) {
      if (this.lostTold++ === 0) this.lostFirstFrame = number;
      this.lost += line.lost;
    }
    const channel = line.channel === "" ? undefined : this.channels.get(line.channel);
    this.#count(channel);
    const slot = line.id === "" ? -1 : this.ids.slotOf(line.id, this.#time, number);
    if (this.#isFirst(slot, stage, channel) && slot >= 0 && line.sinceUs >= 0) {
      this.#delay(slot, stage);
    }
    if (slot >= 0) this.ids.mark(slot, stage, this.#time);
    this.#previousId = line.id;
  }

  /** Counts the packet for its channel, node and client. */
  #count(channel: HopChannel | undefined): void {
    const line = this.#line;
    const { number, length } = this.#frame;
    if (line.hop === MQTT || line.hop === WS) {
      if (this.#client === undefined || line.client !== "") {
        const kind = line.hop === MQTT ? "mqtt" : "ws";
        const id = line.client === "" ? "" : decodedValue(line.client);
        this.#client = this.clients.of(kind, this.#conversation, id);
      }
    }
    if (line.synthetic) return;
    this.#client?.add(number, length, this.#time);
    channel?.add(number, length, this.#time);
    if (line.hop !== RADIO) return;
    const node = line.node === "" ? this.#interfaceNode() : line.node;
    if (node !== "") this.nodes.get(node)?.add(number, length, this.#time);
  }

  /** The node whose interface the frame is from, as comments would name it. */
  #interfaceNode(): string {
    const on = this.#frame.interface;
    if (on?.name === undefined || !on.name.startsWith(RADIO_INTERFACE)) return "";
    let node = this.#nodeOf.get(on);
    if (node === undefined) {
      node = encodeURIComponent(on.name.slice(RADIO_INTERFACE.length).toWellFormed());
      this.#nodeOf.set(on, node);
    }
    return node;
  }

  /** Whether what the line says passes this stage for the first time, so that its delay counts. */
  #isFirst(slot: number, stage: number, channel: HopChannel | undefined): boolean {
    const line = this.#line;
    if (line.hop === WS) return this.#webSocket(stage, channel);
    const { number } = this.#frame;
    const isUpdate = channel !== undefined && line.seq >= 0;
    const marked = !isUpdate || stage === MQTT_OUT ||
      this.updates.mark(channel, line.seq, line.hop, this.#time, number);
    // A PUBLISH or a record that made several updates came once.
    if (stage === MQTT_OUT) return line.id !== this.#previousId;
    if (stage === MQTT_IN) return slot >= 0 && !this.ids.saw(slot, MQTT_IN);
    return marked;
  }

  #webSocket(stage: number, channel: HopChannel | undefined): boolean {
    const line = this.#line;
    const { number } = this.#frame;
    const conversation = this.#conversation;
    const isUpdate = stage === WS_OUT && channel !== undefined && line.seq >= 0;
    if (isUpdate) this.updates.mark(channel, line.seq, WS, this.#time, number);
    if (conversation === undefined) return true;
    const isOld = line.before || isUpdate && conversation.firstFrame === number;
    const session = this.sessions.of(conversation, isOld);
    if (session === undefined) {
      if (isUpdate) this.sessions.others++;
      return true;
    }
    if (line.synthetic) return false;
    if (stage !== WS_OUT) {
      this.#asked(session);
      return true;
    }
    if (!isUpdate) {
      this.#announce(session);
      return true;
    }
    return this.#update(session, channel);
  }

  /** An update in a packet to a session. */
  #update(session: Session, channel: HopChannel): boolean {
    const { seq, sinceUs } = this.#line;
    const to = this.sessions.subscription(session, channel);
    if (to === undefined) {
      this.sessions.others++;
      return true;
    }
    if (seq !== to.last + 1) {
      this.#announce(session);
      this.#takeEvents(seq);
    }
    const origin = sinceUs < 0 ? NaN : this.#time - sinceUs / 1e6;
    return this.sessions.take(to, seq, origin, this.#frame.number) === "new";
  }

  /** The client's messages in this packet. */
  #asked(session: Session): void {
    if (this.#announced) return;
    this.#announced = true;
    const asked = subscribeIn(this.#frame);
    if (asked === undefined) return;
    const channel = asked.channel === undefined ? undefined : this.channels.named(asked.channel);
    this.sessions.ask(session, channel, this.#time);
  }

  /** The gateway's messages in this packet that are no updates. */
  #announce(session: Session): void {
    if (this.#announced) return;
    this.#announced = true;
    for (const announced of announcedIn(this.#frame)) {
      const { kind, from, to } = announced;
      if (kind === "event") {
        this.#events.push(announced);
        continue;
      }
      const channel = this.channels.named(announced.channel ?? "");
      const subscription = channel && this.sessions.subscription(session, channel);
      if (kind === "gap") subscription?.gap(from, to);
      else subscription?.snapshot(to);
    }
  }

  /** Events share the numbers of updates: takes those before `seq`. */
  #takeEvents(seq: number): void {
    const session = this.#conversation && this.sessions.of(this.#conversation, false);
    const events = this.#events;
    this.#events = events.filter(({ from }) => from >= seq);
    if (session === undefined) return;
    for (const { channel: name, from } of events) {
      if (from >= seq) continue;
      const channel = this.channels.named(name ?? "");
      const to = channel && this.sessions.subscription(session, channel);
      if (to !== undefined) this.sessions.take(to, from, NaN, this.#frame.number);
    }
  }

  #delay(slot: number, stage: number): void {
    const { id, sinceUs } = this.#line;
    const { number } = this.#frame;
    const { ids, delays } = this;
    const from = ids.before(slot, stage, this.#time, sinceUs);
    delays.add(from, stage, false, sinceUs, number, id);
    if (stage !== WS_OUT) return;
    const origin = ids.origin(slot);
    if (origin === NOT_IN_FILE || origin === stage) return;
    const us = Math.round((this.#time - ids.timeAt(slot, origin >> 1)) * 1e6);
    delays.add(origin, stage, true, us, number, id);
  }

  /** Whether the file has packets of updates at a hop, so that something can be missing there. */
  has(hop: typeof MQTT | typeof ROOM | typeof WS): boolean {
    if (hop === WS) return this.seen[WS_OUT]! > 0;
    return this.seen[stageOf(hop, false)]! > 0 ||
      hop === ROOM && this.seen[stageOf(ROOM, true)]! > 0;
  }
}
