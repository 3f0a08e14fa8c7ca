/** The table of conversations: either direction finds them, and looking up stays cheap. */
import assert from "node:assert/strict";
import { Conversation } from "../../../traces/flows/conversation.ts";
import { Endpoints } from "../../../traces/flows/endpoints.ts";
import { FlowTable, sentBySide0 } from "../../../traces/flows/flow_table.ts";

function endpoints(client: number, reversed = false): Endpoints {
  const e = new Endpoints();
  e.s0 = reversed ? 1 : client;
  e.d0 = reversed ? client : 1;
  e.sourcePort = reversed ? 1883 : 50_000;
  e.destinationPort = reversed ? 50_000 : 1883;
  return e;
}

Deno.test("both directions find the same conversation", () => {
  const table = new FlowTable<Conversation>(10, () => {});
  const e = endpoints(-5);
  const conversation = new Conversation(0, "tcp", e);
  table.put(e, conversation);
  assert.equal(table.find(endpoints(-5)), conversation);
  assert.equal(table.find(endpoints(-5, true)), conversation);
  assert.ok(sentBySide0(conversation, e));
  assert.ok(!sentBySide0(conversation, endpoints(-5, true)));
  assert.equal(table.find(endpoints(6)), undefined);
  const v6 = endpoints(-5);
  v6.v6 = true;
  assert.equal(table.find(v6), undefined);
});

Deno.test("an endpoint that talks to itself", () => {
  const table = new FlowTable<Conversation>(10, () => {});
  const e = new Endpoints();
  table.put(e, new Conversation(0, "udp", e));
  assert.ok(sentBySide0(table.find(e)!, e));
});

Deno.test("when it is full, a silent conversation makes room", () => {
  const forgotten: number[] = [];
  const table = new FlowTable<Conversation>(4, ({ index }) => forgotten.push(index));
  for (let i = 0; i < 6; i++) {
    const e = endpoints(i);
    const conversation = new Conversation(i, "tcp", e);
    conversation.lastFrame = i === 0 ? 100 : i;
    table.put(e, conversation);
  }
  assert.deepEqual(forgotten, [1, 2]);
  assert.equal(table.size, 4);
  assert.equal(table.find(endpoints(1)), undefined);
  assert.equal(table.find(endpoints(0))!.index, 0);
  assert.equal(table.find(endpoints(5))!.index, 5);
});

Deno.test("looking up among many compares few", () => {
  const count = 50_000;
  const table = new FlowTable<Conversation>(count, () => {});
  let compared = 0;
  class Counted extends Conversation {
    // deno-lint-ignore no-explicit-any -- replaces a field by a counter of reads
    static watch(conversation: any): Conversation {
      const { v6 } = conversation;
      Object.defineProperty(conversation, "v6", {
        get: () => {
          compared++;
          return v6;
        },
      });
      return conversation;
    }
  }
  for (let i = 0; i < count; i++) {
    const e = endpoints(i);
    table.put(e, Counted.watch(new Counted(i, "tcp", e)));
  }
  compared = 0;
  for (let i = 0; i < count; i++) assert.equal(table.find(endpoints(i, true))!.index, i);
  assert.ok(compared < 1.1 * count, `${compared} comparisons for ${count} look-ups`);
});
