/**
 * Who is alive: nodes and devices, online, late or lost, and why.
 *
 * All times go by the clock of this process, without what it stood still: clock jumps and time
 * zones have no part in it, and a stall of ours is nobody's silence. Unix times are for display.
 *
 * @module
 */
import type { LiveState } from "../answers.ts";
import { DeviceLiveness } from "./device_liveness.ts";
import type { ClientSession } from "./client_session.ts";
import { LinkLiveness } from "./link_liveness.ts";
import { NodeLiveness } from "./node_liveness.ts";
import { TICK_MS, Watch, type Watched, type WatchOptions } from "./watch.ts";

export type { DeviceLiveness } from "./device_liveness.ts";
export type { LinkLiveness } from "./link_liveness.ts";
export type { NodeLiveness, NodeSaid } from "./node_liveness.ts";
export type { LivenessSettings } from "./settings.ts";
export type { LivenessChange } from "./watch.ts";

export interface LivenessOptions extends WatchOptions {
  /** Whether a timer looks at all four times a second; else `tick` has to be called. @default true */
  timer?: boolean;
}

/** State of an MQTT session; `alive`: a ping came. */
export type SessionState = "open" | "alive" | "closed";

/** Closed sessions remembered, for nodes that speak of themselves right before. */
const MAX_CLOSED = 1000;

/** How many are in each state. */
export type LivenessCounts = Record<"node" | "device", Record<LiveState, number>>;

/** Runs until `close()`. */
export class LivenessMonitor {
  readonly #watch: Watch;
  readonly #nodes = new Map<string, NodeLiveness>();
  readonly #devices = new Map<string, DeviceLiveness>();
  readonly #links = new Map<string, LinkLiveness>();
  readonly #sessions = new Map<string, ClientSession>();
  /** Clients whose session is over, oldest first. */
  readonly #closed = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  readonly #sessionOf = (client: string) => this.#session(client);

  constructor(options: LivenessOptions) {
    this.#watch = new Watch(options);
    if (options.timer ?? true) this.#timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** The node of that name, made when it is asked for first. */
  node(name: string): NodeLiveness {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      const { maxNodes } = this.#watch.settings;
      if (this.#nodes.size >= maxNodes) this.forgetNode(unheardLongest(this.#nodes));
      node = new NodeLiveness(name, this.#watch, this.#sessionOf);
      this.#nodes.set(name, node);
    }
    return node;
  }

  /**
   * The device of that name, made when it is asked for first. Only the device book asks, which has
   * fewer than there may be here, and forgets: else one that lives would go for one that does not.
   */
  device(name: string): DeviceLiveness {
    let device = this.#devices.get(name);
    if (device === undefined) {
      const { maxDevices } = this.#watch.settings;
      if (this.#devices.size >= maxDevices) this.forgetDevice(unheardLongest(this.#devices));
      device = new DeviceLiveness(name, this.#watch);
      this.#devices.set(name, device);
    }
    return device;
  }

  /** The device of that name that we connect to. It has the name alone: no other device has it. */
  link(name: string): LinkLiveness {
    const link = new LinkLiveness(name, this.#watch);
    this.#links.set(name, link);
    return link;
  }

  findNode(name: string): NodeLiveness | undefined {
    return this.#nodes.get(name);
  }

  findDevice(name: string): DeviceLiveness | undefined {
    return this.#devices.get(name);
  }

  forgetNode(name: string) {
    this.#nodes.get(name)?.forget();
    this.#nodes.delete(name);
  }

  forgetDevice(name: string) {
    this.#devices.delete(name);
  }

  /**
   * An MQTT session of the embedded broker opened, gave a sign, or closed.
   *
   * @param client MQTT client id
   * @param how How it closed, for people
   * @param keepalive As the client asked for, seconds; 0: none
   */
  session(client: string, state: SessionState, how = "", keepalive = 0) {
    const now = this.#watch.clock.now();
    const session = this.#session(client);
    if (state === "open") {
      Object.assign(session, { open: true, openedAt: now, keepaliveMs: keepalive * 1000 });
      this.#closed.delete(client);
    } else if (state === "closed") {
      Object.assign(session, { open: false, closedAt: now, how });
      this.#over(client);
    }
    for (const node of session.nodes) node.sessionChanged(state, now);
  }

  #over(client: string) {
    this.#closed.delete(client);
    this.#closed.add(client);
    if (this.#closed.size <= MAX_CLOSED) return;
    const oldest = this.#closed.values().next().value!;
    this.#closed.delete(oldest);
    this.#sessions.delete(oldest);
  }

  #session(client: string): ClientSession {
    let session = this.#sessions.get(client);
    if (session === undefined) {
      session = {
        client,
        open: true,
        how: "",
        openedAt: this.#watch.clock.now(),
        closedAt: -Infinity,
        keepaliveMs: 0,
        nodes: new Set(),
      };
      this.#sessions.set(client, session);
    }
    return session;
  }

  /** Looks whose time is up: nodes first, since what devices lack may be their receivers. */
  tick() {
    const now = this.#watch.clock.now();
    for (const node of this.#nodes.values()) node.look(now);
    for (const device of this.#devices.values()) device.look(now);
  }

  counts(): LivenessCounts {
    const device = count(this.#devices);
    for (const { state, isKnown } of this.#links.values()) if (isKnown) device[state]++;
    return { node: count(this.#nodes), device };
  }

  /** Times that this process stood still. */
  get stalls(): number {
    return this.#watch.clock.stalls;
  }

  /** How long in all, milliseconds. */
  get stalledMs(): number {
    return this.#watch.clock.stalledMs;
  }

  close() {
    clearInterval(this.#timer);
  }
}

function count(all: Map<string, Watched>): Record<LiveState, number> {
  const counts = { online: 0, late: 0, lost: 0 };
  for (const one of all.values()) if (one.isKnown) counts[one.state]++;
  return counts;
}

function unheardLongest(all: Map<string, Watched>): string {
  let oldest: Watched | undefined;
  for (const one of all.values()) {
    if (oldest === undefined || one.lastSeen < oldest.lastSeen) oldest = one;
  }
  return oldest?.name ?? "";
}
