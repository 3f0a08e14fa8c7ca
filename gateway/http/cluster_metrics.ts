/**
 * What `/metrics` says of an external broker's abilities, and of other gateways at it.
 *
 * @module
 */
import type { BrokerCan } from "../broker/capabilities.ts";
import type { ClusterStatus } from "../cluster/cluster.ts";
import type { Metric } from "./store_metrics.ts";

export interface ClusterSources {
  /** undefined: the broker is our own. */
  brokerCan: () => BrokerCan | undefined;
  cluster: () => ClusterStatus | null;
}

/** 1, 0, or absent where it is not known. */
function abilities(can: BrokerCan): Record<string, number> {
  const { protocol, qos, retained, shared, dots, spaces } = can;
  const known: [string, boolean | null][] = [
    ["mqtt_5", protocol === 5],
    ["qos_2", qos === null ? null : qos === 2],
    ["retained", retained],
    ["shared_subscriptions", shared],
    ["topics_with_dot", dots],
    ["topics_with_space", spaces],
  ];
  return Object.fromEntries(
    known.flatMap(([name, is]) => is === null ? [] : [[name, Number(is)]]),
  );
}

/** Nothing with the embedded broker. */
export function clusterMetrics({ brokerCan, cluster }: ClusterSources): Metric[] {
  const can = brokerCan();
  const status = cluster();
  const metrics: Metric[] = [];
  if (can !== undefined) {
    metrics.push([
      "Gauge",
      "broker_can",
      "What the external broker can, as found out by trying",
      () => ({ label: "feature", values: abilities(can) }),
    ]);
    const { receiveMaximum } = can;
    if (receiveMaximum !== null) {
      metrics.push([
        "Gauge",
        "broker_receive_maximum",
        "Messages that may wait for the external broker's acknowledgement",
        () => receiveMaximum,
      ]);
    }
  }
  if (status !== null) {
    metrics.push(
      [
        "Gauge",
        "cluster_leads",
        "1 while this gateway uploads, relays and announces for all",
        () => Number(status.leads),
      ],
      ["Gauge", "cluster_gateways", "Gateways at the broker", () => status.others.length + 1],
    );
  }
  return metrics;
}
