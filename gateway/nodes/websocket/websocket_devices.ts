/**
 * Devices that are WebSocket servers themselves. Their messages, or values of them, come in as those
 * on an MQTT topic do, `devices/<channel>/<topic>`; what is sent on its command topic goes to the
 * device.
 *
 * Loaded where the configuration has such devices.
 *
 * @module
 */
import type { BackoffOptions } from "../../backoff.ts";
import type { IncomingMessage, MessageSink } from "../../broker/broker.ts";
import type { Config } from "../../config/schema.ts";
import type { WebSocketDeviceConfig } from "../../config/websocket_device.ts";
import type { ConnectionTap, Taps } from "../../taps.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import type { Nodes } from "../nodes.ts";
import { ProblemLog } from "../problem_log.ts";
import { MessageValues } from "./message_values.ts";
import { type WebSocketCounters, WebSocketDevice } from "./websocket_device.ts";

export interface WebSocketDevicesOptions {
  config: Config;
  nodes: Nodes;
  rooms: Pick<Rooms, "route" | "expect">;
  sink: MessageSink;
  taps: Taps;
  log: (line: string) => void;
  /** @default from 1 s to 30 s */
  backoff?: BackoffOptions;
}

/** Of messages, where nothing is said. */
const DEFAULT_TOPIC = "message";

/** What `/metrics` says of them. */
export interface WebSocketStatus extends Readonly<WebSocketCounters> {
  connected: number;
}

/** An address as it may be shown: credentials stand in it, or in its query. */
function shown(address: string): string {
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

/** Connects when it is made; ends with `close()`. */
export class WebSocketDevices {
  readonly #options: WebSocketDevicesOptions;
  readonly #log: ProblemLog;
  readonly #counters: WebSocketCounters = { connections: 0, received: 0, sent: 0 };
  readonly #all: WebSocketDevice[] = [];
  readonly #byCommand = new Map<string, WebSocketDevice>();
  /** Topic that takes a device's commands, by the command topics of its values, which take none. */
  readonly #valueCommands = new Map<string, string>();

  /** @throws If a certificate authority cannot be read. */
  constructor(options: WebSocketDevicesOptions) {
    this.#options = options;
    this.#log = new ProblemLog({ log: options.log, subject: "device", states: true });
    for (const device of options.config.webSocketDevices) this.#add(device);
    for (const device of this.#all) device.connect();
  }

  #add(device: WebSocketDeviceConfig) {
    const { config: { session, limits }, nodes, rooms, taps, backoff } = this.#options;
    const { channel, ca } = device;
    const topic = `devices/${channel}/${device.topic ?? DEFAULT_TOPIC}`;
    const address = shown(device.websocket);
    const say = (text: string) => this.#log.problem(channel, `${text} (${address})`);
    const values = MessageValues.of({ device, topic, onMisses: say });
    const made = new WebSocketDevice({
      device,
      ...(ca === undefined ? {} : { ca: Deno.readTextFileSync(ca) }),
      idleMs: session.idleTimeoutSeconds * 1000,
      messageBytes: limits.mqttPacketBytes,
      messagesPerSecond: limits.deviceRate,
      taps,
      live: nodes.link(channel, address),
      counters: this.#counters,
      onMessage: (payload, connection) => this.#take(topic, payload, connection, values),
      say,
      ...(backoff === undefined ? {} : { backoff }),
    });
    this.#all.push(made);
    for (const name of Object.keys(device.values ?? {})) {
      const { command } = rooms.route(`devices/${channel}/${name}`);
      if (command !== null) this.#valueCommands.set(command, topic);
    }
    const { command } = rooms.route(topic);
    if (command !== null) this.#byCommand.set(command, made);
    // Its control is there before its first message, or without any on this topic.
    rooms.expect(topic);
  }

  #take(
    topic: string,
    payload: Uint8Array,
    connection: ConnectionTap,
    values: MessageValues | null,
  ) {
    try {
      const message: IncomingMessage = {
        topic,
        payload,
        qos: 0,
        replayed: false,
        own: false,
        alone: true,
        connection,
      };
      this.#options.sink(values === null ? message : { ...message, parts: values.take(payload) });
    } catch (error) {
      this.#options.log(`device: a message on "${topic}" failed: ${(error as Error).message}`);
    }
  }

  get status(): WebSocketStatus {
    const connected = this.#all.filter(({ isConnected }) => isConnected).length;
    return { ...this.#counters, connected };
  }

  /** The device that takes what is published on a topic. */
  commanded(topic: string): WebSocketDevice | undefined {
    return this.#byCommand.get(topic);
  }

  /** Why nothing can be sent on a command topic; `null`: it can; undefined: it is no device's here. */
  obstacle(command: string): string | null | undefined {
    const device = this.commanded(command);
    if (device !== undefined) return device.obstacle;
    const topic = this.#valueCommands.get(command);
    return topic && `a value of a message takes no commands; its device's go to ${topic}`;
  }

  /** A message came in by MQTT: if it is a command, the device gets it. */
  take({ topic, payload, replayed }: IncomingMessage) {
    // A retained command is one of before.
    if (replayed) return;
    const device = this.commanded(topic);
    device?.send(payload).catch((error: Error) => {
      this.#log.problem(topic, `a command is lost: ${error.message}`);
    });
  }

  async close() {
    await Promise.all(this.#all.map((device) => device.close()));
    this.#log.close();
  }
}
