import type { ReceiverInfo } from "../../../gateway/nodes/answers.ts";
import { formatShare } from "../values/format_share.ts";
import { formatRssi } from "./receivers.ts";

/** How well a node hears a device: signal, and loss where it is known. */
export function linkWords({ rssi, loss }: ReceiverInfo): string {
  const lost = loss === undefined ? "" : ` · ${formatShare(loss)} lost`;
  return `${formatRssi(rssi)}${lost}`;
}
