/**
 * Tells messages of other gateways: those whose nodes decode readings themselves.
 *
 * @module
 */
import { Dialects } from "../nodes/dialects/dialects.ts";
import { openMqttGateway, theengsGateway } from "../nodes/dialects/openmqttgateway.ts";
import { ruuviGateway } from "../nodes/dialects/ruuvi_gateway.ts";
import { zigbee2Mqtt } from "../nodes/dialects/zigbee2mqtt.ts";

/** @returns says of a topic whether such a gateway speaks there; asked in the order of the messages */
export function foreignTopics(): (topic: string) => boolean {
  const dialects = new Dialects([
    openMqttGateway(),
    theengsGateway(),
    ruuviGateway(),
    zigbee2Mqtt(["zigbee2mqtt"]),
  ]);
  return (topic) => dialects.reader(topic) !== null;
}
