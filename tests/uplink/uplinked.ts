/**
 * Gateways with an uplink, for tests.
 *
 * @module
 */
import type { HealthAnswer } from "../../gateway/http/health_answer.ts";
import type { UplinkStatus } from "../../gateway/uplink/status.ts";
import { GatewayProcess, type GatewayProcessOptions } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";

/** What its health says of it. */
export async function uplinkOf(gateway: GatewayProcess): Promise<UplinkStatus> {
  const { uplink } = await gateway.json("/api/health") as HealthAnswer;
  return uplink as UplinkStatus;
}

/** Starts one. @param uplink Address of the cloud. */
export function start(
  uplink: string,
  options: GatewayProcessOptions = {},
): Promise<GatewayProcess> {
  return GatewayProcess.start({ ...options, args: ["--uplink", uplink, ...options.args ?? []] });
}

/** Publishes values 1 to `count` of several devices, each acknowledged. */
export async function publish(gateway: GatewayProcess, count: number, devices = 3, first = 1) {
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const all = [];
  for (let i = 0; i < count; i++) {
    all.push(peer.publish(`devices/d${i % devices}/value`, first + i));
  }
  await Promise.all(all);
}
