/**
 * Makes the uplink of a gateway and ties it to the rooms, the broker and the other gateways.
 *
 * @module
 */
import type { Policy } from "../access/policy.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Config } from "../config/schema.ts";
import type { Rooms } from "../rooms/rooms.ts";
import type { Taps } from "../taps.ts";
import { DiskOutbox, MemoryOutbox, type OutboxStore } from "./outbox.ts";
import { Uplink } from "./uplink.ts";

export interface UplinkParts {
  config: Config;
  rooms: Rooms;
  /** `null`: the history is in memory alone, and so is what waits for the cloud. */
  store: OutboxStore | null;
  policy: Policy;
  cluster: Cluster;
  /** Publishes a message from the cloud; settles when the broker has it. */
  publish: (topic: string, payload: Uint8Array) => Promise<void>;
  /** The state changed. */
  onState: () => void;
  taps: Taps;
  log: (line: string) => void;
}

/** Connections of the uplink are told apart from those to the gateway's own broker. */
function uplinkTaps(taps: Taps): Taps {
  return {
    connection: (facts) => taps.connection({ ...facts, uplink: true }),
    message: (...message) => taps.message(...message),
    radio: (...record) => taps.radio(...record),
    update: (...update) => taps.update(...update),
  };
}

/**
 * Resolves when it is known what waits from before; `connect()` begins to send.
 *
 * @returns `null` if none is configured
 * @throws If the file of the certificate authority cannot be read.
 */
export async function openUplink(parts: UplinkParts): Promise<Uplink | null> {
  const { config, rooms, store, policy, cluster, log } = parts;
  const { url, ca, role, ...settings } = config.uplink;
  if (url === undefined) return null;
  if (store === null) {
    log("uplink: the history is in memory, so what waits for the cloud is lost with the gateway");
  }
  const uplink = await Uplink.open({
    settings: { url, ...settings },
    ...(ca === undefined ? {} : { ca: Deno.readTextFileSync(ca) }),
    epoch: rooms.epoch,
    outbox: store === null ? new MemoryOutbox() : new DiskOutbox(store),
    packetBytes: config.limits.mqttPacketBytes,
    mayPublish: (topic) => policy.mayPublish({ role, name: "uplink" }, topic),
    publish: parts.publish,
    isUploader: () => cluster.isUploader(),
    onState: parts.onState,
    taps: uplinkTaps(parts.taps),
    log,
  });
  rooms.onUpdate((room, { topic, last }, message) => {
    const { seq, time, json } = last!;
    const { device } = rooms.route(topic);
    uplink.take({ channel: room.name, topic, device, seq, time, json, message });
  });
  cluster.onChange(() => uplink.uploaderChanged());
  cluster.onElsewhere((olderThanMs) => uplink.elsewhere(olderThanMs));
  cluster.uplink = uplink;
  return uplink;
}
