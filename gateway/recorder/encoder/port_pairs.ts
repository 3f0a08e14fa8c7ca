/**
 * Keeps connections apart that would have the same addresses and ports in the file: the server's
 * port may be written as another one, and the client's is not always known.
 *
 * @module
 */
import type { Endpoint } from "../packets/addresses.ts";

/** Ports that nobody is assigned (RFC 6335, 6). */
const FIRST_PORT = 49_152;
const PORTS = 16_384;
/** Pairs remembered: of connections whose end was lost too. */
const MAX_PAIRS = 65_536;
/** Ports that are tried. */
const TRIES = 100;

export class PortPairs {
  readonly #used = new Set<string>();

  /**
   * Takes the pair of ports of a connection that opens.
   *
   * @param seed where to begin if the client's port has to be made up
   * @returns the client, with another port if its own is unknown or taken
   */
  take(client: Endpoint, server: Endpoint, seed: number): Endpoint {
    let found = client;
    for (let i = 0; i < TRIES; i++) {
      const key = keyOf(found, server);
      if (found.port !== 0 && !this.#used.has(key)) {
        if (this.#used.size >= MAX_PAIRS) this.#used.clear();
        this.#used.add(key);
        break;
      }
      found = { host: client.host, port: FIRST_PORT + (seed + i) % PORTS };
    }
    return found;
  }

  /** The connection closed. */
  free(client: Endpoint, server: Endpoint) {
    this.#used.delete(keyOf(client, server));
  }
}

function keyOf(client: Endpoint, server: Endpoint): string {
  return `${client.host} ${client.port} ${server.host} ${server.port}`;
}
