/**
 * What a dialect is: it knows on which topics its nodes speak, and turns their messages into what
 * the rest understands.
 *
 * @module
 */
import type { Control } from "../../sessions/messages.ts";

/** A value with its meaning. */
export interface NamedValue {
  /** Last level of its topic, as in `traces/sensors`: `temperature`. */
  readonly name: string;
  readonly value: number | boolean | string | null;
  /** "" without. */
  readonly unit: string;
  /** Home Assistant's `device_class`, where it has one. */
  readonly quantity?: string;
}

/** A device that a node decoded itself. */
export interface ForeignDevice {
  /** 48-bit address as a number; -1: none. */
  readonly address: number;
  /** Its name where it has no address. */
  readonly name: string;
  readonly model?: string;
  readonly localName?: string;
}

/** A device that has no address of its own: a node names it. */
export interface NamedDevice {
  /** Topic that tells it from others of the dialect: `zigbee2mqtt/lamp`. */
  readonly path: string;
  /** As its node calls it: its channel, unless that is another device's. */
  readonly name: string;
}

/** How a message of a device came. */
export interface Reception {
  /** dBm; NaN: unknown. */
  readonly rssi: number;
  /** When the device was heard, Unix milliseconds by the node's clock; NaN: it says none. */
  readonly time: number;
  /** Number that the device gave its packet; -1: none. */
  readonly sequence: number;
  /** Such numbers count modulo this; 0: none. */
  readonly sequenceModulus: number;
}

/** A topic that exists only here: one property of a message that has many. */
export interface PropertyTopic {
  /** Full topic that names the property, as `zigbee2mqtt/lamp/brightness`. */
  readonly topic: string;
  readonly device: NamedDevice;
  readonly unit?: string;
  readonly control?: Control;
  /**
   * Where commands for it are published, and the member of a JSON object that the value becomes
   * there; absent: it takes none.
   */
  readonly command?: { readonly topic: string; readonly member: string };
}

/**
 * Takes what a dialect made of one message. Nodes are named by their path, the topic below which
 * they speak: `home/OpenMQTTGateway`.
 */
export interface DialectSink {
  /** A node is there, or says that it is not. */
  node(name: string, said: {
    readonly state?: "online" | "offline";
    /** About itself; no credentials. */
    readonly details?: Readonly<Record<string, string | number | boolean>>;
    readonly version?: string;
  }): void;
  /**
   * Advertising data as it came over the air; decoded here.
   *
   * @param time Unix milliseconds by the node's clock; NaN: it says none
   * @param rssi dBm; NaN: unknown
   */
  advertisement(node: string, address: number, data: Uint8Array, rssi: number, time: number): void;
  /** Values that the node decoded. */
  values(
    node: string,
    device: ForeignDevice,
    values: readonly NamedValue[],
    reception: Reception,
  ): void;
  /** A property's value, as JSON text. */
  property(node: string, topic: PropertyTopic, json: string): void;
  /** What is known of a property before, or without, a value. */
  describe(topic: PropertyTopic): void;
  /** The property is gone. */
  undescribe(topic: string): void;
  /** A device that a node knows, before it says anything. */
  device(node: string, device: NamedDevice, model: string | undefined): void;
  /** The node no longer knows the device. */
  gone(device: NamedDevice): void;
  /** A device's own liveness as its node says it (Zigbee2MQTT's availability). */
  availability(node: string, device: NamedDevice, online: boolean): void;
  /** The message could not be read: what, for people. */
  malformed(node: string, text: string): void;
}

/** Reads one topic's messages. */
export type TopicReader = (payload: Uint8Array, sink: DialectSink) => void;

export interface Dialect {
  readonly name: string;
  /**
   * How messages on a topic are read; `null` when they are not of this dialect. Asked once per topic
   * until `changed` was called.
   */
  reader(topic: string): TopicReader | null;
  /** Called by the dialect when answers of `reader` may be others now. */
  onChange?: (() => void) | undefined;
}
