/** `POST /api/decode` of a running gateway: who may, how much, and what is left of it. */
import assert from "node:assert/strict";
import { PcapWriter } from "../../traces/files/pcap_writer.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";

const ROLES = ["viewer", "operator", "admin", "node"] as const;
const CONFIG = `
limits: { bodyBytes: 1000, decodeBytes: 60000000 }
access: { openLoopback: false }
tokens:
${
  ROLES.map((role) => `  - { name: ${role}, role: ${role}, token: a-token-of-the-${role} }`).join(
    "\n",
  )
}
`;

function capture(frames: number): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(60).fill(7);
  const writer = new PcapWriter({ linkType: 1 });
  for (let n = 1; n <= frames; n++) writer.packet({ seconds: n, nanoseconds: 0 }, packet);
  return writer.take();
}

function post(
  gateway: GatewayProcess,
  body: BodyInit,
  { role = "admin", query = "", headers = {}, signal }: {
    role?: string;
    query?: string;
    headers?: Record<string, string>;
    signal?: AbortSignal;
  } = {},
): Promise<Response> {
  return fetch(new URL(`/api/decode?${query}`, gateway.url), {
    method: "POST",
    body,
    headers: { authorization: `Bearer a-token-of-the-${role}`, ...headers },
    ...(signal === undefined ? {} : { signal }),
  });
}

async function errorOf(response: Response): Promise<string> {
  return (await response.json()).error.message;
}

/** Threads of the gateway's workers. */
async function workers(gateway: GatewayProcess): Promise<number> {
  const args = ["-L", "-o", "comm=", "-p", String(gateway.process.pid)];
  const { stdout } = await new Deno.Command("ps", { args }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((name) => /^worker/.test(name)).length;
}

Deno.test("decoding uploads", async (t) => {
  await using gateway = await GatewayProcess.start({ config: CONFIG });
  const own = await workers(gateway);

  await t.step("admins may, from pages of ours", async () => {
    for (const role of ROLES.filter((role) => role !== "admin")) {
      const response = await post(gateway, capture(1), { role });
      assert.equal(response.status, 403, role);
      await response.body!.cancel();
    }
    assert.equal((await post(gateway, capture(1), { role: "nobody" })).status, 401);
    const foreign = await post(gateway, capture(1), { headers: { origin: "https://a.example" } });
    assert.equal(foreign.status, 403);
    assert.match(await errorOf(foreign), /origin/);
    const response = await post(gateway, capture(1));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.match(await response.text(), /^\{"number":1,.*\n\{"end":\{"kind":"complete"/);
    assert.equal(
      (await fetch(new URL("/api/decode?token=a-token-of-the-admin", gateway.url), {
        method: "POST",
        body: capture(1),
      })).status,
      200,
    );
  });

  await t.step("only POST", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const response = await fetch(new URL("/api/decode", gateway.url), {
        method,
        headers: { authorization: "Bearer a-token-of-the-admin" },
      });
      assert.equal(response.status, 405, method);
      assert.equal(response.headers.get("allow"), "POST");
      assert.match(await errorOf(response), /sent by POST/);
    }
  });

  await t.step("the limit is its own", async () => {
    const long = await post(gateway, capture(100), { query: "filter=tcp" });
    assert.match(await long.text(), /"kind":"complete","frames":100,/);
    const longer = await post(gateway, new Uint8Array(60_000_001));
    assert.equal(longer.status, 413);
    assert.match(await errorOf(longer), /60000000 bytes \(limits\.decodeBytes\)/);
    const other = await fetch(new URL("/api/devices/x", gateway.url), {
      method: "POST",
      body: capture(100),
      headers: { authorization: "Bearer a-token-of-the-admin" },
    });
    assert.equal(other.status, 413);
  });

  await t.step("who closes the connection ends it all", async () => {
    const before = await gateway.residentBytes();
    const body = capture(700_000);
    for (let i = 0; i < 5; i++) {
      const abort = new AbortController();
      const response = await post(gateway, body, { signal: abort.signal });
      const reader = response.body!.getReader();
      for (let bytes = 0; bytes < 1e6;) bytes += (await reader.read()).value!.length;
      assert.ok(await workers(gateway) > own, "it is at work");
      abort.abort();
      await eventually("its worker has gone", async () => await workers(gateway) === own);
    }
    const after = await gateway.residentBytes();
    assert.ok(after - before < 200e6, `memory grew from ${before} to ${after}`);
    assert.match(await (await post(gateway, capture(1))).text(), /"kind":"complete"/);
  });

  await t.step("the gateway stops in time, and says so", async () => {
    const first = capture(1);
    const abort = new AbortController();
    const body = new ReadableStream({ start: (controller) => controller.enqueue(first) });
    const response = await post(gateway, body, { signal: abort.signal });
    gateway.process.kill("SIGTERM");
    assert.match(await response.text(), /\{"end":.*the gateway is stopping"\}\}\n$/);
    abort.abort();
    assert.equal((await gateway.process.status).code, 0);
    const complaints = gateway.process.lines.filter((line) => /error|decode/i.test(line));
    assert.deepEqual(complaints, []);
  });
});
