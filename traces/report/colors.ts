/**
 * Colours of the terminal.
 *
 * @module
 */

/** Select Graphic Rendition codes (ECMA-48, 8.3.117). */
export const Color = {
  none: "",
  bold: "\x1b[1m",
  dim: "\x1b[2m",
  red: "\x1b[31m",
  green: "\x1b[32m",
  yellow: "\x1b[33m",
  blue: "\x1b[34m",
  magenta: "\x1b[35m",
  cyan: "\x1b[36m",
  reset: "\x1b[0m",
} as const;

/** Colours that layers of one frame take turns in. */
export const LAYER_COLORS: readonly string[] = [
  Color.blue,
  Color.cyan,
  Color.green,
  Color.magenta,
  Color.yellow,
];

const BY_PROTOCOL: readonly (readonly [RegExp, string])[] = [
  [/^MQTT/i, Color.magenta],
  [/^WebSocket/i, Color.cyan],
  [/^HTTP/i, Color.green],
  [/^(TLS|SSL)/i, Color.blue],
  [/^(LE|HCI|ATT|L2CAP|BT)/i, Color.blue],
  [/^(ZigBee|CoAP|6LoWPAN|IEEE 802\.15\.4)/i, Color.cyan],
  [/^(TCP|UDP|ICMP|ARP)/i, Color.dim],
];

/** The colour of a frame's line by its Protocol column. */
export function protocolColor(protocol: string): string {
  return BY_PROTOCOL.find(([pattern]) => pattern.test(protocol))?.[1] ?? Color.none;
}

export function severityColor(severity: "error" | "warning" | "note"): string {
  return severity === "error" ? Color.red : severity === "warning" ? Color.yellow : Color.dim;
}
