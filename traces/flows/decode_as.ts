/**
 * What the user says a port carries, as in `tcp.port==8080,websocket`.
 *
 * @module
 */

/** Protocols that can be named. */
export const DECODABLE = ["http", "websocket", "mqtt", "tls", "coap", "data"] as const;
export type Decodable = typeof DECODABLE[number];

/** One such rule. */
export interface DecodeAs {
  readonly transport: "tcp" | "udp";
  readonly port: number;
  readonly protocol: Decodable;
}

/**
 * Reads `tcp.port==8080,websocket` (blanks allowed).
 *
 * @throws {SyntaxError} with what is wrong and what is expected
 */
export function parseDecodeAs(text: string): DecodeAs {
  const match = /^\s*(tcp|udp)\.port\s*==\s*(\d+)\s*,\s*([\w.-]+)\s*$/.exec(text);
  if (match === null) {
    throw new SyntaxError(
      `"${text}" is not of the form tcp.port==8080,websocket`,
    );
  }
  const [, transport, digits, name] = match;
  const port = Number(digits);
  if (port > 65535) throw new SyntaxError(`"${text}": port ${port} is greater than 65535`);
  const protocol = DECODABLE.find((known) => known === name!.toLowerCase());
  if (protocol === undefined) {
    throw new SyntaxError(
      `"${text}": protocol "${name}" cannot be chosen; choose one of ${DECODABLE.join(", ")}`,
    );
  }
  return { transport: transport as "tcp" | "udp", port, protocol };
}
