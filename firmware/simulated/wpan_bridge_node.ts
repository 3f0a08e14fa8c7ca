/**
 * An 802.15.4 bridge node: hands on all frames that it hears on its channel.
 *
 * @module
 */
import type { Air } from "./air.ts";
import { RadioNode, type RadioNodeOptions } from "./radio_node.ts";
import { radioRecord } from "./radio_record.ts";
import { WPAN_CHANNEL } from "./radio_world.ts";

/** How much later a frame is heard that its sender repeats, having missed the acknowledgement, ms. */
const AGAIN_MS = 3;

/** Starts a node that hears what its namesake among the receivers of the air does. Its clock is set. */
export function startWpanBridge(options: Omit<RadioNodeOptions, "radio">, air: Air): RadioNode {
  const node = new RadioNode({ channel: WPAN_CHANNEL, ...options, radio: "802.15.4" });
  air.listen(options.name, (transmission, reception) => {
    if (!node.settings.scan || node.settings.channel !== reception.channel) return false;
    const times_ms = reception.twice ? [0, AGAIN_MS] : [0];
    for (const later_ms of times_ms) {
      const time_us = 1000 * (air.start_ms + transmission.time_ms + later_ms);
      node.hear(radioRecord(transmission, reception, { time_us, unix: true, hci: false }));
    }
    return true;
  });
  return node;
}
