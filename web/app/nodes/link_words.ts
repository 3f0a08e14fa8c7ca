import type { ReceiverInfo } from "../../../gateway/nodes/answers.ts";
import { formatShare } from "../values/format_share.ts";
import { formatRssi } from "./receivers.ts";

/** How well a node hears a device: signal, and its part of the packets that any node heard. */
export function linkWords({ rssi, share }: ReceiverInfo): string {
  return `${formatRssi(rssi)} · ${formatShare(share)} heard`;
}
