/**
 * Devices that are WebSocket servers themselves. Their messages come in as those on an MQTT topic
 * do, `devices/<channel>/<topic>`; what is sent on its command topic goes to the device.
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
import type { Route } from "../../rooms/rules.ts";
import type { Nodes } from "../nodes.ts";
import { ProblemLog } from "../problem_log.ts";
import { type WebSocketCounters, WebSocketDevice } from "./websocket_device.ts";

export interface WebSocketDevicesOptions {
  config: Config;
  nodes: Nodes;
  /** Where a topic belongs. */
  route: (topic: string) => Route;
  sink: MessageSink;
  taps: Taps;
  log: (line: string) => void;
  /** @default from 1 s to 30 s */
  backoff?: BackoffOptions;
}

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

  /** @throws If a certificate authority cannot be read. */
  constructor(options: WebSocketDevicesOptions) {
    this.#options = options;
    this.#log = new ProblemLog({ log: options.log, subject: "device" });
    for (const device of options.config.webSocketDevices) this.#add(device);
    for (const device of this.#all) device.connect();
  }

  #add(device: WebSocketDeviceConfig) {
    const { config: { session, limits }, nodes, route, taps, backoff } = this.#options;
    const { channel, ca } = device;
    const topic = `devices/${channel}/${device.topic}`;
    const address = shown(device.websocket);
    const made = new WebSocketDevice({
      device,
      ...(ca === undefined ? {} : { ca: Deno.readTextFileSync(ca) }),
      idleMs: session.idleTimeoutSeconds * 1000,
      messageBytes: limits.mqttPacketBytes,
      messagesPerSecond: limits.deviceRate,
      taps,
      live: nodes.link(channel, address),
      counters: this.#counters,
      onMessage: (payload, tap) => this.#take(topic, payload, tap),
      say: (text) => this.#log.problem(channel, `${text} (${address})`),
      ...(backoff === undefined ? {} : { backoff }),
    });
    this.#all.push(made);
    const { command } = route(topic);
    if (command !== null) this.#byCommand.set(command, made);
  }

  #take(topic: string, payload: Uint8Array, connection: ConnectionTap) {
    try {
      this.#options.sink({ topic, payload, qos: 0, replayed: false, own: false, connection });
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
