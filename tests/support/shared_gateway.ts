/**
 * A gateway for several tests of a file.
 *
 * @module
 */
import { GatewayProcess, type GatewayProcessOptions } from "./gateway.ts";

/**
 * One gateway for the tests of a file that leave each other's channels and devices alone. To be
 * called while the file is loaded; the gateway starts with the first that asks for it and ends
 * after the last test.
 */
export function sharedGateway(options?: GatewayProcessOptions): () => Promise<GatewayProcess> {
  let gateway: Promise<GatewayProcess> | undefined;
  Deno.test.afterAll(async () => await (await gateway)?.[Symbol.asyncDispose]());
  return () => gateway ??= GatewayProcess.start(options);
}
