/** What is kept of who asks for a WebSocket. */
import assert from "node:assert/strict";
import { connectionFacts } from "../../gateway/http/connection_facts.ts";

function factsOf(
  url: string,
  headers: Record<string, string>,
  peer = "192.0.2.77",
  host = "0.0.0.0",
) {
  const ends = {
    peer,
    peerPort: 50_000,
    local: { host, port: 8080 },
    completed: () => Promise.resolve(),
  };
  return connectionFacts(new Request(url, { headers }), ends, "session")(new Response());
}

Deno.test("headers: those that say something are kept, and never more than some KB", () => {
  const long = "x".repeat(60_000);
  const { upgrade } = factsOf(`http://gw.example/ws/${long}`, {
    "host": "gw.example",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "user-agent": "test/1.0",
    "cookie": long,
    "authorization": `Bearer ${long}`,
    "x-forwarded-for": long,
    "x-anything": long,
  });
  const kept = upgrade!.requestHeaders.map((
    [name, value],
  ) => [name, value.slice(0, 24), value.length]);
  assert.deepEqual(kept, [
    ["authorization", "Bearer xxxxxxxxxxxxxxxxx", 256],
    ["cookie", "x".repeat(24), 256],
    ["host", "gw.example", 10],
    ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==", 24],
    ["user-agent", "test/1.0", 8],
    ["x-forwarded-for", "x".repeat(24), 256],
  ]);
  assert.ok(upgrade!.target === `/ws/${long}`.slice(0, 1024));
});

Deno.test("own address: what the Host header says counts only if this machine has it", () => {
  const host = (url: string, peer?: string, listening?: string) =>
    factsOf(url, {}, peer, listening).local.host;
  const own = Deno.networkInterfaces().map(({ address }) => address);
  const mine = own.find((address) => address.includes(".") && !address.startsWith("127."));
  if (mine !== undefined) assert.equal(host(`http://${mine}/ws`), mine);
  assert.equal(host("http://198.51.100.9/ws"), "0.0.0.0");
  assert.equal(host("http://gw.example/ws"), "0.0.0.0");
  assert.equal(host("http://198.51.100.9/ws", "127.0.0.1"), "127.0.0.1");
  assert.equal(host("http://[::1]/ws", "192.0.2.77", "::"), own.includes("::1") ? "::1" : "::");
  assert.equal(host("http://198.51.100.9/ws", undefined, "192.0.2.1"), "192.0.2.1");
});
