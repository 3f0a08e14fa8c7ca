/**
 * A BLE bridge node: hands on all advertisements that it hears.
 *
 * @module
 */
import type { Air } from "./air.ts";
import { RadioNode, type RadioNodeOptions } from "./radio_node.ts";
import { radioRecord } from "./radio_record.ts";

/** What one is. */
export interface BleBridgeOptions extends Omit<RadioNodeOptions, "radio" | "channel"> {
  /** Whether its clock is set; else its times count from its boot. */
  unix: boolean;
  /** Whether it gets HCI events from a controller (H4), not link layer packets. */
  hci: boolean;
}

/** How long before the world began a node without a clock booted, ms. */
const UPTIME_MS = 1500;
/** A frame heard twice is heard again so much later, ms. */
const AGAIN_MS = 0.4;

/** Starts a node that hears what its namesake among the receivers of the air does. */
export function startBleBridge(options: BleBridgeOptions, air: Air): RadioNode {
  const { unix, hci, ...rest } = options;
  const node = new RadioNode({ ...rest, radio: "ble" });
  const origin_ms = unix ? air.start_ms : UPTIME_MS;
  air.listen(options.name, (transmission, reception) => {
    if (!node.settings.scan) return false;
    const time_us = 1000 * (origin_ms + transmission.time_ms);
    node.hear(radioRecord(transmission, reception, { time_us, unix, hci }));
    if (reception.twice) {
      const again_us = time_us + 1000 * AGAIN_MS;
      node.hear(radioRecord(transmission, reception, { time_us: again_us, unix, hci }));
    }
    return true;
  });
  return node;
}
