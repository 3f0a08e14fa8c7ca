/**
 * The broker, to what speaks for all gateways at once: the readings and announcements of several
 * would be as many messages.
 *
 * @module
 */
import type { Broker, PublishOptions } from "../broker/broker.ts";
import { type Cluster, GATEWAYS } from "./cluster.ts";

export type Voice = Pick<Broker, "publish" | "hears">;

/** Publishes only while this gateway is the one to speak; what it says of itself it always says. */
export function voiceOf(cluster: () => Cluster, broker: () => Broker): Voice {
  return {
    hears: (topic: string) => cluster().speaks() && broker().hears(topic),
    publish: async (topic: string, payload: Uint8Array, options?: PublishOptions) => {
      if (!cluster().speaks() && !topic.startsWith(GATEWAYS)) return;
      await broker().publish(topic, payload, options);
    },
  };
}
