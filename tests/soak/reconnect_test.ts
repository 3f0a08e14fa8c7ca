/** The reconnecting clients of the suite, each of them a thousand times. */
import { reconnecting } from "../support/reconnecting.ts";

Deno.test("ten clients that reconnect 1,000 times each see every number exactly once", async () => {
  await reconnecting({ clients: 5, times: 1000 });
});
