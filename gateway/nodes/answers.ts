/**
 * What the API says of nodes and devices: `/api/nodes` and `/api/devices/<device>`. Types alone, so
 * that the page can import them. Times are Unix milliseconds with a fraction.
 *
 * @module
 */

/** `late`: longer silent than it usually is; `lost`: so long that something is wrong. */
export type LiveState = "online" | "late" | "lost";

/** Why something is not online. */
export type Cause =
  /** The broker published the node's last will: the connection broke off. */
  | "last will"
  /** The node said itself that it goes offline. */
  | "said goodbye"
  /** The node's MQTT session ended and no will told of it. */
  | "session closed"
  /** The node says that it is there, but hands on no radio frames. */
  | "radio deaf"
  /** The node's MQTT session stands, but it says nothing. */
  | "node hung"
  /** Every node that used to hear the device is lost or deaf. */
  | "receivers lost"
  /** Its receivers hear others, but not this device. */
  | "silent"
  /** It is a WebSocket server, and we are not connected to it. */
  | "not connected";

/** Liveness of a node or device. */
export interface Liveness {
  state: LiveState;
  /** Absent while online. */
  reason?: Cause;
  /** In words, where there is more to say: which receivers, how long. */
  detail?: string;
  /** When the state began. */
  since: number;
  /** When it was last heard. */
  lastSeen: number;
}

/** A node: whoever hands on what others say, or says its status. */
export interface NodeInfo extends Liveness {
  name: string;
  /** How it speaks: "edgewire", "openmqttgateway", "theengs", "ruuvi", "zigbee2mqtt". */
  dialect: string;
  boot?: number;
  version?: string;
  radios?: string[];
  /** Whether it takes settings: a node of ours that names radios, or answered such a question. */
  settings: boolean;
  /** What else a foreign node says of itself: firmware, free memory, uptime. Never credentials. */
  details?: Record<string, string | number | boolean>;
  /** Radio frames taken in. */
  frames: number;
  /** Frames that could not be read, and envelopes that could not. */
  malformed: number;
  /** Frames whose check sequence was wrong; they are not looked at. */
  damaged: number;
  /** Batches that never came, by their numbers; and those that came twice. */
  batchesMissed: number;
  batchesRepeated: number;
  /** Frames that the node itself says it dropped, since it booted. */
  dropped: number;
  /** Times it booted again while known. */
  reboots: number;
}

/** How one node hears one device. */
export interface ReceiverInfo {
  node: string;
  /** Newest and mean (about the last 32), dBm; absent when unknown. */
  rssi?: number;
  rssiMean?: number;
  /** Packets heard. */
  heard: number;
  /** Part of the packets that any node heard, 0 to 1, of about the last 256. */
  share: number;
  /** Part of the packets sent that it missed, by the device's own numbers, 0 to 1. */
  loss?: number;
  lastSeen: number;
}

export interface DeviceInfo extends Liveness {
  /** Level of its topics and name of its channel. */
  name: string;
  /** As shown, `A4:C1:38:8D:18:B2`, `ws://192.168.1.60/ws`; absent where there is none. */
  address?: string;
  /** As "BTHome v2", "Ruuvi 5", "WebSocket". */
  formats: string[];
  /** The gateway itself connects to it: no node hears it. */
  linked?: true;
  model?: string;
  /** What it calls itself. */
  localName?: string;
  /** Learned time between its packets, seconds; absent while not known. */
  interval?: number;
  /** Whether packets are encrypted and how that goes: "plain", "opened", "no key", "refused". */
  sealing?: string;
  receivers: ReceiverInfo[];
  /** Security findings so far. */
  findings: number;
}

/** A value of the last packet and why it is what it is. */
export interface ReadingInfo {
  name: string;
  /** Topic of the updates that it makes; absent where it makes none. */
  topic?: string;
  /** `null`: the packet says that it is not available. */
  value: number | boolean | string | null;
  unit: string;
  /** Where its bytes stand in `packet.hex`, and how many they are. */
  offset: number;
  length: number;
  /** As in the packet (after decryption). */
  raw: number | string;
  /** The value of a number is `raw * factor + addend`. */
  factor: number;
  addend: number;
  /** The rule, with format, table row or clause. */
  rule: string;
}

/** `/api/devices/<device>`. */
export interface DeviceAnswer extends DeviceInfo {
  /** The last packet that said something; absent where a node of another dialect decoded it. */
  packet?: {
    time: number;
    node: string;
    /** Bluetooth channel index, or IEEE 802.15.4 channel; absent when unknown. */
    channel?: number;
    /** Advertising data or MAC payload, as it came: encrypted bytes stay so. */
    hex: string;
    format: string;
  };
  readings: ReadingInfo[];
  problems: { offset: number; text: string; clause: string }[];
  /** Newest last, at most 20. */
  recentFindings: { time: number; node: string; kind: string; detail: string }[];
}

/** `/api/nodes/<node>/settings`: all settings as they now are; a refusal changes none. */
export type NodeSettingsAnswer =
  | { ok: true; settings: Record<string, unknown> }
  | { ok: false; reason: string; settings: Record<string, unknown> };

/** `/api/nodes`. */
export interface NodesAnswer {
  nodes: NodeInfo[];
  devices: DeviceInfo[];
}
