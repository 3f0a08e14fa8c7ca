/**
 * Why the gateway cannot listen somewhere, and what to do about it.
 *
 * @module
 */

export interface ListenPlace {
  /** What listens there, e.g. `HTTP`. */
  what: string;
  hostname: string;
  port: number;
  /** Options that choose the address and the port, without dashes. */
  flags: { host: string; port: string };
}

export class ListenError extends Error {
  override name = "ListenError";
}

/** @returns The error with place and remedy, or as it is if it is of another kind. */
export function explainListen(error: unknown, place: ListenPlace): unknown {
  const { what, hostname, port, flags } = place;
  const where = `cannot listen for ${what} on port ${port} of ${hostname}`;
  if (error instanceof Deno.errors.AddrInUse) {
    const remedy = `stop it or choose another port with --${flags.port}`;
    return new ListenError(`${where}: another program does: ${remedy}`);
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    const remedy = `choose one with --${flags.host}`;
    return new ListenError(`${where}: not an address of this machine: ${remedy}`);
  }
  // With a path behind it, it is of a file.
  if (error instanceof Deno.errors.PermissionDenied && !error.message.includes("'")) {
    const remedy = `choose one from 1024 with --${flags.port}`;
    return new ListenError(`${where}: the system does not allow this port: ${remedy}`);
  }
  return error;
}
