/**
 * Listens for HTTP, or HTTPS where there is a certificate.
 *
 * @module
 */
import type { Config } from "../config/schema.ts";
import { listenUrl, readCertificate } from "../listen_address.ts";
import type { makeApp } from "./app.ts";

/**
 * @returns the server, and its address with the port that it got
 * @throws If the port is taken, or the certificate cannot be read.
 */
export function serveHttp(
  app: ReturnType<typeof makeApp>,
  { host: hostname, port, cert, key }: Config,
): { server: Deno.HttpServer<Deno.NetAddr>; address: URL } {
  const certificate = readCertificate({ cert, key });
  const local = { host: hostname, port };
  const server = Deno.serve(
    { hostname, port, onListen: () => {}, ...certificate },
    (request, info) => {
      const { hostname: peer, port: peerPort } = info.remoteAddr;
      return app.fetch(request, { peer, peerPort, local, completed: () => info.completed });
    },
  );
  local.host = server.addr.hostname;
  local.port = server.addr.port;
  return { server, address: listenUrl(certificate ? "https" : "http", server.addr) };
}
