/**
 * Frames for the page: from a point of a plot to its bytes, and what passes now.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { TreeFrame, TreeLine, TreeNode } from "../../traces/report/tree_line.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { advertisingReport, RadioSource, RUUVI_DEVICE, RUUVI_EVENT } from "../support/radio.ts";
import { sharedGateway } from "../support/shared_gateway.ts";
import { WsPeer } from "../support/ws_peer.ts";

const TEMPERATURE = `edgewire/v1/readings/${RUUVI_DEVICE}/temperature`;
/** Where the Ruuvi event has its temperature, and the low byte of its measurement sequence. */
const TEMPERATURE_AT = 22;
const SEQUENCE_AT = 38;
const READERS = "edgewire_trace_readers";
/** For tests that the frames of those before don't disturb. */
const shared = sharedGateway();

/** The lines of an answer as they come; disposing closes the connection. */
class Lines implements AsyncDisposable {
  readonly response: Response;
  readonly #aborter: AbortController;
  readonly #texts: AsyncIterator<string>;
  #rest = "";
  #waiting: string[] = [];

  private constructor(response: Response, aborter: AbortController) {
    this.response = response;
    this.#aborter = aborter;
    this.#texts = response.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  }

  static async open(gateway: GatewayProcess, query: string): Promise<Lines> {
    const aborter = new AbortController();
    const url = new URL(`/traces/frames?${query}`, gateway.url);
    const response = await fetch(url, { signal: aborter.signal });
    assert.equal(response.status, 200, query);
    return new Lines(response, aborter);
  }

  /** Undefined behind the last. */
  async next(): Promise<TreeLine | undefined> {
    while (this.#waiting.length === 0) {
      const { value, done } = await this.#texts.next();
      if (done) {
        assert.equal(this.#rest, "");
        return undefined;
      }
      this.#waiting = (this.#rest + value).split("\n");
      this.#rest = this.#waiting.pop()!;
    }
    return JSON.parse(this.#waiting.shift()!);
  }

  /** The next frame that `accept` takes. */
  async frame(accept: (frame: TreeFrame) => boolean): Promise<TreeFrame> {
    for (;;) {
      const line = await this.next();
      assert.ok(line !== undefined, "it ended");
      if ("frame" in line && accept(line.frame)) return line.frame;
    }
  }

  async [Symbol.asyncDispose]() {
    this.#aborter.abort();
    await this.#texts.next().catch(() => {});
  }
}

interface Recent {
  frames: TreeFrame[];
  skipped: number;
  end: Extract<TreeLine, { end: unknown }>["end"];
}

async function recent(gateway: GatewayProcess, query: string): Promise<Recent> {
  const response = await fetch(new URL(`/traces/frames?source=recent&${query}`, gateway.url));
  assert.equal(response.status, 200, query);
  const text = await response.text();
  const lines: TreeLine[] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const last = lines.at(-1)!;
  assert.ok("end" in last, text.slice(-200));
  return {
    frames: lines.flatMap((line) => "frame" in line ? [line.frame] : []),
    skipped: lines.reduce((sum, line) => sum + ("skipped" in line ? line.skipped : 0), 0),
    end: last.end,
  };
}

async function refusal(gateway: GatewayProcess, query: string, init: RequestInit = {}) {
  const response = await fetch(new URL(`/traces/frames?${query}`, gateway.url), init);
  return [response.status, (await response.json()).error.message];
}

function* allNodes(nodes: TreeNode[]): Generator<TreeNode> {
  for (const node of nodes) {
    yield node;
    yield* allNodes(node.children ?? []);
  }
}

/** The node of a field, and its bytes as they stand in their source. */
function fieldOf({ tree, sources }: TreeFrame, field: string, value?: string) {
  const node = [...allNodes(tree)].find((node) =>
    node.field === field && (value === undefined || node.value === value)
  );
  assert.ok(node?.at !== undefined, `no ${field}`);
  const [source, start, end] = node.at;
  const bytes = Uint8Array.fromHex(sources[source]!.hex.slice(2 * start, 2 * end));
  return { node, bytes, text: new TextDecoder().decode(bytes) };
}

/** A sender whose advertisements make no update. */
function stranger(): Uint8Array {
  return advertisingReport("C0FFEE000001", Uint8Array.of(2, 1, 6));
}

function publisher(gateway: GatewayProcess): Promise<MqttPeer> {
  return MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`, { clientId: "attic" });
}

/** Threads of the gateway's workers. */
async function workers(gateway: GatewayProcess): Promise<number> {
  const args = ["-L", "-o", "comm=", "-p", String(gateway.process.pid)];
  const { stdout } = await new Deno.Command("ps", { args }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((name) => /^worker/.test(name)).length;
}

Deno.test("from a point of a plot to its bytes on every hop", async () => {
  await using gateway = await GatewayProcess.start();
  await using attic = await publisher(gateway);
  const node = new RadioSource("attic");
  const event = Uint8Array.fromHex(RUUVI_EVENT);
  await attic.publish(node.topic, node.events(event));
  await using screen = await WsPeer.open(gateway.ws(`/ws/${RUUVI_DEVICE}`));
  await screen.next("snapshot");
  // 25.01 °C became 25.005; the next measurement.
  new DataView(event.buffer).setInt16(TEMPERATURE_AT, 5001);
  event[SEQUENCE_AT]!++;
  await attic.publish(node.topic, node.events(stranger(), event));
  const data = await screen.next("data", ({ topic }) => topic === TEMPERATURE);
  assert.equal(data.value, 25.005);

  const at = `topic=${encodeURIComponent(TEMPERATURE)}&time=${data.time + 3}`;
  const point = await gateway.json(`/api/channels/${RUUVI_DEVICE}/update?${at}`);
  const { type: _type, channel: _channel, ...update } = data;
  assert.deepEqual(point, update);

  const { frames } = await recent(gateway, `id=${data.id}`);
  const byInterface = (name: string) => frames.filter((frame) => frame.interface === name);
  assert.deepEqual(
    new Set(frames.map(({ interface: name }) => name)),
    new Set(["radio:attic", "mqtt", "room", "ws"]),
  );
  for (const frame of frames) {
    const said = frame.comments!.some((comment) => comment.includes(`id=${data.id} `));
    assert.ok(said, frame.comments!.join("\n"));
  }

  const [radio, ...others] = byInterface("radio:attic");
  assert.deepEqual(others, [], "the stranger's frame has another id");
  assert.equal(radio!.sources[0]!.hex.endsWith(event.toHex()), true);
  const temperature = fieldOf(radio!, "edgewire.sensor.name", '"temperature"');
  assert.equal(temperature.bytes.toHex(), "1389", "5001 x 0.005 = 25.005 °C");
  assert.equal(fieldOf(radio!, "edgewire.sensor.raw", '"5001"').bytes.toHex(), "1389");

  const publish = byInterface("mqtt").find(({ info }) => info.includes(`[${node.topic}]`))!;
  assert.equal(fieldOf(publish, "mqtt.topic").text, node.topic);
  assert.ok(fieldOf(publish, "mqtt.msg").bytes.toHex().includes(event.toHex()));

  for (const name of ["room", "ws"]) {
    const holding = byInterface(name).filter(({ tree, sources }) =>
      [...allNodes(tree)].some(({ at }) => {
        if (at === undefined) return false;
        const hex = sources[at[0]]!.hex.slice(2 * at[1], 2 * at[2]);
        const text = new TextDecoder().decode(Uint8Array.fromHex(hex));
        if (!/^(?:\{.*"id":.*\}|\[\{.*\}\])$/.test(text)) return false;
        return [JSON.parse(text)].flat().some(({ id }) => id === data.id);
      })
    );
    assert.ok(holding.length > 0, `the message is a node of the ${name} hop`);
  }

  const carrier = data.id.replace(/\.\d+$/, "");
  assert.notEqual(carrier, data.id);
  const all = await recent(gateway, `id=${carrier}&hop=radio`);
  assert.equal(all.frames.length, 2, "the PUBLISH's id stands for its radio records");
  assert.deepEqual((await recent(gateway, `id=${carrier.slice(0, -1)}`)).frames, []);
});

Deno.test("recent: filter, the newest rows, and how many more there were", async () => {
  await using gateway = await GatewayProcess.start();
  await using desk = await publisher(gateway);
  for (let value = 0; value < 30; value++) await desk.publish("devices/desk/light", value);
  const filter = encodeURIComponent('mqtt.topic == "devices/desk/light"');
  const all = await recent(gateway, `filter=${filter}&hop=mqtt`);
  const values = ({ frames }: Recent) => frames.map((frame) => fieldOf(frame, "mqtt.msg").text);
  assert.deepEqual(values(all), Array.from({ length: 30 }, (_, value) => String(value)));
  assert.equal(all.skipped, 0);
  const some = await recent(gateway, `filter=${filter}&hop=mqtt&rows=7`);
  assert.deepEqual(values(some), ["23", "24", "25", "26", "27", "28", "29"]);
  assert.equal(some.skipped, 23);
  assert.equal(some.end.kind, "complete");
  assert.ok(some.end.frames > 60, "those that the filter held back count, too");
});

Deno.test("live: a publish is shown at once, and a quiet time ends nothing", async () => {
  const gateway = await shared();
  await using desk = await publisher(gateway);
  await using lines = await Lines.open(gateway, "filter=mqtt.topic&channel=desk");
  assert.equal(lines.response.headers.get("content-type"), "application/x-ndjson");
  const delays: number[] = [];
  for (let value = 0; value < 5; value++) {
    const shown = lines.frame((frame) => fieldOf(frame, "mqtt.msg").text === String(value));
    const start = performance.now();
    await desk.publish("devices/desk/light", value);
    const frame = await shown;
    delays.push(performance.now() - start);
    assert.equal(frame.interface, "mqtt");
    assert.match(frame.comments![0]!, /^edgewire id=[\w-]+ hop=mqtt dir=in channel=desk seq=\d+/);
  }
  // Packets are held for 100 ms, to come in the order of their times.
  assert.ok(Math.min(...delays.slice(1)) < 200, delays.join(", "));
});

Deno.test("live: so many rows a second, and how many more there were", async () => {
  const gateway = await shared();
  await using desk = await publisher(gateway);
  await using lines = await Lines.open(gateway, "hop=room&rows=5");
  await desk.publish("devices/desk/light", "first");
  await lines.frame(({ interface: name }) => name === "room");
  const start = performance.now();
  const at_ms = [0];
  const sent = 200;
  let skipped = 0;
  let told = 0;
  const reading = (async () => {
    while (at_ms.length - 1 + skipped < sent) {
      const line = (await lines.next())!;
      if ("frame" in line) at_ms.push(performance.now() - start);
      if (!("skipped" in line)) continue;
      skipped += line.skipped;
      told++;
    }
  })();
  for (let value = 0; value < sent; value++) {
    await desk.publish("devices/desk/light", value);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await reading;
  const seconds = (performance.now() - start) / 1000;
  assert.equal(at_ms.length - 1 + skipped, sent);
  assert.ok(at_ms.length >= 10 && at_ms.length <= 5 * (seconds + 1), `${at_ms} in ${seconds} s`);
  // Lines may be late by different times.
  at_ms.slice(5).forEach((time, i) => assert.ok(time - at_ms[i]! > 400, `${at_ms}`));
  assert.ok(told <= seconds + 2, `${told} times in ${seconds} s`);
});

Deno.test("live ends after its seconds, with an end", async () => {
  const gateway = await shared();
  await using lines = await Lines.open(gateway, "seconds=0.3");
  let last: TreeLine | undefined;
  for (let line = await lines.next(); line !== undefined; line = await lines.next()) last = line;
  assert.ok(last !== undefined && "end" in last);
  assert.equal(last.end.kind, "complete");
});

Deno.test("what is asked for has to make sense", async () => {
  const gateway = await shared();
  for (
    const [query, message] of [
      ["filter=mqtt.topik", /^filter, column 1: "mqtt.topik" is no field.*mqtt\.topic/],
      ["filter=mqtt+%26%26", /^filter, column 8: the filter ends here/],
      ["filter=mqtt.topic+matches+%22a%22", /without "matches"/],
      ["source=file", /^source "file": there are live and recent$/],
      ["rows=0", /^rows: a whole number from 1 to 1000, not "0"$/],
      ["rows=1001", /^rows/],
      ["source=recent&rows=50001", /^rows: a whole number from 1 to 50000/],
      ["id=a+b", /^id "a b"/],
      ["hop=lora", /^hop "lora"/],
      ["seconds=0", /^seconds "0"/],
      ["chanel=desk", /^no parameter "chanel": there are source, filter, id, rows, channel/],
    ] as const
  ) {
    const [status, said] = await refusal(gateway, query);
    assert.equal(status, 400, query);
    assert.match(said, message);
  }
  const head = await fetch(new URL("/traces/frames", gateway.url), { method: "HEAD" });
  assert.equal(head.status, 200);
  await eventually("no reader", async () => await metric(gateway.url, READERS) === 0);
});

Deno.test("frames are for admins, on pages of ours, where something is recorded", async () => {
  await using gateway = await GatewayProcess.start({
    args: ["--trace-recent-bytes", "0", "--no-access-open-loopback"],
    config: "tokens: [{ name: v, role: viewer, token: the-token-of-viewer }, " +
      "{ name: a, role: admin, token: the-token-of-admin }]",
  });
  const as = (name: string, headers = {}) => ({
    headers: { authorization: `Bearer the-token-of-${name}`, ...headers },
  });
  const [status, message] = await refusal(gateway, "source=recent", as("viewer"));
  assert.deepEqual([status, message], [403, "only admins read traces: use an admin's token"]);
  const [none, why] = await refusal(gateway, "source=recent", as("admin"));
  assert.deepEqual([none, why], [404, "there is no flight recorder: trace.recentBytes is 0"]);
  const elsewhere = as("admin", { origin: "https://elsewhere.example" });
  assert.equal((await refusal(gateway, "source=live", elsewhere))[0], 403);
});

Deno.test("four at a time; who closes frees reader and worker", async () => {
  await using gateway = await GatewayProcess.start();
  await using desk = await publisher(gateway);
  const own = await workers(gateway);
  const four = await Promise.all(
    ["filter=mqtt", "hop=radio", "hop=ws", "source=live"].map((query) =>
      Lines.open(gateway, query)
    ),
  );
  const [status, message] = await refusal(gateway, "source=recent");
  assert.deepEqual([status, message], [503, "4 traces are shown already: close one of them"]);
  await desk.publish("devices/desk/light", 1);
  await four[0]!.frame(({ info }) => info.includes("devices/desk/light"));
  assert.equal(await metric(gateway.url, READERS), 4);
  // Two of them never had anything to send.
  for (const lines of four) await lines[Symbol.asyncDispose]();
  await eventually("no reader", async () => await metric(gateway.url, READERS) === 0);
  // The one that makes traces stays for a while.
  await eventually("no decoder", async () => await workers(gateway) <= own + 1);
  assert.ok((await recent(gateway, "filter=mqtt")).frames.length > 0);
});

Deno.test("who goes before the answer has begun frees everything, too", async () => {
  const gateway = await shared();
  for (let i = 0; i < 3; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(gateway.url.port) });
    const ask = "GET /traces/frames HTTP/1.1\r\nHost: localhost\r\n\r\n";
    await conn.write(new TextEncoder().encode(ask));
    await eventually("a reader", async () => await metric(gateway.url, READERS) > 0);
    conn.close();
  }
  await eventually("no reader", async () => await metric(gateway.url, READERS) === 0);
});

Deno.test("a reader that takes nothing disturbs nobody, and goes with its connection", async () => {
  const gateway = await shared();
  await using desk = await publisher(gateway);
  await eventually("no reader", async () => await metric(gateway.url, READERS) === 0);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(gateway.url.port) });
  const ask = "GET /traces/frames?rows=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n";
  await conn.write(new TextEncoder().encode(ask));
  await eventually("a reader", async () => await metric(gateway.url, READERS) === 1);
  for (let batch = 0; batch < 40; batch++) {
    await Promise.all(
      Array.from({ length: 50 }, () => desk.publish("devices/desk/light", "x".repeat(200))),
    );
  }
  await using lines = await Lines.open(gateway, "hop=mqtt&rows=1000");
  await desk.publish("devices/desk/light", "for the other");
  await lines.frame((frame) => frame.info.endsWith("for the other"));
  conn.close();
  await eventually("one reader", async () => await metric(gateway.url, READERS) === 1);
});
