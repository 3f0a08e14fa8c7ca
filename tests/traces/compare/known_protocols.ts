/**
 * Protocols that this decoder decodes. Where tshark goes on into another one, only what comes before
 * is compared.
 *
 * @module
 */
import { allFields } from "../../../traces/wire/field.ts";

/** What was promised, also where no decoder has registered it. */
const PROMISED = new Set(
  ("eth ethertype vlan raw null sll ppi ip ipv6 ipv6.hopopts ipv6.dstopts ipv6.routing " +
    "ipv6.fraghdr udp icmp icmpv6 tcp http websocket mqtt tls data data-text-lines btle btle_rf " +
    "btl2cap btatt btcommon bluetooth nordic_ble hci_h4 hci_mon bthci_cmd bthci_evt bthci_acl " +
    "wpan wpan-tap wpan-nonask-phy zbee_nwk zbee_aps 6lowpan coap exported_pdu _ws.short " +
    "_ws.malformed").split(" "),
);

let registered: Set<string> | undefined;

export function isKnownProtocol(name: string): boolean {
  registered ??= new Set(
    allFields().filter(({ type }) => type === "protocol").map(({ name }) => name),
  );
  return PROMISED.has(name) || registered.has(name);
}

/** Index of the first protocol that is none of ours; the number of protocols when all are. */
export function firstForeign(layers: readonly string[]): number {
  const found = layers.findIndex((name) => !isKnownProtocol(name));
  return found < 0 ? layers.length : found;
}
