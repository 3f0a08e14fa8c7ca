/**
 * Replays in tests: a capture of what a gateway is sent, the command, and what a gateway made of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { replay as replayCommandHere } from "../../gateway/replay.ts";
import { commandHere } from "../traces/support/command_here.ts";
import { eventually } from "./eventually.ts";
import type { GatewayProcess } from "./gateway.ts";
import { MqttPeer } from "./mqtt_peer.ts";
import { TestProcess } from "./process.ts";

const ROOT = new URL("../../", import.meta.url);

/** Words that Deno gets before those of `edgewire replay`, as the task has them. */
function replayCommand(): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  return tasks.replay.command.split(/\s+/).slice(1);
}

/** Starts `edgewire replay`. */
export function startReplay(args: string[], env: Record<string, string> = {}): TestProcess {
  return new TestProcess(Deno.execPath(), {
    args: [...replayCommand(), ...args],
    cwd: ROOT.pathname,
    env,
  });
}

/** Runs it to its end. @returns its exit code and what it said */
export async function replay(...args: string[]): Promise<{ code: number; output: string }> {
  await using process = startReplay(args);
  const { code } = await process.status;
  return { code, output: process.output };
}

let turn: Promise<unknown> = Promise.resolve();

/** The same within this process, which takes less time; one at a time. */
export async function replayHere(...args: string[]): Promise<{ code: number; output: string }> {
  const run = turn.then(() => commandHere(replayCommandHere, args));
  turn = run.catch(() => {});
  const { code, stdout, stderr } = await run;
  return { code, output: stdout + stderr };
}

/** One update. */
export interface Update {
  topic: string;
  value: string;
  /** Unix milliseconds. */
  time: number;
}

/** A line of CSV without its line break; quotes are doubled inside quotes (RFC 4180). */
function columnsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)]
    .map(([, quoted, plain]) => quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
}

/** Every update that a gateway made, by channel, in order. */
export async function updatesOf(gateway: GatewayProcess): Promise<Map<string, Update[]>> {
  const { channels } = await gateway.json("/api/channels") as {
    channels: { name: string; updates: number }[];
  };
  const updates = new Map<string, Update[]>();
  for (const { name, updates: count } of channels) {
    if (count === 0) continue;
    const path = `/api/channels/${encodeURIComponent(name)}/history?format=csv`;
    const csv = await (await fetch(new URL(path, gateway.url))).text();
    const rows = csv.trimEnd().split("\n").slice(1).map(columnsOf);
    assert.ok(rows.length >= count, `the history of ${name} does not hold all updates`);
    rows.sort((a, b) => Number(a[1]) - Number(b[1]));
    updates.set(
      name,
      rows.map(([time, , topic, value]) => ({ topic: topic!, value: value!, time: Number(time) })),
    );
  }
  return updates;
}

/** Lines "topic value" by channel: what was updated, without when. */
export function valuesOf(updates: Map<string, Update[]>): Record<string, string[]> {
  const named = [...updates].map(([name, list]) =>
    [name, list.map(({ topic, value }) => `${topic} ${value}`)] as const
  );
  return Object.fromEntries(named.sort(([a], [b]) => a < b ? -1 : 1));
}

/** Times of all updates since the first of any channel, ms, by channel. */
export function timesOf(updates: Map<string, Update[]>): Map<string, number[]> {
  const first = Math.min(...[...updates.values()].flat().map(({ time }) => time));
  return new Map([...updates].map(([name, list]) => [name, list.map(({ time }) => time - first)]));
}

/** A gateway may have taken in an update so much earlier or later on a busy machine, ms. */
const PUNCTUAL_MS = 750;

/** Asserts that updates are those of the first time: values, order, relative times. */
export function sameUpdates(again: Map<string, Update[]>, first: Map<string, Update[]>) {
  assert.deepEqual(valuesOf(again), valuesOf(first));
  const times = timesOf(again);
  for (const [channel, expected] of timesOf(first)) {
    times.get(channel)!.forEach((time, i) => {
      const text = `update ${i} of ${channel}: ${time} ms, was ${expected[i]} ms`;
      assert.ok(Math.abs(time - expected[i]!) < PUNCTUAL_MS, text);
    });
  }
}

/** What dumpcap sees of a TCP port on loopback. */
export class LoopbackCapture implements AsyncDisposable {
  readonly path: string;
  readonly #dumpcap: TestProcess;
  readonly #port: number;

  private constructor(path: string, port: number) {
    this.path = path;
    this.#port = port;
    const args = ["-q", "-i", "lo", "-f", `tcp port ${port}`, "-w", path];
    this.#dumpcap = new TestProcess("dumpcap", { args });
  }

  /** @param port of an MQTT broker */
  static async start(path: string, port: number): Promise<LoopbackCapture> {
    const capture = new LoopbackCapture(path, port);
    await capture.#dumpcap.waitForLine(/^File: /);
    await capture.#sees("capture begins");
    return capture;
  }

  /** Waits until what was sent so far is in the file, and ends it. */
  async stop(): Promise<void> {
    await this.#sees("capture ends");
    this.#dumpcap.kill("SIGINT");
    await this.#dumpcap.status;
  }

  /** Connects with this client id until the file has it: dumpcap does not say what it has written. */
  async #sees(id: string): Promise<void> {
    await eventually(`${id} in the capture`, async () => {
      await using _peer = await MqttPeer.connect(`mqtt://127.0.0.1:${this.#port}`, {
        clientId: id,
      });
      const bytes = await Deno.readFile(this.path);
      return new TextDecoder("latin1").decode(bytes).includes(id);
    });
  }

  async [Symbol.asyncDispose]() {
    await this.#dumpcap[Symbol.asyncDispose]();
  }
}
