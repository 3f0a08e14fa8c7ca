/**
 * Which application protocol is meant inside TLS: by the name both sides agreed on (RFC 7301, IANA
 * "TLS ALPN Protocol IDs") or by the port (IANA "Service Name and Port Number").
 *
 * @module
 */

const BY_ALPN: ReadonlyMap<string, string> = new Map([
  ["http/1.1", "Hypertext Transfer Protocol"],
  ["h2", "HyperText Transfer Protocol 2"],
  ["dot", "Domain Name System"],
  ["coap", "Constrained Application Protocol"],
  ["stun.turn", "TURN Channel"],
  ["stun.nat-discovery", "Session Traversal Utilities for NAT"],
]);

const BY_PORT: ReadonlyMap<number, string> = new Map([
  [443, "Hypertext Transfer Protocol"],
  [465, "Simple Mail Transfer Protocol"],
  [636, "Lightweight Directory Access Protocol"],
  [802, "Modbus/TCP"],
  [853, "Domain Name System"],
  [993, "Internet Message Access Protocol"],
  [995, "Post Office Protocol"],
  [2221, "EtherNet/IP (Industrial Protocol)"],
  [3389, "TPKT - ISO on TCP - RFC1006"],
  [5061, "Session Initiation Protocol"],
  [5671, "Advanced Message Queuing Protocol"],
  [5684, "Constrained Application Protocol"],
  [5868, "Diameter Protocol"],
  [8883, "MQ Telemetry Transport Protocol"],
  [19999, "Distributed Network Protocol 3.0"],
  [27017, "Mongo Wire Protocol"],
]);

/**
 * Long name of the application protocol; empty when neither tells.
 *
 * @param alpn what the server chose, empty when nothing
 */
export function applicationName(alpn: string, port: number, otherPort: number): string {
  if (alpn !== "") {
    const name = BY_ALPN.get(alpn);
    if (name !== undefined) return name;
  }
  return BY_PORT.get(port) ?? BY_PORT.get(otherPort) ?? "";
}
