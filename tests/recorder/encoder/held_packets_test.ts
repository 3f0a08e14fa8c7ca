import { deepEqual, equal } from "node:assert/strict";
import { HeldPackets } from "../../../gateway/recorder/encoder/held_packets.ts";
import { Random } from "../../traces/support/random.ts";

const writer = { write() {} };

Deno.test("what comes in any order goes out by time, equals in order", () => {
  const random = new Random(7);
  const held = new HeldPackets<number>();
  const times: number[] = [];
  for (let i = 0; i < 5000; i++) {
    const time = random.below(4) === 0 ? random.below(1000) : i;
    times.push(time);
    held.add(time, 0, writer, i, null);
  }
  equal(held.size, 5000);
  const out: number[] = [];
  for (let next = held.next(0); next !== undefined; next = held.next(0)) out.push(next.event);
  const expected = times.map((_, i) => i).sort((a, b) => times[a]! - times[b]! || a - b);
  deepEqual(out, expected);
});

Deno.test("nothing goes before its time, but for what stands before one that has to", () => {
  const held = new HeldPackets<string>();
  held.add(10, 0, writer, "old", null);
  held.add(20, 50, writer, "new", null);
  held.add(5, 50, writer, "early", null);
  held.add(15, 50, writer, "between", null);
  const due = (readBy: number) => {
    const out: string[] = [];
    for (let next = held.next(readBy); next !== undefined; next = held.next(readBy)) {
      out.push(next.event);
    }
    return out;
  };
  deepEqual(due(-1), []);
  deepEqual(due(0), ["early", "old"]);
  deepEqual(due(49), []);
  deepEqual(due(50), ["between", "new"]);
  equal(held.size, 0);
});
