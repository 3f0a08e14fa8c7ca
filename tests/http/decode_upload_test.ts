/** `POST /api/decode`, with real connections. */
import assert from "node:assert/strict";
import { UploadInput } from "../../gateway/http/decode_input.ts";
import { DecodeJob } from "../../gateway/http/decode_job.ts";
import { DecodeUploads } from "../../gateway/http/decode_upload.ts";
import { decode } from "../../traces/decode.ts";
import { PcapWriter } from "../../traces/files/pcap_writer.ts";
import { PcapngWriter } from "../../traces/files/pcapng_writer.ts";
import { eventually } from "../support/eventually.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { commandHere } from "../traces/support/command_here.ts";

const { test } = sideBySide();

const SAMPLES = new URL("../../traces/samples/", import.meta.url);

/** One with damage, one compressed, one with secrets, radio, MQTT over WebSocket. */
const COMPARED = [
  "ble-sensors.pcap",
  "edgewire-mqttjs-mqtt311-ws.pcapng",
  "file-bad-interface.pcapng",
  "file-cut.pcapng",
  "file-gzip.pcap.gz",
  "tls13-aes128-gcm.pcapng",
  "zigbee.pcap",
];

/** A server of nothing else. */
class Uploads implements AsyncDisposable {
  readonly decodes: DecodeUploads;
  readonly port: number;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Ends what clients still send. */
  readonly #aborter = new AbortController();

  constructor({ limitBytes = 64 << 20, stallMs = 60_000 } = {}) {
    this.decodes = new DecodeUploads(limitBytes, stallMs);
    const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.decodes.answer(request));
    this.port = this.#server.addr.port;
  }

  post(query: string, body: BodyInit, signal?: AbortSignal): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}/?${query}`, {
      method: "POST",
      body,
      signal: AbortSignal.any([this.#aborter.signal, ...(signal === undefined ? [] : [signal])]),
    });
  }

  /** A client that does things browsers don't. @param length Content-Length; chunked without */
  async open(query: string, length?: number): Promise<Deno.TcpConn> {
    const conn = await Deno.connect({ port: this.port, hostname: "127.0.0.1" });
    const framing = length === undefined
      ? "Transfer-Encoding: chunked"
      : `Content-Length: ${length}`;
    const head = `POST /?${query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${framing}`;
    await send(conn, new TextEncoder().encode(`${head}\r\n\r\n`));
    return conn;
  }

  async [Symbol.asyncDispose]() {
    this.#aborter.abort();
    this.decodes.close();
    await this.#server.shutdown();
  }
}

async function send(conn: Deno.TcpConn, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function chunk(bytes: Uint8Array): Uint8Array {
  const text = (line: string) => new TextEncoder().encode(line);
  return new Uint8Array([...text(`${bytes.length.toString(16)}\r\n`), ...bytes, ...text("\r\n")]);
}

/** UDP packets. */
function capture(frames: number): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(74);
  packet.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 60, 0, 0, 0, 0, 64, 17]);
  packet.set([10, 0, 0, 1, 10, 0, 0, 2, 0x30, 0x39, 0x30, 0x3a, 0, 40], 26);
  const writer = new PcapWriter({ linkType: 1 });
  for (let n = 1; n <= frames; n++) {
    writer.packet({ seconds: 1_700_000_000 + n, nanoseconds: 0 }, packet);
  }
  return writer.take();
}

/** What a client receives. */
class Received {
  text = "";
  readonly #reader: ReadableStreamDefaultReader<string>;

  constructor(conn: Deno.TcpConn) {
    this.#reader = conn.readable.pipeThrough(new TextDecoderStream()).getReader();
  }

  async until(pattern: RegExp) {
    while (!pattern.test(this.text)) {
      const { value, done } = await this.#reader.read();
      assert.ok(!done, this.text);
      this.text += value;
    }
  }
}

function linesOf(text: string): Record<string, unknown>[] {
  assert.ok(text.endsWith("\n"), "whole lines");
  return text.slice(0, -1).split("\n").map((line) => JSON.parse(line));
}

/** What a sender that never ends sends. */
function endless(first: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({ start: (controller) => controller.enqueue(first) });
}

Deno.test("the lines are those of the command, byte by byte", async (t) => {
  await using uploads = new Uploads();
  for (const name of COMPARED) {
    await t.step(name, async () => {
      const path = new URL(name, SAMPLES).pathname;
      const { code, stdout: text } = await commandHere(decode, [path, "--format", "ndjson"]);
      const response = await uploads.post("progress=0", await Deno.readFile(path));
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/x-ndjson");
      const answer = await response.text();
      const last = answer.lastIndexOf("\n", answer.length - 2) + 1;
      assert.ok(text.length > 100);
      assert.equal(answer.slice(0, last), text);
      const [{ end }] = linesOf(answer.slice(last)) as [{ end: Record<string, unknown> }];
      assert.equal(end.truncated, code === 3);
      assert.equal(typeof end.problem, code === 3 ? "string" : "undefined");
      assert.equal(end.frames, text.split("\n").length - 1);
    });
  }
  await t.step("options mean the same", async () => {
    const path = new URL("zigbee.pcap", SAMPLES).pathname;
    const key = "5A:69:67:42:65:65:41:6C:6C:69:61:6E:63:65:30:39";
    const { stdout: text } = await commandHere(
      decode,
      [path, "--format", "ndjson", "--filter", "zbee_aps", "--fields", "frame.number,data.data"]
        .concat(["--zigbee-key", key]),
    );
    const query = `filter=zbee_aps&fields=frame.number,data.data&zigbee_key=${key}&progress=0`;
    const answer = await (await uploads.post(query, await Deno.readFile(path))).text();
    assert.ok(text.length > 100);
    assert.equal(answer.slice(0, text.length), text);
    assert.equal(linesOf(answer.slice(text.length)).length, 1);
  });
  await t.step("the summary, in one line", async () => {
    const path = new URL("ble-sensors.pcap", SAMPLES).pathname;
    const { stdout: text } = await commandHere(decode, [path, "--summary", "--format", "json"]);
    const answer = await (await uploads.post("summary=1", await Deno.readFile(path))).text();
    const [summary, end, ...more] = linesOf(answer);
    assert.deepEqual(summary, { summary: JSON.parse(text) });
    assert.ok(end && "end" in end);
    assert.deepEqual(more, []);
  });
});

test("a client that stops sending is told, one that stops reading is left", async () => {
  await using uploads = new Uploads({ stallMs: 2000 });
  using idle = await uploads.open("");
  await send(idle, chunk(capture(2)));
  await new Received(idle).until(
    /"number":2,.*\n[^"]*\{"end":\{"kind":"stalled","frames":2,.*2 s"/s,
  );
  await eventually("its worker has stopped", () => uploads.decodes.running === 0);

  const body = capture(100_000);
  using conn = await uploads.open("", body.length);
  const sent = send(conn, body).catch(() => {});
  await eventually("it is decoded", () => uploads.decodes.running === 1);
  await eventually("it is left", () => uploads.decodes.running === 0);
  // What it finds when it reads after all: some of the answer, and no end of it.
  const late = new Received(conn);
  await assert.rejects(late.until(/"end":/));
  await sent;
});

test("what is wrong is said before the body is read", async () => {
  await using uploads = new Uploads({ limitBytes: 5000 });
  const file = "no capture";
  for (
    const [query, body, status, message] of [
      ["filter=tcp.port%20%3D%3D%20x1", file, 400, /^filter, column 13: /],
      ["filter=mqtt.topci", file, 400, /^filter, column 1: "mqtt.topci".*mqtt\.topic/],
      ["fields=ip.scr", file, 400, /^fields: unknown field "ip.scr".*ip\.src/],
      ["decode_as=x", file, 400, /^decode-as: "x" is not of the form/],
      ["summary=1&fields=ip.src", file, 400, /summary/],
      ["progress=often", file, 400, /progress: 1 or 0, not "often"/],
      ["filer=udp", file, 400, /unknown parameter "filer": there are fields, filter/],
      ["keylog=/etc/passwd", file, 400, /unknown parameter "keylog"/],
      ["out=/tmp/x", file, 400, /unknown parameter "out"/],
      ["", capture(100), 413, /captures may have 5000 bytes/],
      ["", file, 422, /not a pcap or pcapng file but text/],
      ["", "", 422, /empty/],
      ["", new Uint8Array(2), 422, /^upload: the capture has only 2 bytes$/],
      ["", new FormData(), 415, /^send the file itself, not a form: curl --data-binary @FILE/],
      [
        "filter=udp%20%26%26%20!(data%20matches%20%22a%22)",
        file,
        400,
        /^filter, column 15: .*"matches".*contains/,
      ],
      ["filter=udp%20||%20mqtt.topic%20~%20%22a%22", file, 400, /^filter, column 19: .*"matches"/],
    ] as const
  ) {
    const response = await uploads.post(query, body);
    assert.equal(response.status, status, query);
    assert.match((await response.json()).error.message, message);
    assert.equal(uploads.decodes.running, 0, query);
  }
  // The sender has not sent anything yet.
  using conn = await uploads.open("filter=nonsense", 4000);
  const head = new Uint8Array(1000);
  const count = await conn.read(head) ?? 0;
  assert.match(new TextDecoder().decode(head.subarray(0, count)), /^HTTP\/1.1 400 /);
});

test("progress: bytes of the body, and the end", async () => {
  await using uploads = new Uploads();
  const body = capture(50_000);
  const lines = linesOf(await (await uploads.post("filter=tcp", body)).text());
  const progress = lines.flatMap((line) => "progress" in line ? [line.progress] : []) as {
    bytes: number;
    total: number;
    frames: number;
  }[];
  assert.ok(progress.length >= 3, `${progress.length} of 4.5 MB`);
  progress.forEach(({ bytes, total, frames }, i) => {
    assert.equal(total, body.length);
    assert.ok(bytes > (progress[i - 1]?.bytes ?? 0) && bytes <= total, String(bytes));
    assert.ok(frames > (progress[i - 1]?.frames ?? 0), String(frames));
  });
  assert.deepEqual(lines.slice(progress.length), [
    { end: { kind: "complete", frames: 50_000, bytes: body.length, truncated: false } },
  ]);
  const silent = linesOf(await (await uploads.post("filter=tcp&progress=0", body)).text());
  assert.deepEqual(silent, lines.slice(-1));
});

test("a body that grows beyond the limit: what came before is reported", async () => {
  await using uploads = new Uploads({ limitBytes: 100_000 });
  const body = capture(2000);
  let at = 0;
  const stream = new ReadableStream({
    pull: (controller) => {
      if (at >= body.length) return controller.close();
      controller.enqueue(body.subarray(at, at += 10_000));
    },
  });
  const lines = linesOf(await (await uploads.post("progress=0", stream)).text());
  const { end } = lines.pop() as { end: Record<string, unknown> };
  assert.equal(end.kind, "too large");
  assert.equal(end.truncated, true);
  assert.match(String(end.problem), /limits\.decodeBytes, 100000 bytes/);
  assert.ok(lines.length > 300 && lines.length < 1112, String(lines.length));
  assert.equal(end.frames, lines.length);
});

test("frames are reported while the body still comes", async () => {
  await using uploads = new Uploads();
  const body = capture(3);
  using conn = await uploads.open("fields=frame.number&progress=0");
  const received = new Received(conn);
  const frame = (body.length - 24) / 3;
  await send(conn, chunk(body.subarray(0, 24 + 2 * frame + 10)));
  await received.until(/"number":2/);
  assert.doesNotMatch(received.text, /"number":3/);
  await send(conn, chunk(body.subarray(24 + 2 * frame + 10)));
  await received.until(/"number":3/);
  await send(conn, chunk(new Uint8Array()));
  await received.until(/"end":\{"kind":"complete","frames":3/);
});

test("a client may send everything before it reads anything", async () => {
  await using uploads = new Uploads();
  // More than the buffers between hold, both ways.
  const body = capture(150_000);
  using conn = await uploads.open(
    "fields=frame.number,frame.protocols,eth.src,ip.src",
    body.length,
  );
  await send(conn, body);
  let bytes = 0;
  let last = "";
  for await (const text of conn.readable.pipeThrough(new TextDecoderStream())) {
    bytes += text.length;
    last = (last + text).slice(-200);
  }
  assert.ok(bytes > 15e6, String(bytes));
  assert.match(last, /\{"end":\{"kind":"complete","frames":150000,/);
});

test("two at a time; who closes makes room", async () => {
  await using uploads = new Uploads();
  const abort = new AbortController();
  const first = await uploads.post("", endless(capture(1)), abort.signal);
  const second = await uploads.post("", endless(capture(1)), abort.signal);
  const third = await uploads.post("", capture(1));
  assert.equal(third.status, 503);
  assert.equal(third.headers.get("retry-after"), "10");
  assert.match((await third.json()).error.message, /2 decodes are under way/);
  abort.abort();
  for (const { body } of [first, second]) await body!.cancel().catch(() => {});
  await eventually("room", () => uploads.decodes.running === 0);
  const fourth = await uploads.post("", capture(1));
  assert.match(await fourth.text(), /"kind":"complete"/);
});

test("a place is free once the worker has stopped, not before", async () => {
  // A second or more of work within one frame: twice as long for each letter.
  const writer = new PcapngWriter();
  writer.section();
  writer.interface({ linkType: 147 });
  const time = { seconds: 1, nanoseconds: 0 };
  const comment = `${"a".repeat(25)}!`;
  writer.packet({ interface: 0, time, data: new Uint8Array(1), comment });
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  const job = new DecodeJob({
    query: {
      args: ["-", "--format", "ndjson", '--filter=frame.comment matches "^(a+)+$"'],
      progress: false,
    },
    input: new UploadInput(endless(writer.take()), undefined, 1e6),
    stallMs: 60_000,
    onOver: () => {
      isOver = true;
      resolve();
    },
  });
  assert.equal(await job.begun, undefined);
  await job.output.cancel();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(isOver, false, "it is still at it");
  await over;
});

test("interfaces without end: a small body, and an end of it", async () => {
  await using uploads = new Uploads();
  const section = Uint32Array.of(0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffff_ffff, 0xffff_ffff, 28);
  const one = Uint32Array.of(1, 20, 1, 0, 20);
  const many = new Uint32Array(5 * 100_000);
  for (let i = 0; i < many.length; i += 5) many.set(one, i);
  const body = new Blob([section, ...new Array<Uint32Array<ArrayBuffer>>(20).fill(many)]);
  const compressed = body.stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = await new Response(compressed).arrayBuffer();
  assert.ok(bytes.byteLength < 500_000);
  const [{ end }] = linesOf(
    await (await uploads.post("progress=0", bytes)).text(),
  ) as [{ end: Record<string, unknown> }];
  assert.equal(end.kind, "corrupt");
  assert.match(
    String(end.problem),
    /^upload: the section describes more than 65536 interfaces \(at byte 1310748, before any frame/,
  );
});

test("at the end of the gateway clients are told", async () => {
  await using uploads = new Uploads();
  using conn = await uploads.open("");
  await send(conn, chunk(capture(2)));
  const received = new Received(conn);
  await received.until(/"number":2/);
  uploads.decodes.close();
  await received.until(/"end":\{"kind":"failed","frames":2,.*"the gateway is stopping"/);
  assert.equal((await uploads.post("", capture(1))).status, 503);
});
