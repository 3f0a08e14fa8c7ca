/**
 * Who gets in over HTTP and WebSocket: tokens, cookies, origins, hosts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { WsPeer } from "../support/ws_peer.ts";

const TOKEN_ARGS = ["--no-access-open-loopback"];

/** One HTTP/1.1 request as it is written here: `fetch` does not let one choose the Host. */
async function request(gateway: GatewayProcess, head: string[]): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(gateway.url.port) });
  const text = [...head, "Connection: close", "", ""].join("\r\n");
  await conn.write(new TextEncoder().encode(text));
  return await new Response(conn.readable).text();
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]);
}

/** The handshake of RFC 6455 section 1.3, with more headers. */
function upgrade(path: string, ...headers: string[]): string[] {
  return [
    `GET ${path} HTTP/1.1`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...headers,
  ];
}

async function readTokens(dataDir: string): Promise<Record<string, string>> {
  return JSON.parse(await Deno.readTextFile(`${dataDir}/tokens.json`));
}

Deno.test("tokens: made once, kept for the owner alone, used in every form", async (t) => {
  const dataDir = await Deno.makeTempDir({ prefix: "edgewire-tokens-" });
  try {
    await using gateway = await GatewayProcess.start({ args: TOKEN_ARGS, dataDir });
    const tokens = await readTokens(dataDir);
    const ask = (path: string, headers: Record<string, string> = {}) =>
      fetch(new URL(path, gateway.url), { headers, redirect: "manual" });
    const status = async (path: string, headers: Record<string, string> = {}) => {
      const response = await ask(path, headers);
      await response.body?.cancel();
      return response.status;
    };

    await t.step("the file is the owner's, and the links are printed", async () => {
      assert.equal((await Deno.stat(`${dataDir}/tokens.json`)).mode! & 0o777, 0o600);
      for (const role of ["viewer", "operator", "admin"]) {
        assert.ok(gateway.process.output.includes(`${gateway.url}?token=${tokens[role]}`), role);
      }
      assert.ok(gateway.process.output.includes(`password ${tokens.node}`));
    });

    await t.step("no token or a wrong one: 401, and nothing is told", async () => {
      for (const path of ["/", "/api/channels", "/healthz", "/metrics", "/nothing"]) {
        assert.equal(await status(path), 401, path);
        assert.equal(await status(`${path}?token=wrong`), 401, path);
        assert.equal(await status(path, { authorization: "Bearer wrong" }), 401, path);
      }
    });

    await t.step("a browser without a token is told in words where to get in", async () => {
      const response = await fetch(gateway.url, { headers: { accept: "text/html,*/*" } });
      assert.equal(response.status, 401);
      assert.match(response.headers.get("content-type")!, /^text\/html/);
      assert.match(await response.text(), /links that this gateway prints/);
    });

    await t.step("header, query, and the cookie that a link leaves", async () => {
      const authorization = `Bearer ${tokens.viewer}`;
      assert.equal(await status("/api/channels", { authorization }), 200);
      assert.equal(await status(`/api/channels?token=${tokens.viewer}`), 200);
      assert.equal(await status(`/api/channels?token=${tokens.node}`), 403);
      const link = await ask(`/some/page?x=1&token=${tokens.viewer}`);
      assert.equal(link.status, 303);
      assert.equal(link.headers.get("location"), "/some/page?x=1");
      const [cookie, ...attributes] = link.headers.get("set-cookie")!.split("; ");
      assert.deepEqual(attributes.sort(), [
        "HttpOnly",
        "Max-Age=31536000",
        "Path=/",
        "SameSite=Lax",
      ]);
      assert.equal(await status("/", { cookie: cookie! }), 200);
      assert.equal(await status("/", { cookie: `other=1; ${cookie}` }), 200);
    });

    await t.step("a link cannot lead to another host", async () => {
      const answer = await request(gateway, [
        `GET //evil.example/?token=${tokens.viewer} HTTP/1.1`,
        `Host: ${gateway.url.host}`,
      ]);
      assert.match(answer, /^location: \/evil\.example\/\r$/im);
    });

    await t.step("/ws: 4401 without a token, 4403 with a node's, else the role", async () => {
      for (
        const [query, code] of [["", 4401], ["?token=wrong", 4401], [
          `?token=${tokens.node}`,
          4403,
        ]]
      ) {
        await using peer = await WsPeer.open(gateway.ws(`/ws${query}`));
        assert.equal((await peer.closed).code, code, String(query));
      }
      for (const role of ["viewer", "operator", "admin"]) {
        await using peer = await WsPeer.open(gateway.ws("/ws"), {
          headers: { authorization: `Bearer ${tokens[role]}` },
        });
        assert.equal((await peer.next("welcome")).role, role);
      }
    });

    await t.step("a viewer's command is refused, an operator's is not", async () => {
      await using node = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
        username: "n1",
        password: tokens.node!,
      });
      await node.publish("devices/n1/power", "off");
      await node.subscribe("devices/n1/+/set");
      const command = { type: "command", id: "c", channel: "n1", topic: "devices/n1/power" };
      await using viewer = await WsPeer.open(gateway.ws(`/ws/n1?token=${tokens.viewer}`));
      viewer.send({ ...command, value: "by the viewer" });
      const refused = await viewer.next("ack");
      assert.equal(refused.stage, "failed");
      await using operator = await WsPeer.open(gateway.ws(`/ws/n1?token=${tokens.operator}`));
      operator.send({ ...command, value: "by the operator" });
      await operator.next("ack", ({ stage }) => stage === "delivered");
      const { text } = await node.message(() => true);
      assert.equal(text, "by the operator");
    });

    await t.step("after a restart the same tokens are good", async () => {
      await gateway.process.stop();
      await using again = await GatewayProcess.start({ args: TOKEN_ARGS, dataDir });
      assert.deepEqual(await readTokens(dataDir), tokens);
      const headers = { authorization: `Bearer ${tokens.viewer}` };
      assert.equal((await fetch(new URL("/healthz", again.url), { headers })).status, 200);
    });

    await t.step("a damaged file is said, and not overwritten", async () => {
      for (
        const [text, message] of [["{", /tokens\.json is not JSON: delete it/], [
          '{"viewer":"short"}',
          /tokens\.json has no token for "viewer": delete it/,
        ]] as const
      ) {
        await Deno.writeTextFile(`${dataDir}/tokens.json`, text);
        await assert.rejects(GatewayProcess.start({ args: TOKEN_ARGS, dataDir }), message);
        assert.equal(await Deno.readTextFile(`${dataDir}/tokens.json`), text);
      }
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("open loopback: for this machine's people, not for pages of others", async (t) => {
  await using gateway = await GatewayProcess.start({
    args: ["--access-origins", "https://lab.example", "--access-hosts", "pi.example"],
  });
  const { host, port } = gateway.url;

  await t.step("Host: a name of this machine, or one that is configured", async () => {
    for (
      const [name, expected] of [
        [host, 200],
        [`localhost:${port}`, 200],
        [`[::1]:${port}`, 200],
        [`pi.example:${port}`, 200],
        ["rebound.example", 401],
        ["127.0.0.1.evil.example", 401],
      ] as const
    ) {
      for (const path of ["/", "/api/channels", "/metrics"]) {
        const answer = await request(gateway, [`GET ${path} HTTP/1.1`, `Host: ${name}`]);
        assert.equal(statusOf(answer), expected, `${name}${path}`);
      }
    }
  });

  await t.step("a proxy makes the whole world look local: it needs a token", async () => {
    for (const header of ["X-Forwarded-For: 1.2.3.4", "Forwarded: for=1.2.3.4", "Via: 1.1 p"]) {
      const answer = await request(gateway, ["GET /healthz HTTP/1.1", `Host: ${host}`, header]);
      assert.equal(statusOf(answer), 401, header);
    }
  });

  await t.step("Origin of a WebSocket: ours, an allowed one, or none", async () => {
    for (
      const [origin, expected] of [
        [null, 101],
        [`http://${host}`, 101],
        ["https://lab.example", 101],
        ["https://evil.example", 403],
        ["null", 403],
        [`http://${host}.evil.example`, 403],
      ] as const
    ) {
      for (const path of ["/ws", "/ws/x", "/mqtt"]) {
        const headers = [`Host: ${host}`, ...(origin === null ? [] : [`Origin: ${origin}`])];
        using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
        const text = [...upgrade(path, ...headers), "", ""].join("\r\n");
        await conn.write(new TextEncoder().encode(text));
        const buffer = new Uint8Array(2000);
        const count = await conn.read(buffer);
        const answer = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
        assert.equal(statusOf(answer), expected, `${origin} ${path}`);
      }
    }
  });

  await t.step("Origin of what changes something", async () => {
    const answer = await request(gateway, [
      "POST /api/channels HTTP/1.1",
      `Host: ${host}`,
      "Origin: https://evil.example",
      "Content-Length: 0",
    ]);
    assert.equal(statusOf(answer), 403);
  });

  await t.step("no token is made where none is needed", () => {
    assert.doesNotMatch(gateway.process.output, /token=/);
  });
});
