/** pcapng files that try to fill the memory: blocks of every type without end. */
import { BombWorker } from "../traces/files/bomb_worker.ts";
import { BOMBS } from "../traces/files/pcapng_bombs.ts";

const worker = new BombWorker();
Deno.test.afterAll(() => worker.end());

for (const bomb of Object.keys(BOMBS)) Deno.test(bomb, () => worker.check(bomb));
