/**
 * Connections that come to a listener.
 *
 * @module
 */

/** Pause where the system has not what a connection needs, ms. */
const PAUSE_MS = 100;

/** What goes wrong with one connection that its peer has closed already, or in accepting once. */
const GONE = [
  Deno.errors.NotConnected,
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
  Deno.errors.Interrupted,
];

/**
 * Takes connections until the listener is closed, whatever happens to any of them.
 *
 * @param log hears of what is not a peer's doing
 */
export async function* incomingConnections<Conn extends Deno.Conn>(
  listener: { accept(): Promise<Conn> },
  log: (line: string) => void,
): AsyncGenerator<Conn, void> {
  while (true) {
    try {
      yield await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      if (GONE.some((gone) => error instanceof gone)) continue;
      log(`accept failed: ${(error as Error).message}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
