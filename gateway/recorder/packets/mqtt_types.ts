/**
 * Types of MQTT control packets and what their first byte may be (MQTT 3.1.1, 2.2; 5, 2.1).
 *
 * @module
 */
import type { MqttVersion } from "./mqtt_link.ts";

export const MqttType = {
  Connect: 1,
  Connack: 2,
  Publish: 3,
  Puback: 4,
  Pubrec: 5,
  Pubrel: 6,
  Pubcomp: 7,
  Subscribe: 8,
  Suback: 9,
  Unsubscribe: 10,
  Unsuback: 11,
  Pingreq: 12,
  Pingresp: 13,
  Disconnect: 14,
  Auth: 15,
} as const;

/** Types whose flags are 0010. */
const FLAGS_2 = 1 << MqttType.Pubrel | 1 << MqttType.Subscribe | 1 << MqttType.Unsubscribe;

/** Why this cannot be the first byte of a packet; undefined: it can. */
export function wrongHeader(byte: number, version: MqttVersion): string | undefined {
  const type = byte >> 4;
  const flags = byte & 0xf;
  if (type === 0) return "packet type 0";
  if (type === MqttType.Auth && version !== 0 && version !== 5) return "packet type 15";
  if (type === MqttType.Publish) return (flags & 6) === 6 ? "PUBLISH of QoS 3" : undefined;
  // MQTT 3.1 has DUP there, and says of most flags that they are not used.
  if (version === 3) return undefined;
  const right = (FLAGS_2 >> type & 1) === 1 ? 2 : 0;
  const duplicate = version === 0 && right === 2 && flags === 10;
  return flags === right || duplicate ? undefined : `packet type ${type} with flags ${flags}`;
}
