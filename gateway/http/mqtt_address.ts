/**
 * Where the page says that MQTT clients find the broker.
 *
 * @module
 */
import { isLoopback } from "../access/peer.ts";
import type { Broker } from "../broker/broker.ts";
import { brokerAddresses } from "../config/broker_addresses.ts";
import type { Config } from "../config/schema.ts";
import type { MqttAddress } from "../sessions/messages.ts";

const PORTS: Record<string, number> = { "mqtt:": 1883, "mqtts:": 8883 };

/**
 * @param own where our own broker listens first
 * @returns without a host: that of the page; `undefined`: the broker takes WebSockets alone
 */
export function mqttAddress(
  { broker: { url: external }, mqttHost }: Config,
  broker: Broker,
  own: URL | undefined,
): MqttAddress | undefined {
  if (external !== undefined) {
    const address = broker.url ?? brokerAddresses(external)[0]!;
    const { protocol, hostname, port } = new URL(address);
    return protocol.startsWith("mqtt")
      ? { host: hostname, port: Number(port) || PORTS[protocol] as number }
      : undefined;
  }
  const port = Number(own?.port);
  return isLoopback(mqttHost) ? { host: mqttHost, port } : { port };
}
