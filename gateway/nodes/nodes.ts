/**
 * Bridge nodes: takes in what they say, of whichever dialect, and makes updates of it.
 *
 * @module
 */
import type { IncomingMessage, SessionEvent } from "../broker/broker.ts";
import { isNodeName } from "../access/policy.ts";
import { now } from "../clock.ts";
import type { Config } from "../config/schema.ts";
import type { Rooms } from "../rooms/rooms.ts";
import type { Route } from "../rooms/rules.ts";
import type { DeviceAnswer, NodesAnswer } from "./answers.ts";
import { AnswerText } from "./answer_text.ts";
import { DeviceBook } from "./devices/device_book.ts";
import type { ReadingListener } from "./devices/device_updates.ts";
import { DialectIntake } from "./dialects/dialect_intake.ts";
import { Dialects } from "./dialects/dialects.ts";
import { openMqttGateway, theengsGateway } from "./dialects/openmqttgateway.ts";
import { ruuviGateway } from "./dialects/ruuvi_gateway.ts";
import { zigbee2Mqtt } from "./dialects/zigbee2mqtt.ts";
import type { KnownDevice } from "./devices/known_device.ts";
import { BatchMemory, type BatchStore, noBatchMemory } from "./radio/batch_memory.ts";
import { LinkedDevice } from "./devices/linked_device.ts";
import {
  type LinkLiveness,
  type LivenessChange,
  LivenessMonitor,
} from "./liveness/liveness_monitor.ts";
import { type KnownNode, NodeBook, type NodeTotals } from "./radio/node_book.ts";
import { NodeSettings } from "./node_settings.ts";
import { ProblemLog } from "./problem_log.ts";
import { readNodeStatus } from "./radio/node_status.ts";
import type { RadioIntake } from "./radio/radio_intake.ts";
import { loadRadioIntake, makeRadioIntake } from "./radio/radio_loader.ts";
import { SensorIntake } from "./devices/sensor_intake.ts";
import type { Taps } from "../taps.ts";

export interface NodesOptions {
  config: Config;
  /** Names of devices that {@linkcode Nodes.link} is to be told of. @default none */
  linked?: readonly string[];
  rooms: Rooms;
  /** Hears of every update made of a reading; `null`: nobody wants to. */
  onReading: ReadingListener | null;
  /** What is known of a device is new. */
  onDevice: (device: KnownDevice) => void;
  onForget: (name: string) => void;
  onLiveness: (change: LivenessChange) => void;
  /** Hears of every radio frame. @default nobody */
  taps?: Taps;
  log: (line: string) => void;
}

const PREFIX = "edgewire/v1/";
const RADIO = "/radio";
const STATUS = "/status";

/** Ends with `close()`. */
export class Nodes {
  readonly monitor: LivenessMonitor;
  readonly sensors: SensorIntake;
  /** Of our own nodes. */
  readonly settings: NodeSettings = new NodeSettings();
  /** Status messages that could not be read. */
  malformed = 0;
  readonly #options: NodesOptions;
  readonly #nodes: NodeBook;
  readonly #book: DeviceBook;
  #memory: BatchMemory = noBatchMemory;
  /** Devices that the gateway connects to, by name. */
  readonly #linked = new Map<string, LinkedDevice>();
  /** Made when the first frames come. */
  #radio: RadioIntake | null = null;
  readonly #dialects: Dialects;
  readonly #foreign: DialectIntake;
  readonly #problems: ProblemLog;
  readonly #answer = new AnswerText(() => this.answer());

  constructor(options: NodesOptions) {
    this.#options = options;
    const { config, rooms, onReading, onDevice } = options;
    const { liveness } = config;
    this.monitor = new LivenessMonitor({
      settings: {
        lateMinMs: liveness.lateMinSeconds * 1000,
        lateMaxMs: liveness.lateMaxSeconds * 1000,
        lostMinMs: liveness.lostMinSeconds * 1000,
        lostMaxMs: liveness.lostMaxSeconds * 1000,
        nodeMinMs: liveness.nodeMinSeconds * 1000,
        nodeMaxMs: liveness.nodeMaxSeconds * 1000,
        graceMs: liveness.graceSeconds * 1000,
      },
      onChange: (change) => this.#changed(change),
      onStall: (ms) => options.log(`the gateway stood still for ${(ms / 1000).toFixed(1)} s`),
    });
    const { monitor } = this;
    const problems = this.#problems = new ProblemLog({ log: options.log });
    this.#nodes = new NodeBook(monitor);
    this.#book = new DeviceBook({
      configured: config.devices,
      linked: new Set(options.linked),
      maxChannels: config.limits.channels,
      rooms,
      monitor,
      onReading,
      onForget: options.onForget,
    });
    const onProblem = (node: string, text: string) => problems.problem(node, text);
    this.sensors = new SensorIntake({
      rooms,
      book: this.#book,
      liveness: (node) => (node as KnownNode).live,
      onDevice,
    });
    this.#dialects = new Dialects([
      openMqttGateway(),
      theengsGateway(),
      ruuviGateway(),
      zigbee2Mqtt(config.zigbee2mqtt.base),
    ]);
    this.#foreign = new DialectIntake({
      rooms,
      nodes: this.#nodes,
      book: this.#book,
      sensors: this.sensors,
      onDevice,
      onProblem,
    });
  }

  /**
   * Remembers over restarts which batches of frames came, so that one that a node sends again after
   * we were killed makes no updates again. To be called before the first message comes.
   */
  async restore(store: BatchStore | null) {
    if (store === null) return;
    this.#memory = await BatchMemory.open(store, this.#options.log);
    this.#nodes.remember(this.#memory);
  }

  /** What has to be there before a message on this topic is taken in; `null`: nothing. */
  ready(topic: string): Promise<void> | null {
    if (this.#radio !== null || !topic.startsWith(PREFIX)) return null;
    if (topic.endsWith(RADIO)) return loadRadioIntake();
    // A node says who it is before it sends frames.
    if (topic.endsWith(STATUS)) loadRadioIntake()?.catch(() => {});
    return null;
  }

  /**
   * Takes in a message, if it is a node's. To be called when what it needs is {@linkcode ready}.
   *
   * @param id of the message
   * @returns whether the rooms are to leave it alone
   */
  take(message: IncomingMessage, route: Route, id: string): boolean {
    const { topic, own } = message;
    if (own) return false;
    if (topic.startsWith(PREFIX)) {
      this.#own(message, id);
      return true;
    }
    if (route.configured === true) return false;
    if (route.device !== undefined) this.#heard(route.device, message);
    const reader = this.#dialects.reader(topic);
    if (reader === null) return false;
    const { replayed, client, will, payload, ago = 0 } = message;
    const { dialect } = reader;
    const arrival = performance.now();
    const said = {
      dialect,
      id,
      replayed,
      arrival,
      at: arrival - ago,
      time: now() - ago,
      client,
      will,
    };
    reader.read(payload, this.#foreign.sink(said));
    return true;
  }

  /** A plain publisher of values lives as well. */
  #heard(name: string, { client, replayed }: IncomingMessage) {
    if (!replayed) this.#nodes.own(name)?.live.heard(performance.now(), client);
  }

  #own(message: IncomingMessage, id: string) {
    const { topic } = message;
    const slash = topic.indexOf("/", PREFIX.length);
    if (slash < 0) return;
    const name = topic.slice(PREFIX.length, slash);
    // What gateways say themselves.
    if (!isNodeName(name)) return;
    const what = topic.slice(slash + 1);
    if (what === "radio") this.#frames(name, message, id);
    else if (what === "status") this.#status(name, message);
    else if (what === "set/result") this.#result(name, message);
  }

  #result(name: string, message: IncomingMessage) {
    this.#heard(name, message);
    const node = this.#nodes.own(name);
    if (node !== undefined) node.answered = true;
    // A retained answer is one to an earlier question.
    if (!message.replayed) this.settings.take(name, message.payload);
  }

  #frames(name: string, { payload, replayed, client, ago = 0 }: IncomingMessage, id: string) {
    // A retained batch is an old one, and nobody says how old.
    if (replayed) return;
    const node = this.#nodes.node(name);
    if (node === null) return;
    const arrival = performance.now();
    node.live.frames(arrival, client);
    this.#radio ??= this.#makeRadio();
    const { heard } = this.sensors;
    this.#radio.take(node, id, payload, { at: arrival - ago, time: now() - ago });
    // A batch of strangers alone makes nothing, whether it comes again or not.
    if (this.sensors.heard !== heard) this.#memory.put(node);
  }

  #makeRadio(): RadioIntake {
    const onProblem = (node: string, text: string) => this.#problems.problem(node, text);
    return makeRadioIntake(this.sensors, this.#book.wpanKeys, onProblem, this.#options.taps);
  }

  #status(name: string, { payload, replayed, client, will }: IncomingMessage) {
    if (payload.length === 0) {
      if (this.#nodes.own(name) !== undefined) this.#nodes.forget(name);
      return;
    }
    const status = readNodeStatus(payload);
    if (status === null) {
      this.malformed++;
      this.#problems.problem(name, "status: not a JSON object with state online or offline");
      return;
    }
    const node = this.#nodes.node(name);
    if (node === null) return;
    const { state, boot, version, radios, period } = status;
    node.boot = boot ?? node.boot;
    node.version = version ?? node.version;
    node.radios = radios ?? node.radios;
    node.live.status(
      {
        state,
        replayed,
        ...(will === undefined ? {} : { will }),
        ...(period === undefined ? {} : { period }),
        ...(boot === undefined ? {} : { boot }),
      },
      performance.now(),
      client,
    );
  }

  /** An MQTT session of the embedded broker began, lives, or ended. */
  session({ client, state, how, keepalive }: SessionEvent) {
    this.monitor.session(client, state, how, keepalive);
  }

  #changed(change: LivenessChange) {
    const { kind, name, before, now: { state, reason, detail } } = change;
    this.#options.onLiveness(change);
    // One that we never reached is to be seen as well.
    const isNews = before !== null || state === "lost" && this.#linked.has(name);
    if (!isNews || before === state) return;
    const { rooms } = this.#options;
    // A publisher of values that has no channel gets none for saying that it is there.
    const node = kind === "node" ? this.#nodes.get(name) : undefined;
    const room = rooms.get(name);
    if (kind === "node" && node?.frames === 0 && room === undefined) return;
    // A channel with values is a device's: a node of another dialect may have its name by chance.
    if (kind === "node" && this.#nodes.own(name) === undefined && room?.topics.size) return;
    rooms.event(name, state, {
      [kind]: name,
      ...(before === null ? {} : { before }),
      ...(reason === undefined ? {} : { reason }),
      ...(detail === undefined ? {} : { detail }),
    });
  }

  /**
   * Takes note of a device that the gateway connects to.
   *
   * @param address As shown: without credentials
   * @returns what is to be told of the connection
   */
  link(name: string, address: string): LinkLiveness {
    const live = this.monitor.link(name);
    this.#linked.set(name, new LinkedDevice(name, address, live));
    return live;
  }

  /** Why commands cannot reach a device or node now; `null`: they can, for all that is known. */
  obstacle(name: string): string | null {
    const { state, reason } = this.#nodes.own(name)?.live.liveness ?? {};
    // One that is deaf for radio frames still hears MQTT.
    if (state !== "lost" || reason === "radio deaf") return null;
    return `node offline: ${name}${reason === undefined ? "" : ` (${reason})`}`;
  }

  /** Why a node cannot be asked for settings at all; `null`: it can. */
  noSettings(name: string): string | null {
    const node = this.#nodes.get(name);
    if (node === undefined) return `no node "${name}"`;
    if (node.hasSettings) return null;
    return this.#nodes.own(name) === undefined
      ? `no settings here: the node "${name}" speaks "${node.dialect}", which has its own way`
      : `no settings: the node "${name}" names no radios in its status, as bridge nodes do`;
  }

  /** What was counted of all nodes so far, for `/metrics`. */
  totals(): NodeTotals {
    return this.#nodes.totals();
  }

  /** What `/api/nodes` says. */
  answer(): NodesAnswer {
    const toUnix = unixClock();
    return {
      nodes: [...this.#nodes.all()].map((node) => ({ ...node.info(), ...node.live.liveness })),
      devices: [
        ...[...this.#book.all()].map((device) => device.info(toUnix)),
        ...[...this.#linked.values()].map((device) => device.info()),
      ],
    };
  }

  /** The same as JSON text; with many devices it may be from a moment ago. */
  answerText(): string {
    return this.#answer.text;
  }

  /** What `/api/devices/<name>` says; undefined: no such device. */
  device(name: string): DeviceAnswer | undefined {
    return (this.#linked.get(name) ?? this.#book.named(name))?.answer(unixClock());
  }

  /** Forgets a device until it is heard again. @returns whether there was one */
  forget(name: string): boolean {
    const known = this.#book.named(name);
    if (known === undefined) return false;
    this.sensors.forget(known.id);
    this.#book.forget(known);
    this.#answer.drop();
    return true;
  }

  close() {
    this.settings.close();
    this.#problems.close();
    this.monitor.close();
  }
}

/** From our monotonic clock to Unix milliseconds. */
function unixClock(): (at: number) => number {
  const offset = now() - performance.now();
  return (at) => Math.round((at + offset) * 1000) / 1000;
}
