/**
 * Endpoints of conversations as text.
 *
 * @module
 */
import { ipv4Text, ipv6Text } from "../wire/address_text.ts";
import type { Conversation, Side } from "./conversation.ts";

const bytes = new Uint8Array(16);
const view = new DataView(bytes.buffer);

/** The address of a side, as "127.0.0.1" or "::1". */
export function addressText(conversation: Conversation, side: Side): string {
  const { a0, a1, a2, a3, b0, b1, b2, b3, v6 } = conversation;
  const words = side === 0 ? [a0, a1, a2, a3] : [b0, b1, b2, b3];
  words.forEach((word, index) => view.setInt32(4 * index, word));
  return v6 ? ipv6Text(bytes, 0) : ipv4Text(bytes, 0);
}

/** Address and port of a side, as "127.0.0.1:1883" or "[::1]:1883". */
export function endpointText(conversation: Conversation, side: Side): string {
  const address = addressText(conversation, side);
  return `${conversation.v6 ? `[${address}]` : address}:${conversation.port(side)}`;
}
