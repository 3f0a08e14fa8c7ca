/**
 * What tests of the overview share.
 *
 * @module
 */
import type { Locator, Page } from "playwright-core";
import type { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";

/** The channel's tile. */
export function tile(page: Page, name: string): Locator {
  return page.getByRole("listitem").filter({
    has: page.getByRole("link", { name, exact: true }),
  });
}

export async function mqtt(gateway: GatewayProcess): Promise<MqttPeer> {
  return await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
}

/** A node of the gateway's own dialect says its state. */
export async function nodeSays(peer: MqttPeer, name: string, state: "online" | "offline") {
  const said = { state, boot: 7, version: "0.1.0", radios: ["ble"] };
  await peer.publish(`edgewire/v1/${name}/status`, said, { retain: true });
}

/** Clients that are present in the room of a channel, or in those of all. */
export async function members(gateway: GatewayProcess, channel?: string): Promise<number> {
  const { channels } = await gateway.json("/api/channels") as {
    channels: { name: string; members: number }[];
  };
  return channels.filter(({ name }) => channel === undefined || name === channel)
    .reduce((sum, each) => sum + each.members, 0);
}
