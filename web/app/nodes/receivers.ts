import type { ReceiverInfo } from "../../../gateway/nodes/answers.ts";
import { compareNames } from "../compare_names.ts";

/** By name, so that rows stay where they are when signals change. */
export function inOrder(receivers: readonly ReceiverInfo[]): ReceiverInfo[] {
  return [...receivers].sort((a, b) => compareNames(a.node, b.node));
}

/** Signal strength for people: "−67 dBm" with a true minus. */
export function formatRssi(rssi: number | undefined): string {
  return rssi === undefined ? "–" : `${String(Math.round(rssi)).replace("-", "−")} dBm`;
}
