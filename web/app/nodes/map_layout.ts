import type { DeviceInfo, NodeInfo, ReceiverInfo } from "../../../gateway/nodes/answers.ts";
import { compareNames } from "../compare_names.ts";

/** What a person chose to look at. */
export interface Chosen {
  kind: "node" | "device";
  name: string;
}

/** How well a node hears a device: bounds in dBm are those of `signalOf`. */
export type Signal = "strong" | "fair" | "weak" | "faint" | "unknown";

/** Something on the map and where it stands, CSS pixels from the top. */
export interface Mark<T> {
  of: T;
  y: number;
  /** Whether there is room for its name. */
  named: boolean;
  /** Whether it is chosen, or has to do with what is. */
  lit: boolean;
}

export interface MapLink {
  receiver: ReceiverInfo;
  device: string;
  from: number;
  to: number;
  signal: Signal;
  /** The device or the node is lost, or the node no longer hears what others hear. */
  lost: boolean;
  lit: boolean;
}

export interface MapLayout {
  height: number;
  nodes: Mark<NodeInfo>[];
  devices: Mark<DeviceInfo>[];
  links: MapLink[];
  /** From device to device. */
  pitch: number;
}

/** From row to row at most; below the second there is no room for names. */
const ROW = 24;
const NAMED_ROW = 13;
const MIN_HEIGHT = 150;
const MAX_HEIGHT = 640;
const PAD = 14;
/** A node that hears nothing of a device for so long, while others do, has lost it: intervals, and ms. */
const LOST_INTERVALS = 10;
const LOST_MS = 60_000;

/** The class of a signal strength, dBm. */
export function signalOf(rssi: number | undefined): Signal {
  if (rssi === undefined) return "unknown";
  if (rssi >= -60) return "strong";
  if (rssi >= -75) return "fair";
  return rssi >= -90 ? "weak" : "faint";
}

/** Whether a node that used to hear a device no longer does. */
function isDeaf({ lastSeen }: ReceiverInfo, device: DeviceInfo): boolean {
  const patience = Math.max(LOST_MS, LOST_INTERVALS * 1000 * (device.interval ?? 0));
  return device.lastSeen - lastSeen > patience;
}

/** Rows in the middle of the height. */
function rows(count: number, height: number, pitch: number): (i: number) => number {
  const top = (height - (count - 1) * pitch) / 2;
  return (i) => top + i * pitch;
}

/**
 * Devices in the order of who hears them, so that lines cross little; signals do not count, since
 * rows that move about cannot be read.
 */
function ordered(devices: DeviceInfo[], rank: Map<string, number>): DeviceInfo[] {
  const middle = ({ receivers }: DeviceInfo) => {
    const ranks = receivers.map(({ node }) => rank.get(node)).filter((each) => each !== undefined);
    return ranks.length === 0 ? Infinity : ranks.reduce((a, b) => a + b) / ranks.length;
  };
  return devices
    .map((device) => ({ device, at: middle(device) }))
    .sort((a, b) => a.at === b.at ? compareNames(a.device.name, b.device.name) : a.at - b.at)
    .map(({ device }) => device);
}

/** Names where there is room: all, or as many of those that are lit as do not overlap. */
function nameSome(marks: Mark<unknown>[], pitch: number): void {
  let free = -Infinity;
  for (const mark of marks) {
    mark.named = pitch >= NAMED_ROW || (mark.lit && mark.y >= free);
    if (mark.named) free = mark.y + NAMED_ROW + 2;
  }
}

/** Lays out nodes on one side and devices on the other, and a line wherever one hears the other. */
export function layOut(
  nodes: NodeInfo[],
  devices: DeviceInfo[],
  chosen: Chosen | undefined,
): MapLayout {
  const most = Math.max(nodes.length, devices.length);
  const height = Math.min(MAX_HEIGHT, Math.max(MIN_HEIGHT, most * ROW)) + 2 * PAD;
  const inner = height - 2 * PAD;
  const nodePitch = inner / Math.max(1, nodes.length);
  const pitch = Math.min(ROW, inner / Math.max(1, devices.length));
  const nodeY = rows(nodes.length, height, nodePitch);
  const deviceY = rows(devices.length, height, pitch);
  const is = (kind: Chosen["kind"], name: string) => chosen?.kind === kind && chosen.name === name;
  const rank = new Map(nodes.map(({ name }, i) => [name, i]));
  const nodeMarks = nodes.map((of, i) => ({
    of,
    y: nodeY(i),
    named: true,
    lit: is("node", of.name),
  }));
  const links: MapLink[] = [];
  const deviceMarks = ordered(devices, rank).map((of, i) => {
    const y = deviceY(i);
    let lit = is("device", of.name);
    for (const receiver of of.receivers) {
      const node = nodeMarks[rank.get(receiver.node) ?? -1];
      if (node === undefined) continue;
      const litLink = is("device", of.name) || is("node", receiver.node);
      lit ||= litLink;
      if (litLink) node.lit = true;
      links.push({
        receiver,
        device: of.name,
        from: node.y,
        to: y,
        signal: signalOf(receiver.rssiMean ?? receiver.rssi),
        lost: of.state === "lost" || node.of.state === "lost" || isDeaf(receiver, of),
        lit: litLink,
      });
    }
    return { of, y, named: false, lit };
  });
  nameSome(nodeMarks, nodePitch);
  nameSome(deviceMarks, pitch);
  // What is lit is drawn last, above the rest.
  links.sort((a, b) => Number(a.lit) - Number(b.lit));
  return { height, nodes: nodeMarks, devices: deviceMarks, links, pitch };
}

/** Width of a letter, CSS pixels. */
const LETTER = 7;

/** As much of a name as fits, and a mark where something is left out. */
export function fit(text: string, width: number): string {
  const letters = Math.max(3, Math.floor(width / LETTER));
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}
