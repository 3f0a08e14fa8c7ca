/** Commands with a broker and devices of the test's own. */
import assert from "node:assert/strict";
import { PublishError } from "../../gateway/broker/broker.ts";
import { Commands } from "../../gateway/rooms/commands.ts";
import { Rules } from "../../gateway/rooms/rules.ts";
import type { Ack } from "../../gateway/sessions/messages.ts";

const TOPIC = "devices/valve/opening";

/** A broker that acknowledges when the test says so. */
class Setup {
  readonly published: { text: string; acknowledge(error?: Error): void }[] = [];
  readonly acks: Ack[] = [];
  readonly commands: Commands;
  obstacle: string | null = null;

  constructor(timeoutMs = 60_000) {
    const rules = new Rules([], []);
    this.commands = new Commands({
      timeoutMs,
      route: (topic) => rules.route(topic),
      obstacle: () => this.obstacle,
      publish: (_topic, payload) =>
        new Promise((resolve, reject) => {
          this.published.push({
            text: new TextDecoder().decode(payload),
            acknowledge: (error) => error === undefined ? resolve() : reject(error),
          });
        }),
    });
  }

  submit(id: string, value: unknown, { owner = "me", topic = TOPIC } = {}) {
    const command = { type: "command", id, channel: "valve", topic, value } as const;
    this.commands.submit(owner, command, (ack) => this.acks.push(ack));
  }

  /** The broker acknowledges a publish. */
  async acknowledge(index: number, error?: Error) {
    this.published[index]!.acknowledge(error);
    await turn();
  }

  get texts(): string[] {
    return this.published.map(({ text }) => text);
  }

  stages(id: string): string[] {
    return this.acks.filter((ack) => ack.id === id).map(({ stage, reason }) =>
      reason === undefined ? stage : `${stage}: ${reason}`
    );
  }

  [Symbol.dispose]() {
    this.commands.close();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("an answer before the broker's acknowledgement counts after it", async () => {
  using all = new Setup();
  all.submit("a", 1);
  all.commands.observe(TOPIC);
  assert.deepEqual(all.stages("a"), ["accepted"]);
  await all.acknowledge(0);
  assert.deepEqual(all.stages("a"), ["accepted", "delivered", "observed"]);
});

Deno.test("a state that came before the command is no answer to it", async () => {
  using all = new Setup();
  all.commands.observe(TOPIC);
  all.submit("a", 1);
  await all.acknowledge(0);
  assert.deepEqual(all.stages("a"), ["accepted", "delivered"]);
});

Deno.test("one that waits behind another is not answered by what answers that", async () => {
  using all = new Setup();
  all.submit("a", 1);
  all.submit("b", 2);
  all.commands.observe(TOPIC);
  await all.acknowledge(0);
  assert.deepEqual(all.stages("a").at(-1), "observed");
  assert.deepEqual(all.stages("b"), ["accepted"]);
  await all.acknowledge(1);
  assert.deepEqual(all.stages("b"), ["accepted", "delivered"]);
});

Deno.test("at most one unacknowledged per topic; the latest waits, the others are told", async () => {
  using all = new Setup();
  for (const id of ["a", "b", "c", "d"]) all.submit(id, id);
  all.submit("other", "x", { topic: "devices/valve/flow" });
  assert.deepEqual(all.texts, ["a", "x"]);
  await all.acknowledge(0);
  assert.deepEqual(all.texts, ["a", "x", "d"]);
  for (const id of ["b", "c"]) {
    assert.deepEqual(all.stages(id), ["accepted", "failed: superseded by a later command"]);
  }
});

Deno.test("two topics with one command topic share its line", () => {
  using all = new Setup();
  all.submit("a", 1);
  all.submit("b", 2, { topic: `${TOPIC}/changed` });
  assert.deepEqual(all.texts, ["1"]);
});

Deno.test("a publish that fails says why, and the next goes on", async () => {
  using all = new Setup();
  all.submit("a", 1);
  all.submit("b", 2);
  await all.acknowledge(0, new PublishError("broker away: connection lost"));
  assert.deepEqual(all.stages("a"), ["accepted", "failed: broker away: connection lost"]);
  assert.deepEqual(all.texts, ["1", "2"]);
});

Deno.test("an obstacle is told at once, and nothing is published", () => {
  using all = new Setup();
  all.obstacle = "broker away: connecting";
  all.submit("a", 1);
  assert.deepEqual(all.stages("a"), ["failed: broker away: connecting"]);
  assert.deepEqual(all.texts, []);
});

Deno.test("without the broker's word it fails by timeout; a late word changes nothing", async () => {
  using all = new Setup(5);
  all.submit("a", 1);
  while (all.commands.pending > 0) await turn();
  await all.acknowledge(0);
  all.commands.observe(TOPIC);
  assert.deepEqual(all.stages("a"), [
    "accepted",
    "failed: timeout: the broker did not acknowledge",
  ]);
});

Deno.test("one that timed out while it waited is never published", async () => {
  using all = new Setup(5);
  all.submit("a", 1);
  all.submit("b", 2);
  while (all.commands.pending > 0) await turn();
  await all.acknowledge(0);
  assert.deepEqual(all.texts, ["1"]);
});

Deno.test("the same id is published once, and hears where it stands, also at the end", async () => {
  using all = new Setup();
  all.submit("a", 1);
  all.submit("a", 1);
  await all.acknowledge(0);
  all.commands.observe(TOPIC);
  all.submit("a", 1);
  assert.deepEqual(all.texts, ["1"]);
  assert.deepEqual(all.stages("a"), ["accepted", "accepted", "delivered", "observed", "observed"]);
  all.submit("a", 1, { owner: "you" });
  assert.deepEqual(all.texts, ["1", "1"]);
});

Deno.test("many commands leave nothing behind but their last words", async () => {
  using all = new Setup();
  for (let i = 0; i < 10_050; i++) {
    all.submit(`c${i}`, "x");
    all.published.at(-1)!.acknowledge();
    await Promise.resolve();
    all.commands.observe(TOPIC);
  }
  await turn();
  assert.equal(all.commands.pending, 0);
  assert.equal(all.commands.ended.observed, 10_050);
  const count = all.published.length;
  all.submit("c10049", "x");
  assert.equal(all.published.length, count);
  all.submit("c0", "x");
  assert.equal(all.published.length, count + 1, "the oldest was not forgotten");
});

Deno.test("what is under way at the end fails, and what waits is not published", async () => {
  const all = new Setup();
  all.submit("a", 1);
  all.submit("b", 2);
  all.commands.close();
  await all.acknowledge(0);
  assert.deepEqual(all.stages("a"), ["accepted", "failed: shutting down"]);
  assert.deepEqual(all.stages("b"), ["accepted", "failed: shutting down"]);
  assert.deepEqual(all.texts, ["1"]);
});
