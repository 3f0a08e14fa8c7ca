/** Questions to nodes about their settings, and the answers that count. */
import assert from "node:assert/strict";
import { type Broker, PublishError } from "../../gateway/broker/broker.ts";
import { NodeSettings, type SettingsOutcome } from "../../gateway/nodes/node_settings.ts";

type Published = (topic: string, message: Record<string, unknown>) => Promise<void> | void;

/** A broker whose only client is the test. */
function brokerOf(published: Published): Broker {
  return {
    publish: async (topic: string, payload: Uint8Array) => {
      await published(topic, JSON.parse(new TextDecoder().decode(payload)));
    },
  } as unknown as Broker;
}

function take(settings: NodeSettings, node: string, answer: unknown) {
  settings.take(node, new TextEncoder().encode(JSON.stringify(answer)));
}

/** What becomes of a question, with what the node says. */
async function ask(
  says: (id: unknown, settings: NodeSettings) => void,
  wishes: Record<string, unknown> = {},
): Promise<SettingsOutcome> {
  const settings = new NodeSettings(30);
  const broker = brokerOf((topic, { id, ...rest }) => {
    assert.equal(topic, "edgewire/v1/attic/set");
    assert.deepEqual(rest, wishes);
    says(id, settings);
  });
  return await settings.ask("attic", wishes, broker);
}

Deno.test("an answer has all settings, without what belongs to the question", async () => {
  const outcome = await ask((id, settings) => {
    take(settings, "attic", { id, ok: true, scan: true, channel: 15 });
  }, { channel: 15 });
  assert.deepEqual(outcome, { ok: true, settings: { scan: true, channel: 15 } });
});

Deno.test("a refusal has its reason, and settings as they are", async () => {
  const refused = await ask((id, settings) => {
    take(settings, "attic", { id, ok: false, reason: "channel: no", channel: 11 });
  });
  assert.deepEqual(refused, { ok: false, reason: "channel: no", settings: { channel: 11 } });
  const silentOn = await ask((id, settings) => take(settings, "attic", { id, ok: "yes" }));
  assert.deepEqual(silentOn, { ok: false, reason: "no reason given", settings: {} });
});

Deno.test("answers of others, to others, and what is none do not count", async () => {
  const outcome = await ask((id, settings) => {
    take(settings, "cellar", { id, ok: true });
    take(settings, "attic", { id: "another", ok: true });
    for (const none of [null, 7, [], "text"]) take(settings, "attic", none);
    settings.take("attic", Uint8Array.of(0x7b, 0xff));
    settings.take("attic", new TextEncoder().encode(`{"id":"${id}","a":"${"a".repeat(70_000)}"}`));
  });
  assert.equal(outcome, "silent");
});

Deno.test("a broker that is away is said; too many questions are refused; closing answers", async () => {
  const settings = new NodeSettings();
  const away = brokerOf(() => Promise.reject(new PublishError("broker away: x")));
  await assert.rejects(settings.ask("attic", {}, away), PublishError);
  const mute = brokerOf(() => {});
  const asked = Array.from({ length: 101 }, () => settings.ask("attic", {}, mute));
  assert.equal(await asked.pop(), "busy");
  settings.close();
  assert.deepEqual(new Set(await Promise.all(asked)), new Set(["silent"]));
});
