/**
 * How a simulated node describes itself: Home Assistant MQTT discovery in its
 * device form (one retained JSON document on
 * `homeassistant/device/<name>/config`), in the short key names of Home
 * Assistant's `components/mqtt/abbreviations.py`.
 *
 * @module
 */

import { type NodeClient, statusTopic, VERSION } from "./node_client.ts";

/** One entity of a device: a value shown, and for `number` and `switch` a control. */
export interface Component {
  /** Platform. */
  p: "sensor" | "binary_sensor" | "number" | "switch";
  name: string;
  /** State topic. */
  stat_t: string;
  /** Command topic. */
  cmd_t?: string;
  /** Template that finds the value in the payload. @default the payload */
  val_tpl?: string;
  /** Topic whose JSON object holds further attributes. */
  json_attr_t?: string;
  dev_cla?: string;
  stat_cla?: string;
  unit_of_meas?: string;
  /** Range and step of a `number`, in its unit. */
  min?: number;
  max?: number;
  step?: number;
  mode?: "slider" | "box";
  /** Payloads of a `switch` or `binary_sensor`. */
  pl_on?: string;
  pl_off?: string;
  /** Quality of service of commands. */
  qos?: 0 | 1;
}

/** Names of the device as a whole. */
export interface Device {
  /** Shown to people. */
  name: string;
  model: string;
}

/** The topic that a node's description is published on. */
export function discoveryTopic(node: string): string {
  return `homeassistant/device/${node}/config`;
}

/**
 * The description of a node. Each component gets a unique id and is available
 * while the node's status says "online".
 *
 * @param node The node's name; letters, digits, `_` and `-`.
 * @param components By object id.
 */
export function discoveryPayload(
  node: string,
  device: Device,
  components: Record<string, Component>,
): Record<string, unknown> {
  const cmps = Object.fromEntries(
    Object.entries(components).map(([id, component]) => [id, {
      ...component,
      uniq_id: `edgewire_${node}_${id}`,
      avty_t: statusTopic(node),
      avty_tpl: "{{ value_json.state }}",
    }]),
  );
  return {
    dev: {
      ids: [`edgewire_${node}`],
      name: device.name,
      mf: "Edgewire",
      mdl: device.model,
      sw: VERSION,
    },
    o: { name: "edgewire-simulated", sw: VERSION },
    cmps,
  };
}

/** Publishes a node's description, retained; see {@linkcode discoveryPayload}. */
export function describe(
  client: NodeClient,
  node: string,
  device: Device,
  components: Record<string, Component>,
) {
  const payload = JSON.stringify(discoveryPayload(node, device, components));
  client.publish(discoveryTopic(node), payload, { qos: 1, retain: true });
}
