import assert from "node:assert/strict";
import { Intake, type IntakeMember } from "../../gateway/broker/intake.ts";

const CHUNK = 64 << 10;

/** Clients that always have one more chunk; runs some turns and counts what each got. */
async function run(intake: Intake, clients: number, turns: number): Promise<number[]> {
  const taken = new Array<number>(clients).fill(0);
  let going = true;
  const members = taken.map((_, i): IntakeMember => ({ turned: () => ask(i) }));
  const ask = (i: number) => {
    if (!going || !intake.mayTake(members[i]!)) return;
    taken[i]!++;
    intake.taken(members[i]!, CHUNK);
  };
  members.forEach((_, i) => ask(i));
  for (let turn = 0; turn < turns; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  going = false;
  const all = taken.reduce((sum, count) => sum + count);
  // 128 KiB a turn; one turn more may have begun.
  assert.ok(all <= 2 * (turns + 2), `${all} chunks in ${turns} turns`);
  return taken;
}

Deno.test("Intake shares a turn's bytes among all, longest waiting first", async () => {
  const taken = await run(new Intake(), 50, 100);
  assert.ok(Math.min(...taken) >= 3, `somebody got ${Math.min(...taken)} chunks`);
  assert.ok(Math.max(...taken) <= Math.min(...taken) + 1, "shared unevenly");
});

Deno.test("Intake lets one client alone have every turn, and small chunks together", async () => {
  const [alone] = await run(new Intake(), 1, 20);
  assert.ok(alone! >= 20, `${alone}`);
  const intake = new Intake();
  const member = { turned() {} };
  for (let i = 0; i < 1000; i++) {
    assert.ok(intake.mayTake(member), "small messages wait for nobody");
    intake.taken(member, 100);
  }
});
