/** Several receivers as in the suite, for longer, with other seeds and with more that is lost. */
import { receivers } from "../support/receivers.ts";

Deno.test("three receivers for 90 s: every content heard becomes updates once", async () => {
  await receivers({
    seconds: 90,
    framesPerSecond: 2000,
    devices: 120,
    loss: 0.3,
    duplicates: 0.1,
    seed: 11,
  });
});

Deno.test("three receivers that lose more than half: every content heard becomes updates once", async () => {
  await receivers({
    seconds: 60,
    framesPerSecond: 2000,
    devices: 200,
    loss: 0.6,
    duplicates: 0.3,
    seed: 12,
  });
});
