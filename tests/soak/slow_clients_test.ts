/** The slow clients of the suite, with the default T, for a minute. */
import { slowClients } from "../support/slow_clients.ts";

Deno.test("slow for 60 s: stops for T/2 again and again, reads 20 kB/s", async () => {
  await slowClients({ idleSeconds: 10, slowMs: 60_000, p99Ms: 100 });
});
