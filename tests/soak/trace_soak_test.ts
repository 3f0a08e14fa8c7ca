/** Traces read for minutes in good and bad ways: nobody else notices, and the files are true. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { PROTOCOL } from "../../gateway/sessions/messages.ts";
import { Histogram } from "../bench/histogram.ts";
import { connect, publish } from "../bench/mqtt_packets.ts";
import { everyMillisecond } from "../bench/pool.ts";
import { MARKER, nowMicros, stampedPayload, stampTime, writeStamp } from "../bench/stamp.ts";
import { makeCertificates } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { testWith } from "../support/tools.ts";
import type { ReadersAnswer, ReadersRequest } from "./trace_soak_worker.ts";

const SECONDS = Number(Deno.env.get("EDGEWIRE_SOAK_SECONDS") ?? 180);
const SESSIONS = 50;
const RATE = 2000;
/** Messages a second of the channel that a reader chooses. */
const SIDE_RATE = 20;
/** Time with nobody reading, to compare with. */
const QUIET_SECONDS = 20;
/** How much the highest memory may become larger between the second and the last third, bytes. */
const GROWTH_BYTES = 100e6;
const MEMORY_MS = 1000;
/** Every how many sessions one says how long what it gets was under way. */
const SAMPLED = 10;
/** Each data and event message has one. */
const SEQ = '"seq":';
const REPORT_BYTES = 32_768;
const REPORT_MS = 2000;
const SETTLE_MS = 3000;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Publishes over TLS at an even pace to two channels. */
class TlsPublisher implements Disposable {
  count = 0;
  side = 0;
  /** Longest time that this thread did nothing, ms. */
  longestStall = 0;
  #ticked = performance.now();
  readonly #conn: Deno.TlsConn;
  readonly #stop: () => void;
  readonly #since = performance.now();
  readonly #packet = publish("devices/load/value", stampedPayload());
  #writing = false;
  #running = true;

  private constructor(conn: Deno.TlsConn) {
    this.#conn = conn;
    this.#stop = everyMillisecond(() => this.#tick());
  }

  static async open(port: number, ca: string): Promise<TlsPublisher> {
    const conn = await Deno.connectTls({ hostname: "localhost", port, caCerts: [ca] });
    await conn.write(connect("soak-publisher"));
    const answer = new Uint8Array(4);
    assert.equal(await conn.read(answer), 4);
    assert.equal(answer[3], 0, "CONNACK");
    return new TlsPublisher(conn);
  }

  #tick() {
    const now = performance.now();
    this.longestStall = Math.max(this.longestStall, now - this.#ticked);
    this.#ticked = now;
    if (this.#writing || !this.#running) return;
    const seconds = (performance.now() - this.#since) / 1000;
    const packets: Uint8Array[] = [];
    for (; this.count < seconds * RATE && packets.length < 64; this.count++) {
      const packet = this.#packet.slice();
      // A length byte may look like a marker.
      writeStamp(packet, packet.lastIndexOf(MARKER), nowMicros(), this.count);
      packets.push(packet);
    }
    for (; this.side < seconds * SIDE_RATE; this.side++) {
      packets.push(publish("devices/side/n", new TextEncoder().encode(String(this.side))));
    }
    if (packets.length > 0) this.#write(Buffer.concat(packets));
  }

  async #write(bytes: Uint8Array) {
    this.#writing = true;
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    this.#writing = false;
  }

  stop() {
    this.#running = false;
  }

  [Symbol.dispose]() {
    this.#stop();
    this.#conn.close();
  }
}

/** A session that looks whether `seq` counts up by one, where it is not told of a gap. */
class Session implements Disposable {
  lastSeq = -1;
  /** Holes that it was told of. */
  gaps = 0;
  /** What should not have come. */
  fault: string | undefined;
  readonly socket: WebSocket;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #latencies: Histogram | undefined;
  #received = 0;
  #reported = 0;

  constructor(url: URL, client: Deno.HttpClient, latencies: Histogram | undefined) {
    this.#latencies = latencies;
    this.socket = new WebSocket(url, { protocols: [PROTOCOL], client } as unknown as string[]);
    this.socket.onmessage = ({ data }) => this.#take(data);
    this.socket.onclose = ({ code }) => this.fault ??= `closed with ${code}`;
    this.#timer = setInterval(() => this.#report(), REPORT_MS);
  }

  #take(text: string) {
    this.#received += Buffer.byteLength(text);
    if (this.#received - this.#reported > REPORT_BYTES) this.#report();
    if (text.includes('"type":"gap"')) {
      // It was told what it lacks: somebody's processor had too much to do.
      this.gaps++;
      this.lastSeq = -1;
      return;
    }
    if (text.includes('"type":"snapshot"')) {
      // Its values have a number each, which is not that of the snapshot.
      const messages: { type: string; seq?: number }[] = [JSON.parse(text)].flat();
      this.lastSeq = messages.findLast(({ seq }) => seq !== undefined)?.seq ?? -1;
      return;
    }
    for (let at = text.indexOf(SEQ); at >= 0; at = text.indexOf(SEQ, at + 1)) {
      const seq = parseInt(text.slice(at + SEQ.length, at + SEQ.length + 12));
      if (this.lastSeq >= 0 && seq !== this.lastSeq + 1) {
        this.fault ??= `${seq} after ${this.lastSeq}`;
      }
      this.lastSeq = seq;
    }
    if (this.#latencies !== undefined) this.#measure(text, this.#latencies);
  }

  #measure(text: string, latencies: Histogram) {
    const now = nowMicros();
    const stamp = String.fromCharCode(MARKER);
    for (let at = text.indexOf(stamp); at >= 0; at = text.indexOf(stamp, at + 1)) {
      const bytes = new TextEncoder().encode(text.slice(at, at + 30));
      latencies.add(now - stampTime(bytes, 0));
    }
  }

  #report() {
    if (this.#received === this.#reported || this.socket.readyState !== WebSocket.OPEN) return;
    this.#reported = this.#received;
    this.socket.send(JSON.stringify({ type: "received", bytes: this.#received }));
  }

  [Symbol.dispose]() {
    clearInterval(this.#timer);
    this.socket.onclose = null;
    this.socket.close();
  }
}

/** Lets the readers read; resolves when all of them are done. */
async function read(request: ReadersRequest) {
  const worker = new Worker(new URL("trace_soak_worker.ts", import.meta.url), { type: "module" });
  try {
    const answer = await new Promise<ReadersAnswer>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(request);
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  } finally {
    worker.terminate();
  }
}

/** Highest memory of the second and of the last third, bytes. */
function thirds(memory: readonly number[]) {
  const third = Math.floor(memory.length / 3);
  const most = (from: number, to?: number) => Math.max(...memory.slice(from, to));
  return { second: most(third, 2 * third), last: most(2 * third) };
}

/** What tshark finds wrong, how often; holes that it finds where records were lost are `holes`. */
async function complaints(path: string) {
  const names = ["_ws.malformed", "tcp.analysis.lost_segment", "tcp.analysis.ack_lost_segment"];
  const fields = [...names, "tcp.analysis.flags"].flatMap((name) => ["-e", name]);
  const { stdout } = await new Deno.Command("tshark", {
    args: ["-n", "-r", path, "-T", "fields", ...fields],
    stderr: "null",
  }).output();
  const rows = new TextDecoder().decode(stdout).split("\n").slice(0, -1)
    .map((line) => line.split("\t").map((value) => value !== ""));
  return {
    packets: rows.length,
    malformed: rows.filter(([malformed]) => malformed).length,
    holes: rows.filter(([, lost, acknowledged]) => lost || acknowledged).length,
    flags: rows.filter(([, lost, acknowledged, flags]) => flags && !lost && !acknowledged).length,
  };
}

const milliseconds = (histogram: Histogram) => ({
  p50: histogram.quantile(0.5),
  p99: histogram.quantile(0.99),
});

testWith(["openssl", "tshark"], `traces read for ${SECONDS} s over TLS, also badly`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "edgewire-trace-soak-" });
  const sessions: Session[] = [];
  try {
    const { ca, cert, key } = await makeCertificates();
    for (const [name, text] of Object.entries({ cert, key })) {
      await Deno.writeTextFile(`${folder}/${name}.pem`, text);
    }
    await using gateway = await GatewayProcess.start({
      args: ["--cert", `${folder}/cert.pem`, "--key", `${folder}/key.pem`, "--mqtts-port", "0"]
        .concat(["--demo"]),
    });
    using client = Deno.createHttpClient({ caCerts: [ca], http2: false });
    using publisher = await TlsPublisher.open(gateway.mqttsPort, ca);
    const latencies = new Histogram();
    for (let i = 0; i < SESSIONS; i++) {
      const sampled = i % SAMPLED === 0 ? latencies : undefined;
      sessions.push(new Session(gateway.ws("/ws/load"), client, sampled));
    }
    await eventually("sessions", () => sessions.every(({ lastSeq }) => lastSeq >= 0));
    await sleep(SETTLE_MS);
    latencies.clear();
    await sleep(QUIET_SECONDS * 1000);
    const quiet = milliseconds(latencies);
    latencies.clear();
    const memory: number[] = [];
    const timer = setInterval(async () => memory.push(await gateway.residentBytes()), MEMORY_MS);
    const url = gateway.url.href;
    const found = await read({ url, ca, seconds: SECONDS, channel: "side", folder })
      .catch((cause) => {
        throw new Error(`reading failed; the gateway wrote\n${gateway.process.output}`, { cause });
      })
      .finally(() => clearInterval(timer));
    const busy = milliseconds(latencies);
    publisher.stop();
    await eventually(
      "every session has what came last",
      () => sessions.every(({ lastSeq }) => lastSeq === sessions[0]!.lastSeq),
    );
    await sleep(SETTLE_MS);
    const { second, last } = thirds(memory);
    const { longestStall } = publisher;
    const gaps = sessions.reduce((sum, session) => sum + session.gaps, 0);
    console.log({
      published: publisher.count,
      gaps,
      longestStall,
      quiet,
      busy,
      memory: { second, last },
      ...found,
    });
    assert.deepEqual(sessions.flatMap(({ fault }) => fault ?? []), []);
    assert.deepEqual(new Set(sessions.map(({ lastSeq }) => lastSeq)).size, 1);
    assert.ok(last < second + GROWTH_BYTES, `memory grew from ${second} to ${last}`);
    await assertFiles(found, folder);
  } finally {
    for (const session of sessions) session[Symbol.dispose]();
    await Deno.remove(folder, { recursive: true });
  }
});

async function assertFiles(
  { all, stalled, filtered, reconnecting, connections }: Awaited<ReturnType<typeof read>>,
  folder: string,
) {
  for (const counts of [all, filtered, reconnecting]) {
    assert.equal(counts.packetsInAll, counts.packets, "the statistics count every packet");
    assert.ok(counts.lostInAll >= counts.lost, "and what was lost");
  }
  assert.ok(all.packets > 0 && connections > 0);
  assert.ok(stalled.lost > 0, "who stalls is told what is lost");
  for (const [name, { lost }] of Object.entries({ all, filtered, reconnecting, stalled })) {
    const found = await complaints(`${folder}/${name}.pcapng`);
    console.log(`${name}: tshark finds`, found);
    assert.ok(found.packets > 0, name);
    assert.equal(found.malformed, 0, name);
    assert.equal(found.flags, 0, name);
    assert.ok(lost > 0 || found.holes === 0, name);
  }
  const path = `${folder}/filtered.pcapng`;
  const { stdout } = await new Deno.Command("tshark", {
    args: ["-n", "-r", path, "-Y", 'frame.interface_name == "room"']
      .concat(["-T", "fields", "-e", "frame.comment"]),
    stderr: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  const seqs = lines.map((line) => Number(/channel=side seq=(\d+)/.exec(line)?.[1]));
  assert.ok(seqs.length > SIDE_RATE, "updates of the channel");
  if (filtered.lostInAll > 0) return;
  assert.deepEqual(seqs, seqs.map((_, i) => seqs[0]! + i), "all of that channel, nothing else");
}
