/** Who waits for the disk, and who does not: seen from the system calls of the real process. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { Flow, type FlowValue } from "../support/flow.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { connectPacket, publishPacket, RawMqtt } from "../support/raw_mqtt.ts";
import { testTraced } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";

/** Strings are told in full, as hexadecimal numbers, and files by name. */
const STRACE = ["strace", "-D", "-f", "--seccomp-bpf", "-xx", "-y", "-s", "5000", "-o"];

/** A data directory whose database is there already, for gateways under strace. */
class TracedData implements AsyncDisposable {
  readonly #dir = Deno.makeTempDirSync({ prefix: "edgewire-sync-" });
  readonly #trace = `${this.#dir}/trace.txt`;

  static async make(): Promise<TracedData> {
    const data = new TracedData();
    await using _gateway = await data.#start();
    return data;
  }

  #start(under: string[] = []): Promise<GatewayProcess> {
    const dataDir = `${this.#dir}/data`;
    return GatewayProcess.start({ dataDir, args: ["--history-disk"], under });
  }

  /** @param words What strace is to do. */
  start(...words: string[]): Promise<GatewayProcess> {
    return this.#start([...STRACE, this.#trace, ...words]);
  }

  /** System calls so far, one per line. */
  calls(): string[] {
    return Deno.readTextFileSync(this.#trace).split("\n");
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.#dir, { recursive: true });
  }
}

/** As strace writes them. */
function hex(bytes: Uint8Array | string): string {
  const list = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  return [...list].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

testTraced("the sync of a QoS 1 message has ended before its PUBACK is sent", async () => {
  await using data = await TracedData.make();
  const watched = "trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg";
  await using gateway = await data.start("-e", watched);
  using peer = await RawMqtt.tcp(gateway.mqttPort);
  await peer.send(connectPacket("sync"));
  await peer.packet("connack");
  const log = hex("history.db-wal");
  for (let id = 0x1234; id < 0x1239; id++) {
    const payload = `4242424${id}`;
    await peer.send(publishPacket("devices/desk/n", payload, { qos: 1, messageId: id }));
    await peer.packet("puback", ({ messageId }) => messageId === id);
    const puback = hex(new Uint8Array([0x40, 2, id >> 8, id & 255]));
    const sent = (call: string) => /^\d+ +(write|send)/.test(call) && call.includes(`"${puback}"`);
    const calls = await eventually("the PUBACK in the trace", () => {
      const calls = data.calls();
      return calls.some(sent) && calls;
    });
    const acknowledged = calls.findIndex(sent);
    const written = calls.findIndex((call) =>
      / pwrite64\(/.test(call) && call.includes(log) && call.includes(hex(payload))
    );
    assert.ok(written >= 0 && written < acknowledged, "written before");
    const thread = calls[written]!.split(" ")[0]!;
    const synced = calls.findIndex((call, index) =>
      index > written && call.startsWith(`${thread} `) &&
      (/ f(data)?sync\(.*\) += 0$/.test(call) && call.includes(log) ||
        /<\.\.\. f(data)?sync resumed>.*= 0$/.test(call))
    );
    assert.ok(synced > written && synced < acknowledged, "synced in between");
  }
});

/** How long each sync takes. */
const SYNC_MS = 500;
/** Of those who must not feel it; without a slow disk it is a few milliseconds. */
const LIVE_P99_MS = 200;

testTraced(
  "a disk that takes 500 ms to sync: PUBACKs wait for it, live data does not",
  async () => {
    await using data = await TracedData.make();
    const slow = `inject=fsync,fdatasync:delay_exit=${SYNC_MS * 1000}`;
    await using gateway = await data.start("-e", "trace=fsync,fdatasync", "-e", slow);
    const { mqttPort } = gateway;
    await using _flow = await Flow.start({ mqttPort, rate: 200, topics: ["log/a", "log/b"] });
    await eventually("the channel", async () => {
      return (await gateway.json("/api/channels") as { channels: unknown[] }).channels.length > 0;
    });
    await using watcher = await WsPeer.open(gateway.ws("/ws/log"));
    const latencies: number[] = [];
    watcher.socket.addEventListener("message", ({ data: text }) => {
      const time = performance.now();
      for (const message of [JSON.parse(text)].flat()) {
        if (message.type === "data") latencies.push(time - (message.value as FlowValue).at);
      }
    });
    using publisher = await RawMqtt.tcp(mqttPort);
    await publisher.send(connectPacket("waits"));
    await publisher.packet("connack");
    const waits: number[] = [];
    for (let id = 1; id <= 6; id++) {
      const sent = performance.now();
      await publisher.send(publishPacket("devices/desk/n", `${id}`, { qos: 1, messageId: id }));
      await publisher.packet("puback", ({ messageId }) => messageId === id);
      waits.push(performance.now() - sent);
    }
    gateway.process.kill("SIGKILL");
    assert.ok(Math.min(...waits) >= SYNC_MS, `${waits}`);
    const sorted = latencies.toSorted((a, b) => a - b);
    assert.ok(sorted.length > 400, `${sorted.length} values came`);
    const p99 = sorted[Math.floor(sorted.length * 0.99)]!;
    assert.ok(p99 < LIVE_P99_MS, `p99 ${p99} ms, median ${sorted[sorted.length >> 1]} ms`);
  },
);
