/**
 * The HTTP API as its users see it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { parseMetrics } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";

Deno.test("HTTP", async (t) => {
  await using gateway = await GatewayProcess.start({ args: ["--limits-body-bytes", "1000"] });
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, gateway.url), init);
  const begin = Date.now();
  const values = Array.from(
    { length: 1000 },
    (_, i) => i === 400 ? 999 : i === 600 ? -999 : i % 10,
  );
  await Promise.all(values.map((value) => peer.publish("devices/h/n", { value })));
  await peer.publish("devices/h/text", 'a "quoted", line\r\nand another');
  await peer.publish("devices/h/bytes", Uint8Array.of(0xff, 0xfe));
  await peer.publish("devices/h/exact", "1234567890123456789.10");
  await peer.publish("spaced room/ü", 1);
  await peer.publish("edgewire/v1/n1/status", { state: "online", radios: ["ble"] });
  const end = Date.now();

  await t.step("/api/channels", async () => {
    const { epoch, channels } = await (await get("/api/channels")).json();
    assert.ok(epoch.length > 8);
    const [h, spaced] = channels;
    assert.deepEqual({ ...h, time: 0 }, {
      name: "h",
      seq: 1003,
      time: 0,
      topics: 4,
      updates: 1003,
      members: 0,
    });
    assert.ok(h.time >= begin - 1 && h.time <= end + 1);
    assert.equal(spaced.name, "spaced room");
  });

  await t.step("/api/channels/<name>", async () => {
    const response = await get("/api/channels/h");
    assert.match(response.headers.get("content-type")!, /^application\/json/);
    const text = await response.text();
    const channel = JSON.parse(text);
    assert.equal(channel.channel, "h");
    assert.equal(channel.seq, 1003);
    assert.deepEqual(
      channel.values.map(({ topic }: { topic: string }) => topic),
      ["devices/h/n", "devices/h/text", "devices/h/bytes", "devices/h/exact"],
    );
    assert.deepEqual(channel.values[2].value, { base64: "//4=" });
    assert.ok(text.includes('"value":1234567890123456789.10'), "a number keeps its digits");
    assert.equal((await (await get("/api/channels/spaced%20room")).json()).channel, "spaced room");
  });

  await t.step("history: thinned, but not its extremes", async () => {
    const answer = await (await get("/api/channels/h/history?points=50")).json();
    const { points } = answer.series.find((s: { topic: string }) => s.topic === "devices/h/n");
    assert.ok(points.length <= 52, `${points.length} points`);
    const plotted = points.map(([, value]: [number, number]) => value);
    assert.equal(Math.max(...plotted), 999);
    assert.equal(Math.min(...plotted), -999);
    const times = points.map(([time]: [number, number]) => time);
    assert.deepEqual(times, times.toSorted((a: number, b: number) => a - b));
    assert.equal(answer.complete, true);
    assert.deepEqual(
      answer.others.map(({ topic }: { topic: string }) => topic),
      ["devices/h/text", "devices/h/bytes"],
    );
  });

  await t.step("history: since and until, in milliseconds and ISO 8601", async () => {
    const count = async (query: string) => {
      const { series } = await (await get(`/api/channels/h/history?points=5000&${query}`)).json();
      return series[0]?.points.length ?? 0;
    };
    assert.equal(await count(""), 1000);
    assert.equal(await count(`since=${begin - 1000}&until=${end + 1000}`), 1000);
    const iso = (time: number) => encodeURIComponent(new Date(time).toISOString());
    assert.equal(await count(`since=${iso(begin - 1000)}&until=${iso(end + 1000)}`), 1000);
    assert.equal(await count(`until=${begin - 1000}`), 0);
    assert.equal(await count(`since=${iso(end + 60_000)}`), 0);
  });

  await t.step("history as CSV", async () => {
    const response = await get("/api/channels/h/history?format=csv");
    assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8");
    assert.match(response.headers.get("content-disposition")!, /filename\*=UTF-8''h\.csv$/);
    const text = await response.text();
    const rows = text.split("\r\n");
    assert.equal(rows[0], "time,seq,topic,value,id");
    assert.match(rows[1]!, /^\d{13}(\.\d+)?,1,devices\/h\/n,"\{""value"":0\}",\S+$/);
    // The value is JSON, so its line break is an escape; RFC 4180 doubles the quotes.
    const quoted = String.raw`"""a \""quoted\"", line\r\nand another"""`;
    assert.ok(rows[1001]!.includes(quoted), rows[1001]!);
    assert.equal(rows.length, 1 + 1003 + 1);
    assert.equal(rows.at(-1), "");
  });

  await t.step("/api/nodes", async () => {
    const { nodes } = await (await get("/api/nodes")).json();
    assert.equal(nodes.length, 1);
    const { name, dialect, state, radios, frames } = nodes[0];
    assert.deepEqual({ name, dialect, state, radios, frames }, {
      name: "n1",
      dialect: "edgewire",
      state: "online",
      radios: ["ble"],
      frames: 0,
    });
  });

  await t.step("what cannot be answered says why", async () => {
    for (
      const [path, status, message] of [
        ["/api/channels/none", 404, /no channel "none"/],
        ["/api/channels/none/history", 404, /no channel "none"/],
        ["/api/nothing", 404, /nothing at \/api\/nothing/],
        ["/api/channels/%E0%A4%A", 404, /no channel/],
        ["/api/channels/h/history?points=1", 400, /points: a whole number from 2 to 100000/],
        ["/api/channels/h/history?points=many", 400, /points/],
        ["/api/channels/h/history?since=tuesday", 400, /since and until: .*ISO 8601/],
        ["/api/channels/h/history?format=xml", 400, /format: json or csv/],
      ] as const
    ) {
      const response = await get(path);
      assert.equal(response.status, status, path);
      assert.match((await response.json()).error.message, message);
    }
    const long = await get("/api/channels", { method: "POST", body: "x".repeat(1001) });
    assert.equal(long.status, 413);
    assert.match((await long.json()).error.message, /1000 bytes/);
  });

  await t.step("every answer tells the browser what it may do", async () => {
    for (const path of ["/", "/api/channels", "/nothing", "/metrics"]) {
      const response = await get(path);
      await response.body?.cancel();
      const policy = response.headers.get("content-security-policy")!;
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'self'(;|$)/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*/);
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.equal(response.headers.get("referrer-policy"), "no-referrer");
    }
  });

  await t.step("the page: gzip or plain, 304 when it is known, HEAD", async () => {
    const page = await get("/");
    assert.match(page.headers.get("content-type")!, /^text\/html/);
    const html = await page.text();
    assert.match(html, /<!doctype html>/i);
    const script = /src="([^"]+\.js)"/.exec(html)![1]!;
    // Deno's fetch unpacks gzip by itself and tells nobody: hence the bare socket.
    const head = async (path: string, ...headers: string[]) => {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(gateway.url.port) });
      const lines = [`HEAD ${path} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers];
      await conn.write(new TextEncoder().encode([...lines, "", ""].join("\r\n")));
      return (await new Response(conn.readable).text()).toLowerCase();
    };
    const plain = await head(`/${script.replace(/^\.?\//, "")}`);
    assert.match(plain, /^http\/1\.1 200 /);
    assert.doesNotMatch(plain, /content-encoding/);
    assert.match(plain, /vary: accept-encoding/);
    assert.ok(plain.endsWith("\r\n\r\n"), "HEAD has no body");
    const packed = await head("/", "Accept-Encoding: gzip, br");
    assert.match(packed, /content-encoding: gzip/);
    const etag = page.headers.get("etag")!;
    const known = await get("/", { headers: { "if-none-match": etag } });
    assert.equal(known.status, 304);
    assert.equal(await known.text(), "");
    assert.equal((await get("/api/channels", { method: "HEAD" })).status, 200);
  });

  await t.step("/healthz", async () => {
    const response = await get("/healthz");
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), {
      status: "ok",
      broker: { connected: true },
      history: { kept: "memory" },
    });
  });

  await t.step("/metrics: what Prometheus reads, and counters only grow", async () => {
    const scrape = async () => {
      const response = await get("/metrics");
      assert.match(response.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
      return parseMetrics(await response.text());
    };
    const first = await scrape();
    assert.equal(first.samples.get('edgewire_messages_in_total{qos="1"}'), 1005);
    assert.equal(first.samples.get("edgewire_updates_total"), 1004);
    assert.equal(first.samples.get("edgewire_rooms"), 2);
    await peer.publish("devices/h/n", 1);
    const second = await eventually("the next", async () => {
      const next = await scrape();
      return next.samples.get("edgewire_updates_total") === 1005 && next;
    });
    for (const [name, type] of first.types) {
      if (type === "gauge") continue;
      for (const [sample, value] of first.samples) {
        if (!sample.startsWith(name)) continue;
        assert.ok(second.samples.get(sample)! >= value, `${sample} shrank`);
      }
    }
  });
});
