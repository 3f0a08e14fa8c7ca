/**
 * Captures the packets of the gateway's ports with dumpcap or tcpdump.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import type { CaptureFrame, CaptureInterface } from "../files/capture_frame.ts";
import { CaptureReader } from "../files/capture_reader.ts";
import type { TracesAnswer } from "./gateway_client.ts";

/** Programs, in the order in which they are tried, and where they may be. */
const TOOLS = [
  {
    paths: [
      "dumpcap",
      "/usr/bin/dumpcap",
      "/Applications/Wireshark.app/Contents/MacOS/dumpcap",
      "C:\\Program Files\\Wireshark\\dumpcap.exe",
    ],
    // A kernel buffer of 16 MiB: TCP on loopback comes in bursts.
    args: (
      source: string,
      filter: string,
    ) => ["-q", "-B", "16", "-i", source, "-f", filter, "-w", "-"],
  },
  {
    paths: ["tcpdump", "/usr/sbin/tcpdump"],
    args: (
      source: string,
      filter: string,
    ) => ["-n", "-U", "--immediate-mode", "-s", "0", "-i", source, "-w", "-", filter],
  },
] as const;

/** Every interface; then loopback, by its names on Linux and on BSDs. */
const SOURCES = ["any", "lo", "lo0"];
/** How long a program may take to begin, ms. */
const START_MS = 5000;
/** How long a program may take to end, ms. */
const END_MS = 1500;
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "mqtt:": 1883,
  "mqtts:": 8883,
  "ws:": 80,
  "wss:": 443,
};

/** Is told what a capture finds. */
export interface WireEvents {
  /** A packet; the frame is good only during the call. @param source The interface's name. */
  frame(frame: CaptureFrame, source: string): void;
  /** Packets that the capturing program lost, at its end. */
  dropped(source: CaptureInterface, count: number): void;
  /** It ended by itself. */
  ended(message: string): void;
}

/** The TCP ports that a gateway uses; empty when it does not say. */
export function portsOf({ http, mqtt, broker }: TracesAnswer): number[] {
  const ports = [http?.port, ...(mqtt ?? []).map(({ port }) => port), brokerPort(broker)];
  const valid = ports.filter((port) => Number.isInteger(port) && port! > 0 && port! < 65536);
  return [...new Set(valid as number[])];
}

function brokerPort(broker: string | undefined): number | undefined {
  if (broker === undefined || !URL.canParse(broker)) return undefined;
  const { port, protocol } = new URL(broker);
  return port === "" ? DEFAULT_PORTS[protocol] : Number(port);
}

/** A capture filter (pcap-filter) for ports, without the connection of a port of ours. */
export function captureFilter(ports: readonly number[], except: number | undefined): string {
  const all = ports.map((port) => `tcp port ${port}`).join(" or ");
  return except === undefined ? all : `(${all}) and not tcp port ${except}`;
}

/** Whether a host is this machine, so that its packets can be seen here. */
export async function isThisMachine(host: string): Promise<boolean> {
  const plain = host.replace(/^\[|\]$/g, "");
  if (plain === "localhost" || plain.endsWith(".localhost")) return true;
  try {
    const { address } = await lookup(plain);
    if (/^(?:127\.|::1$|::ffff:127\.)/.test(address)) return true;
    return Deno.networkInterfaces().some((own) => own.address === address);
  } catch {
    return false;
  }
}

/** A program that captures. */
export class WireCapture {
  readonly #child: Deno.ChildProcess;
  readonly #done: Promise<void>;
  /** The interface's name. */
  readonly source: string;
  #stopping = false;

  private constructor(child: Deno.ChildProcess, source: string, parts: Started, to: WireEvents) {
    this.#child = child;
    this.source = source;
    this.#done = this.#read(parts, to);
  }

  /**
   * Starts the first program that is there and may capture.
   *
   * @returns It, or why there is none and what to do.
   */
  static async start(filter: string, events: WireEvents): Promise<WireCapture | string> {
    let refused: string | undefined;
    for (const source of SOURCES) {
      for (const { paths, args } of TOOLS) {
        const child = spawn(paths, args(source, filter));
        if (child === undefined) continue;
        const started = await begin(child);
        if (typeof started !== "string") return new WireCapture(child, source, started, events);
        refused ??= `${paths[0]}: ${started}`;
      }
    }
    if (refused === undefined && Deno.build.standalone) {
      return "a compiled edgewire can start no other programs: run dumpcap or tcpdump beside it";
    }
    if (refused === undefined) {
      return "neither dumpcap nor tcpdump could be started: install one (Debian: apt-get install " +
        "tshark or tcpdump), and permit it (--allow-run=dumpcap,tcpdump)";
    }
    return `${refused}. Let yourself capture (Debian: sudo dpkg-reconfigure wireshark-common, ` +
      "sudo usermod -aG wireshark $USER, and log in again), or run this as root";
  }

  /** Ends it, once what it has has been read. */
  async stop(): Promise<void> {
    this.#stopping = true;
    kill(this.#child, "SIGTERM");
    const timer = setTimeout(() => kill(this.#child, "SIGKILL"), END_MS);
    await this.#done;
    clearTimeout(timer);
  }

  async #read({ stream, errors }: Started, events: WireEvents): Promise<void> {
    const onFrame = (frame: CaptureFrame) => events.frame(frame, this.source);
    const reader = new CaptureReader(stream, onFrame, {
      statistics: ({ interface: source, dropped = 0n }) => {
        if (dropped > 0n) events.dropped(source, Number(dropped));
      },
    });
    const end = await reader.read();
    await this.#child.status;
    if (this.#stopping) return;
    events.ended("message" in end ? end.message : lastLine(await errors) || "it ended");
  }
}

interface Started {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** What it says on its standard error, all of it. */
  readonly errors: Promise<string>;
}

function spawn(paths: readonly string[], args: string[]): Deno.ChildProcess | undefined {
  for (const path of paths) {
    try {
      return new Deno.Command(path, {
        args,
        // The token is not for children.
        env: { EDGEWIRE_TOKEN: "" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch {
      // Not there, or not permitted: the next.
    }
  }
  return undefined;
}

/** Waits until it writes. @returns What it said when it does not. */
async function begin(child: Deno.ChildProcess): Promise<Started | string> {
  const errors = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  const timer = setTimeout(() => kill(child, "SIGKILL"), START_MS);
  const { value } = await reader.read();
  clearTimeout(timer);
  if (value === undefined) {
    await child.status;
    return lastLine(await errors) || "it ended without a word";
  }
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(value),
    async pull(controller) {
      const { value, done } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  return { stream, errors };
}

/** The line of what it said that says most. */
function lastLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const telling = lines.find((line) => /permission|not permitted|no such device/i.test(line));
  return (telling ?? lines.at(-1) ?? "").replace(/^(?:dumpcap|tcpdump): /, "").slice(0, 300);
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal) {
  try {
    child.kill(signal);
  } catch {
    // It has ended.
  }
}
