/** Connections that are lost at random moments lose nothing and repeat nothing. */
import { reconnecting } from "../support/reconnecting.ts";

Deno.test("400 reconnects under 500 messages/s: every number exactly once", async () => {
  await reconnecting({ clients: 5, times: 40 });
});
