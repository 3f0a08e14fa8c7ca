/**
 * A recorder with one reader in the same thread, and what tshark and our decoder say of what it got.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { clockOffset } from "../../../gateway/clock.ts";
import { Readings } from "../../../gateway/recorder/encoder/readings.ts";
import { Recorder, type SubjectListener } from "../../../gateway/recorder/recorder.ts";
import type {
  FromTraceWorker,
  TraceFilter,
  TraceRequest,
} from "../../../gateway/recorder/trace_messages.ts";
import type { ConnectionFacts, SharedText, TappedTopic } from "../../../gateway/taps.ts";
import { ownFields } from "../../traces/compare/own_fields.ts";
import { NO_HINTS, tsharkFields } from "../../traces/compare/tshark_run.ts";

/** Long enough for everything to leave the hold, ms. */
const LONG_MS = 1000;

/** Added to the monotonic clock it gives the time of the file. */
export const OFFSET = clockOffset();

export const EVERYTHING: TraceFilter = { channels: [], hops: [], nodes: [] };

/** Facts of a connection to the gateway. */
export function facts(more: Partial<ConnectionFacts> = {}): ConnectionFacts {
  return {
    protocol: "mqtt",
    transport: "tcp",
    dialled: false,
    local: { host: "192.0.2.1", port: 8883 },
    remote: { host: "192.0.2.77", port: 50_123 },
    tls: true,
    ...more,
  };
}

export function sessionFacts(more: Partial<ConnectionFacts> = {}): ConnectionFacts {
  return facts({
    protocol: "session",
    transport: "websocket",
    local: { host: "192.0.2.1", port: 443 },
    remote: { host: "192.0.2.88", port: 40_000 },
    upgrade: {
      target: "/ws?token=geheim42&x=1",
      requestHeaders: [
        ["host", "gw.example"],
        ["upgrade", "websocket"],
        ["connection", "Upgrade"],
        ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["sec-websocket-version", "13"],
        ["sec-websocket-protocol", "edgewire.v1"],
        ["authorization", "Bearer geheim42"],
        ["cookie", "edgewire=geheim42"],
      ],
      responseHeaders: [["sec-websocket-protocol", "edgewire.v1"]],
    },
    ...more,
  });
}

/** Of a browser's MQTT client. */
export function mqttWebSocketFacts(): ConnectionFacts {
  return facts({
    transport: "websocket",
    upgrade: {
      target: "/mqtt",
      requestHeaders: [
        ["Host", "gw"],
        ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["Sec-WebSocket-Protocol", "mqtt"],
      ],
      responseHeaders: [["sec-websocket-protocol", "mqtt"]],
    },
  });
}

export function shared(text: string): SharedText {
  return { text, bytes: new TextEncoder().encode(text).length, kept: -1 };
}

export function topic(name: string): TappedTopic {
  const head = `,"topic":${JSON.stringify(name)},"value":`;
  return { topic: name, head, tail: `,"id":"`, recorded: null };
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

export interface RecordingOptions {
  /** Size of the flight recorder, bytes. @default 4 MiB */
  recentBytes?: number;
  filter?: Partial<TraceFilter>;
  mode?: TraceRequest["mode"];
  seconds?: number;
  /** @default no end of it */
  credit?: number;
}

/** Fields of each packet. */
export type Row = Record<string, string[]>;

export class Recording {
  readonly recorder: Recorder;
  readonly readings: Readings;
  readonly messages: FromTraceWorker[] = [];
  /** Our own clock, ms; only steps let it pass. */
  now = 0;
  readonly #options: RecordingOptions;
  readonly #listener: SubjectListener;

  constructor(options: RecordingOptions = {}) {
    this.#options = options;
    this.recorder = new Recorder({ recentBytes: options.recentBytes ?? 4 << 20 });
    const clocks = { now: () => this.now, unix: () => performance.now() + OFFSET };
    this.readings = new Readings((message) => this.messages.push(message), clocks);
    this.#listener = {
      subjects: (subjects) =>
        this.readings.take({ type: "subjects", subjects: structuredClone(subjects) }),
      forget: (ids) => this.readings.take({ type: "forget", ids }),
    };
  }

  /** Lets a reader begin. */
  open() {
    const memory = this.recorder.attach(this.#listener);
    const setting = { memory, version: "1.2.3", hostname: "gw-test", clockOffset: OFFSET };
    this.readings.take({ type: "begin", setting });
    const { mode = "live", seconds, credit = Infinity, filter } = this.#options;
    const request: TraceRequest = {
      mode,
      filter: { ...EVERYTHING, ...filter },
      ...(seconds === undefined ? {} : { seconds }),
    };
    this.readings.take({ type: "open", reader: 1, request, credit });
  }

  /** Turns until there is nothing to do now. */
  async steps() {
    await Promise.resolve();
    while (this.readings.step());
  }

  /** Lets time pass until nothing is held. */
  async settle() {
    await this.steps();
    this.now += LONG_MS;
    await this.steps();
  }

  /** Ends the reader. @returns the file */
  async finish(): Promise<Uint8Array<ArrayBuffer>> {
    await this.settle();
    this.readings.take({ type: "finish", reader: 1 });
    await this.settle();
    equal(this.messages.at(-1)?.type, "end");
    this.recorder.detach(this.#listener);
    return this.file;
  }

  /** What was sent so far. */
  get file(): Uint8Array<ArrayBuffer> {
    const chunks = this.messages.flatMap((message) =>
      message.type === "chunk" ? [message.bytes] : []
    );
    const file = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
      file.set(chunk, at);
      at += chunk.length;
    }
    return file;
  }

  get end(): Extract<FromTraceWorker, { type: "end" }> {
    const last = this.messages.at(-1);
    if (last?.type !== "end") throw new Error("it has not ended");
    return last;
  }
}

/** What tshark says of a file. */
export async function tsharkRows(file: Uint8Array, fields: readonly string[]): Promise<Row[]> {
  return await inFile(file, async (path) => {
    const { frames, complaint } = await tsharkFields(path, fields, NO_HINTS);
    equal(complaint, "");
    return rowsOf(frames, fields);
  });
}

/** What our decoder says of a file. */
export async function ownRows(file: Uint8Array, fields: readonly string[]): Promise<Row[]> {
  return await inFile(file, async (path) => {
    const { frames, complaint } = await ownFields(path, fields, { preferences: [] });
    equal(complaint, "");
    return rowsOf(frames, fields);
  });
}

function rowsOf(frames: readonly (readonly (readonly string[])[])[], fields: readonly string[]) {
  return frames.map((values) =>
    Object.fromEntries(fields.map((field, i) => [field, [...values[i]!]]))
  );
}

async function inFile<Result>(file: Uint8Array, use: (path: string) => Promise<Result>) {
  const path = await Deno.makeTempFile({ suffix: ".pcapng" });
  try {
    await Deno.writeFile(path, file);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

/** Fields that are there when something is wrong. */
export const TROUBLE = ["_ws.malformed", "_ws.malformed.expert", "tcp.analysis.flags"];

/** Rows with anything wrong. */
export function troubled(rows: readonly Row[]): Row[] {
  return rows.filter((row) => TROUBLE.some((field) => row[field]!.length > 0));
}

/** Longest block of a pcapng. */
export function longestBlock(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let longest = 0;
  for (let at = 0; at < file.length;) {
    const length = view.getUint32(at + 4, true);
    longest = Math.max(longest, length);
    at += length;
  }
  return longest;
}
