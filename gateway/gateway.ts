/**
 * Wires the parts into one running gateway.
 *
 * @module
 */
import program from "../deno.json" with { type: "json" };
import { isLoopback } from "./access/peer.ts";
import { Policy } from "./access/policy.ts";
import { loadOrMakeTokens, TokenBook } from "./access/tokens.ts";
import type { Broker, BrokerCounters, IncomingMessage, SessionEvent } from "./broker/broker.ts";
import { type CommonBrokerOptions, openEmbedded, openExternal } from "./broker/open_broker.ts";
import { now } from "./clock.ts";
import { BrokerCluster, type Cluster, GATEWAYS, LEASES, noCluster } from "./cluster/cluster.ts";
import { voiceOf } from "./cluster/voice.ts";
import type { Config, TokenRole } from "./config/schema.ts";
import { makeApp } from "./http/app.ts";
import { DecodeUploads } from "./http/decode_upload.ts";
import { DeliveryHistogram } from "./http/delivery_histogram.ts";
import { EventLoopDelay } from "./http/event_loop.ts";
import { mqttAddress } from "./http/mqtt_address.ts";
import { Metrics } from "./http/metrics.ts";
import type { Asset } from "./http/page.ts";
import { serveHttp } from "./http/serve.ts";
import { TraceFrames } from "./http/trace_frames.ts";
import { explainListen } from "./listen_error.ts";
import { Discovery } from "./nodes/discovery.ts";
import { Nodes } from "./nodes/nodes.ts";
import { idOf } from "./nodes/out/home_assistant_names.ts";
import { ReadingsOut } from "./nodes/out/readings_out.ts";
import type { WebSocketDevices } from "./nodes/websocket/websocket_devices.ts";
import { Recorder } from "./recorder/recorder.ts";
import { TracePort } from "./recorder/trace_port.ts";
import { TraceStreams } from "./recorder/trace_streams.ts";
import { Commands } from "./rooms/commands.ts";
import { payloadToJson } from "./rooms/payload.ts";
import type { Room } from "./rooms/room.ts";
import { Rooms } from "./rooms/rooms.ts";
import { type Route, Rules } from "./rooms/rules.ts";
import type { MqttAddress, Status } from "./sessions/messages.ts";
import { Sessions } from "./sessions/sessions.ts";
import { openStore } from "./store/open_store.ts";
import type { Store } from "./store/store.ts";
import { isEcho, received } from "./uplink/incoming.ts";
import { openUplink } from "./uplink/open_uplink.ts";
import type { Uplink } from "./uplink/uplink.ts";

/** Where the gateway can be reached. */
export interface Addresses {
  http: URL;
  mqtt: URL[];
  /** Port of 127.0.0.1 that gives traces. */
  tracePort?: number;
}

export interface GatewayOptions {
  /** Files of the page by path. */
  assets: Record<string, Asset>;
  log: (line: string) => void;
}

/** Time for connections to say goodbye at the end, milliseconds. */
const GOODBYE_MS = 1500;
/** Part of it for goodbyes that traces show. */
const TRACED_MS = 700;
/** Time for what waits to get on disk at the end, milliseconds. */
const STORE_MS = 20_000;

/** Waits until something is done, but not longer than so long. */
async function within(ms: number, done: Promise<unknown>) {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([done, late.promise]);
  clearTimeout(timer);
}

/** Starts with {@linkcode Gateway.start}; ends with `close()`. */
export class Gateway {
  readonly rooms: Rooms;
  /** Tokens that the gateway made, where it needs any. */
  readonly madeTokens: Partial<Record<TokenRole, string>>;
  addresses!: Addresses;
  readonly #config: Config;
  readonly #options: GatewayOptions;
  readonly #store: Store | null;
  readonly #tokens: TokenBook;
  readonly #policy: Policy;
  readonly #recorder: Recorder;
  readonly #traces: TraceStreams;
  readonly #clientId: string;
  /** Other gateways at an external broker. */
  readonly #cluster: BrokerCluster | null;
  readonly #readings: ReadingsOut;
  readonly #nodes: Nodes;
  readonly #discovery: Discovery;
  readonly #commands: Commands;
  readonly #sessions: Sessions;
  readonly #decodes: DecodeUploads;
  readonly #frames: TraceFrames;
  readonly #delivery = new DeliveryHistogram();
  readonly #eventLoop = new EventLoopDelay();
  readonly #brokerCounters: BrokerCounters = {
    droppedForSlowClients: 0,
    closedForBacklog: 0,
    tooMany: 0,
    refused: 0,
  };
  #uplink: Uplink | null = null;
  /** `null`: none are configured. */
  #webSocketDevices: WebSocketDevices | null = null;
  #relayFailures = 0;
  #tracePort: TracePort | undefined;
  #broker!: Broker;
  #server!: Deno.HttpServer<Deno.NetAddr>;

  private constructor(config: Config, options: GatewayOptions, store: Store | null) {
    this.#config = config;
    this.#options = options;
    this.#store = store;
    const everywhere = !isLoopback(config.host) || !isLoopback(config.mqttHost) ||
      !config.access.openLoopback;
    this.madeTokens = everywhere ? loadOrMakeTokens(config.dataDir) : {};
    this.#tokens = new TokenBook(this.madeTokens, config.tokens);
    this.#recorder = new Recorder({ recentBytes: config.trace.recentBytes });
    const { prefix } = config.homeAssistant;
    const rules = new Rules(config.rules, config.relays, [`${prefix}/#`]);
    // Home Assistant says there that it has started, and leaves its will there.
    const birth = `${prefix}/status`;
    this.#policy = new Policy((topic) => rules.isCommand(topic) || topic === birth);
    const onSent = (delay: number) => this.#delivery.observe(delay);
    this.rooms = new Rooms(config, rules, onSent, this.#recorder, store);
    this.#discovery = new Discovery(
      (description, commandTopic) => this.rooms.describe(description, commandTopic),
      (topic) => this.rooms.undescribe(topic),
      prefix,
    );
    this.#clientId = config.broker.clientId ?? `edgewire-${Deno.hostname()}`;
    this.#cluster = config.broker.url === undefined ? null : this.#makeCluster();
    const voice = voiceOf(() => this.cluster, () => this.#broker);
    this.#readings = new ReadingsOut({
      config,
      broker: () => voice,
      version: program.version,
      clientId: this.#clientId,
      log: options.log,
    });
    this.#nodes = new Nodes({
      config,
      linked: config.webSocketDevices.map(({ channel }) => channel),
      rooms: this.rooms,
      onReading: this.#readings.onReading,
      onDevice: (device) => this.#readings.device(device),
      onForget: (name) => this.#readings.forget(name),
      onLiveness: (change) => this.#readings.liveness(change),
      taps: this.#recorder,
      log: options.log,
    });
    this.#commands = new Commands({
      timeoutMs: config.command.timeoutSeconds * 1000,
      route: (topic) => rules.look(topic),
      obstacle: (route) => this.#obstacle(route),
      publish: (topic, payload) => this.#command(topic, payload),
    });
    this.#sessions = new Sessions(
      config,
      this.rooms,
      this.#commands,
      () => this.#broker.state,
      () => this.#mqttAddress(),
      store,
      () => this.#uplinkState,
    );
    this.#decodes = new DecodeUploads(config.limits.decodeBytes);
    this.#traces = new TraceStreams({
      recorder: this.#recorder,
      version: program.version,
      hostname: Deno.hostname(),
      log: options.log,
    });
    this.#frames = new TraceFrames(this.#traces);
    this.rooms.onMessage((message, route, id) => this.#heard(message, route, id));
    this.rooms.onState((topic, room) => this.#observe(topic, room));
  }

  /**
   * @throws If a port is taken, or a file that the configuration names cannot
   *   be read or written.
   */
  static async start(config: Config, options: GatewayOptions): Promise<Gateway> {
    let gateway: Gateway | null = null;
    const onState = () => {
      if (gateway !== null) gateway.#statusChanged();
    };
    const store = await openStore(config, onState, options.log);
    try {
      gateway = new Gateway(config, options, store);
    } catch (error) {
      await store?.close();
      throw error;
    }
    try {
      await gateway.#nodes.restore(store);
      await gateway.#openUplink();
      const mqtt = await gateway.#startBroker();
      const http = gateway.#startHttp();
      const tracePort = gateway.#startTracePort();
      gateway.addresses = { http, mqtt, ...(tracePort === undefined ? {} : { tracePort }) };
      gateway.#uplink?.connect();
      await gateway.#openDevices();
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return gateway;
  }

  get cluster(): Cluster {
    return this.#cluster ?? noCluster;
  }

  #makeCluster(): BrokerCluster {
    const newest = Math.max(0, ...[...this.rooms.all()].map(({ time }) => time));
    return new BrokerCluster({
      id: idOf(this.#clientId),
      heardMsAgo: newest === 0 ? Infinity : Math.max(0, now() - newest),
      publish: (...message) => this.#broker.publish(...message),
      // Announcements of the one that spoke before name that one.
      onSpeak: () => this.#readings.connected(),
      log: this.#options.log,
    });
  }

  /** Takes what the broker brings; what gateways say to each other, or brought back, is for no room. */
  #take(message: IncomingMessage) {
    const known = received(message);
    if (this.#cluster?.take(message) !== true && !isEcho(known, this.rooms.epoch)) {
      this.rooms.take(known);
      return;
    }
    const { connection, topic, payload, qos } = message;
    this.#recorder.message(connection, "", topic.length, payload.length, qos);
  }

  async #openUplink() {
    this.#uplink = await openUplink({
      config: this.#config,
      rooms: this.rooms,
      store: this.#store,
      policy: this.#policy,
      cluster: this.cluster,
      publish: (topic, payload) => this.#publish(topic, payload, true),
      onState: () => this.#statusChanged(),
      taps: this.#recorder,
      log: this.#options.log,
    });
  }

  /** Connects to devices that are WebSocket servers. */
  async #openDevices() {
    const config = this.#config;
    if (config.webSocketDevices.length === 0) return;
    const { WebSocketDevices } = await import("./nodes/websocket/websocket_devices.ts");
    this.#webSocketDevices = new WebSocketDevices({
      config,
      nodes: this.#nodes,
      rooms: this.rooms,
      sink: (message) => this.#take(message),
      taps: this.#recorder,
      log: this.#options.log,
    });
  }

  get #uplinkState(): Status["uplink"] {
    const state = this.#uplink?.status().state ?? "standby";
    return state === "standby" ? "off" : state === "connected" ? state : "disconnected";
  }

  async #startBroker(): Promise<URL[]> {
    const config = this.#config;
    const store = this.#store;
    const common: CommonBrokerOptions = {
      policy: this.#policy,
      tokens: this.#tokens,
      limits: {
        packetBytes: config.limits.mqttPacketBytes,
        clients: config.limits.mqttClients,
        backlogBytes: config.limits.mqttBacklogBytes,
      },
      counters: this.#brokerCounters,
      sink: (message: IncomingMessage) => this.#take(message),
      ready: (topic: string) => this.#nodes.ready(topic),
      durable: store && (() => store.synced()),
      taps: this.#recorder,
      onSession: (event: SessionEvent) => this.#nodes.session(event),
      log: this.#options.log,
    };
    if (config.broker.url === undefined) {
      const { broker, addresses } = await openEmbedded(config, common, store);
      this.#broker = broker;
      return addresses;
    }
    const { willTopic } = this.#readings;
    const external = await openExternal(config, common, {
      clientId: this.#clientId,
      echo: [LEASES],
      tryTopic: `${GATEWAYS}${idOf(this.#clientId)}/try`,
      will: willTopic === undefined
        ? { topic: this.#cluster!.topic, text: "", retain: false }
        : { topic: willTopic, text: "offline", retain: true },
      onState: () => this.#brokerChanged(external.isNewSession),
    });
    this.#broker = external;
    return [];
  }

  #statusChanged() {
    // Not before there is a broker whose state is told with it.
    if (this.addresses !== undefined) this.#sessions.statusChanged();
  }

  #brokerChanged(isNewSession: boolean) {
    this.#sessions.statusChanged();
    if (this.#broker?.state.connected) {
      this.#cluster?.connected(isNewSession);
      this.#readings.connected();
    } else this.#cluster?.disconnected();
  }

  #startHttp(): URL {
    const app = makeApp({
      config: this.#config,
      tokens: this.#tokens,
      rooms: this.rooms,
      sessions: this.#sessions,
      nodes: this.#nodes,
      broker: this.#broker,
      cluster: this.cluster,
      store: this.#store,
      uplink: () => this.#uplink?.status() ?? null,
      taps: this.#recorder,
      decodes: this.#decodes,
      traces: {
        streams: this.#traces,
        recentBytes: this.#recorder.recentBytes,
        version: program.version,
        addresses: () => this.addresses,
      },
      frames: this.#frames,
      eventLoop: this.#eventLoop,
      assets: this.#options.assets,
      metrics: new Metrics({
        rooms: this.rooms,
        store: this.#store,
        uplink: () => this.#uplink?.status() ?? null,
        webSocketDevices: () => this.#webSocketDevices?.status ?? null,
        nodes: this.#nodes,
        sessions: this.#sessions,
        commands: this.#commands,
        brokerState: () => this.#broker.state,
        brokerCan: () => this.#broker.can,
        cluster: () => this.cluster.status(),
        brokerCounters: this.#brokerCounters,
        relayFailures: () => this.#relayFailures,
        readings: this.#readings,
        delivery: this.#delivery,
        eventLoop: this.#eventLoop,
        traces: this.#traces,
        recorder: this.#recorder,
      }),
    });
    const { server, address } = serveHttp(app, this.#config);
    this.#server = server;
    return address;
  }

  #startTracePort(): number | undefined {
    const { port } = this.#config.trace;
    if (port === undefined) return undefined;
    try {
      this.#tracePort = new TracePort(port, this.#traces, this.#options.log);
    } catch (error) {
      const flags = { host: "host", port: "trace-port" };
      throw explainListen(error, { what: "traces", hostname: "127.0.0.1", port, flags });
    }
    return this.#tracePort.port;
  }

  #mqttAddress(): MqttAddress | undefined {
    return mqttAddress(this.#config, this.#broker, this.addresses.mqtt[0]);
  }

  /** Hears every message before its room does. @returns whether the room is to leave it alone */
  #heard(message: IncomingMessage, route: Route, id: string): boolean {
    const taken = this.#nodes.take(message, route, id);
    this.#webSocketDevices?.take(message);
    if (message.own) return taken;
    if (route.channel === null) this.#discovery.take(message.topic, message.payload);
    this.#readings.take(message.topic, message.payload);
    if (message.replayed || route.relays.length === 0) return taken;
    if (!this.cluster.speaks() && !message.alone) return taken;
    for (const topic of route.relays) this.#relay(topic, message.payload);
    return taken;
  }

  /** A state answers commands; who commanded gets the state before the answer. */
  #observe(topic: string, room: Room | undefined) {
    if (!this.#commands.watches(topic)) return;
    room?.flush();
    this.#commands.observe(topic);
  }

  #relay(topic: string, payload: Uint8Array) {
    const text = payloadToJson(payload);
    const wrapped = new TextEncoder().encode(`{"timestamp":${now()},"message":${text}}`);
    this.#publish(topic, wrapped).catch(() => this.#relayFailures++);
  }

  /** Publishes, and takes in what is published: nobody else tells us of it. */
  async #publish(topic: string, payload: Uint8Array, fromCloud = false) {
    await this.#broker.publish(topic, payload);
    const message: IncomingMessage = { topic, payload, qos: 1, replayed: false, own: true };
    this.rooms.take(fromCloud ? { ...message, fromCloud } : message);
  }

  /** A command of a person goes to the device itself, or to the broker. */
  #command(topic: string, payload: Uint8Array): Promise<void> {
    const device = this.#webSocketDevices?.commanded(topic);
    return device === undefined ? this.#publish(topic, payload) : device.send(payload);
  }

  #obstacle(route: Route): string | null {
    const device = this.#webSocketDevices?.obstacle(route.command ?? "");
    if (device !== undefined) return device;
    const { connected, reason } = this.#broker.state;
    if (!connected) return `broker away: ${reason ?? "not connected"}`;
    return route.device === undefined ? null : this.#nodes.obstacle(route.device);
  }

  /**
   * The server goes last: it cuts WebSockets that are not closed yet. Traces end before it, with
   * the goodbyes in them that did not take too long.
   */
  async #disconnect() {
    const said = Promise.all([this.#readings.close(), this.#cluster?.close()]);
    const mqtt = said.then(() => this.#broker?.close());
    const devices = this.#webSocketDevices?.close();
    const goodbyes = Promise.allSettled([this.#sessions.close(), mqtt, devices]);
    await within(TRACED_MS, goodbyes);
    await this.#traces.close();
    await Promise.all([this.#tracePort?.close(), goodbyes]);
    await this.#server?.shutdown();
  }

  /**
   * Says goodbye to everyone and stops listening, within three seconds; what waits for the disk may
   * take longer.
   */
  async close() {
    this.#commands.close();
    this.#decodes.close();
    this.#frames.close();
    await within(GOODBYE_MS, this.#disconnect());
    this.#nodes.close();
    this.rooms.close();
    await this.#uplink?.close();
    this.#eventLoop.close();
    if (this.#store !== null) await within(STORE_MS, this.#store.close());
  }
}
