/** More than the gateway can take; the soak tests send it more. */
import { floods } from "../support/floods.ts";

// 64 MB in each pass: more than the gateway may hold.
Deno.test("floods over TCP", (t) => floods(t, { bursts: 20, chunks: 20, rounds: 14 }));
