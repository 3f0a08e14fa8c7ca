/**
 * What a replay leaves out, and why.
 *
 * @module
 */

/** Reasons, as the report says them. */
export const LeftOut = {
  Again: "sent once more by the same client (DUP)",
  Copy: "copies of a message that is replayed already",
  NotTaken: "not taken in by the gateway that made the trace",
  Broker: "the broker's own topics ($...)",
  Gateway: "what a gateway says itself (readings, its state, discovery)",
  Command: "commands, which would move real devices (--commands sends them)",
  BadTopic: "topics that nobody may publish on",
  Carried: "radio frames whose envelope is replayed",
  Connection: "Bluetooth packets of connections",
  Coded: "Bluetooth packets of the coded PHY, which an envelope can't hold",
  NotHeard: "HCI packets other than LE events from the controller",
  Unreadable: "radio frames whose radio header is damaged",
} as const;
export type LeftOut = typeof LeftOut[keyof typeof LeftOut];

/** Counts by reason. */
export class LeftOutCounts {
  readonly counts: Map<LeftOut, number> = new Map();

  add(reason: LeftOut): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
  }
}

const OWN = /^edgewire\/v1\/(?:readings|gateways)\//;
/** Discovery of devices that a gateway decoded, whatever its prefix. */
const DISCOVERY = /^(?:[^/]+\/)+device\/edgewire_[^/]*\/config$/;

/**
 * Topics on which devices get orders: ours and Zigbee2MQTT's `.../set`, `.../get`, OpenMQTTGateway's
 * `commands`, Tasmota's `cmnd`, ESPHome's and Shelly's `command` and `rpc`.
 */
const COMMANDS = [
  /\/(?:set|get|command|cmd|rpc)$/,
  /^(?!devices\/|edgewire\/).+\/(?:set|get)\//,
  /(?:^|\/)(?:cmnd|commands)\//,
  /\/bridge\/request\//,
];

/** Whether a message on this topic orders a device to do something. */
export function isCommandTopic(topic: string): boolean {
  return COMMANDS.some((pattern) => pattern.test(topic));
}

/**
 * Why messages on a topic are not replayed; undefined: they are.
 *
 * @param commands whether commands are
 */
export function reasonToLeaveOut(topic: string, commands: boolean): LeftOut | undefined {
  if (topic.startsWith("$")) return LeftOut.Broker;
  if (topic === "" || /[+#\0]/.test(topic)) return LeftOut.BadTopic;
  if (OWN.test(topic) || DISCOVERY.test(topic)) return LeftOut.Gateway;
  if (!commands && isCommandTopic(topic)) return LeftOut.Command;
  return undefined;
}
