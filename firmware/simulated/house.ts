/**
 * The simulated house: its devices, and the bridge nodes that hear them.
 *
 * @module
 */
import { Air, type LogEntry } from "./air.ts";
import { startBleBridge } from "./ble_bridge_node.ts";
import { makeBeacons } from "./device_catalogue.ts";
import type { NodeOptions } from "./node_client.ts";
import { OmgBridgeNode, omgDevices } from "./omg_bridge_node.ts";
import type { SimulatedDevice } from "./radio_traffic.ts";
import { RadioWorld, type Receiver } from "./radio_world.ts";
import { startWpanBridge } from "./wpan_bridge_node.ts";
import { makeWpanDevices } from "./wpan_house.ts";

/** Bridge nodes of the house, and where they hang. */
export const BRIDGES = ["ble-1", "ble-2", "wpan-1", "omg-1"] as const;

export type Bridge = typeof BRIDGES[number];

const RECEIVERS: Record<Bridge, Receiver> = {
  "ble-1": { name: "ble-1", radio: "ble", place: { x: 0, y: 4 }, sensitivity: -92 },
  "ble-2": { name: "ble-2", radio: "ble", place: { x: 14, y: 4 }, sensitivity: -92 },
  "wpan-1": { name: "wpan-1", radio: "802.15.4", place: { x: 7, y: 5 }, sensitivity: -98 },
  "omg-1": { name: "omg-1", radio: "ble", place: { x: 7, y: 9 }, sensitivity: -90 },
};

/** How the house is. */
export interface HouseOptions {
  /** Number of BLE beacons. @default 12 */
  devices?: number;
  /** Multiplies how often devices send and measure. @default 1 */
  rate?: number;
  /** Share of frames in reach that a node misses nevertheless, 0 to 1. @default 0.1 */
  loss?: number;
  /** Share of heard frames that a node hands on twice, 0 to 1. @default 0.02 */
  duplicates?: number;
  /** Seed of everything random but the boot ids and the reconnect waits. @default 1 */
  seed?: number;
  /** Called with each transmission. */
  log?: (entry: LogEntry) => void;
}

/** BLE beacons of a house. */
const DEFAULT_DEVICES = 12;

function makeDevices({ devices = DEFAULT_DEVICES, seed = 1 }: HouseOptions, start_ms: number) {
  return [
    ...makeBeacons({ devices, seed, start_ms }),
    ...makeWpanDevices({ seed, start_ms }),
  ];
}

/** Devices with names and keys, as a gateway is configured for them. */
export function simulatedDevices(options: HouseOptions = {}): SimulatedDevice[] {
  const made = makeDevices(options, 0).map(({ address, name, key }) =>
    key === undefined ? { address, name } : { address, name, key }
  );
  return [...made, ...omgDevices()];
}

/** What runs, to be waited for and closed. */
export interface RunningNode {
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts bridge nodes in a house of their own.
 *
 * @param settings options of a node by its name
 * @returns the nodes; and the air, which stops when it is disposed of
 */
export function startHouse(
  bridges: readonly Bridge[],
  options: HouseOptions,
  settings: (name: string) => NodeOptions,
): { air: Air; nodes: RunningNode[] } {
  const { rate = 1, loss = 0.1, duplicates = 0.02, seed = 1, log } = options;
  const start_ms = Date.now();
  const devices = makeDevices(options, start_ms);
  // All receivers, so that what one hears does not depend on who else runs.
  const receivers = BRIDGES.map((name) => RECEIVERS[name]);
  const world = new RadioWorld({ devices, receivers, seed, loss, duplicates, rate });
  const air = new Air(world, start_ms, log);
  const start: Record<Bridge, (options: NodeOptions) => RunningNode> = {
    "ble-1": (node) => startBleBridge({ ...node, unix: true, hci: false }, air),
    "ble-2": (node) => startBleBridge({ ...node, unix: false, hci: true }, air),
    "wpan-1": (node) => startWpanBridge(node, air),
    "omg-1": (node) => new OmgBridgeNode({ ...node, rate, seed }, air),
  };
  return { air, nodes: bridges.map((name) => start[name](settings(name))) };
}
