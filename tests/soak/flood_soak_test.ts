/** Floods as in the suite, of more. */
import { floods } from "../support/floods.ts";

Deno.test("floods over TCP", (t) => floods(t, { bursts: 200, chunks: 100, rounds: 60 }));
