/**
 * Gateway, publisher, browsers and a bridge node are killed at random moments under 1,000 QoS 1
 * messages a second. `EDGEWIRE_SOAK_ROUNDS` (200) makes it shorter.
 */
import { nothingLost } from "../support/nothing_lost/rounds.ts";
import { testWith } from "../support/tools.ts";

const ROUNDS = Number(Deno.env.get("EDGEWIRE_SOAK_ROUNDS") ?? 200);

testWith(["mosquitto"], `${ROUNDS} rounds of SIGKILL: nothing is lost`, async () => {
  console.log(JSON.stringify(await nothingLost({ rounds: ROUNDS }), null, 2));
});
