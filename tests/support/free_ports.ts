/**
 * Ports for servers that cannot choose one themselves and say which.
 *
 * @module
 */

/** Different TCP ports on loopback, free until this returns. */
export function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}
