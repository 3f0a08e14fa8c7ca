/**
 * Stands in for the Worker that makes traces. What a reader gets is what the first channel of its
 * request says:
 *
 * - `log`: each message that came so far and comes, as a line of JSON;
 * - `flood`: chunks of 64 KiB again and again, as credit allows; `packets` counts the bytes;
 * - `short`: a chunk and its end;
 * - `deaf`: nothing, not even an end;
 * - `fail`: an end with a problem;
 * - `crash`: an exception.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import type { FromTraceWorker, ToTraceWorker } from "../../gateway/recorder/trace_messages.ts";

const CHUNK_BYTES = 1 << 16;

interface Flood {
  credit: number;
  sent: number;
}

const floods = new Map<number, Flood>();
const lines: string[] = [];
const logs = new Set<number>();

const send = (message: FromTraceWorker) => postMessage(message);

function chunk(reader: number, text: string) {
  send({ type: "chunk", reader, bytes: new TextEncoder().encode(text) });
}

function pour(reader: number, flood: Flood) {
  while (flood.credit >= CHUNK_BYTES) {
    flood.credit -= CHUNK_BYTES;
    flood.sent += CHUNK_BYTES;
    send({ type: "chunk", reader, bytes: new Uint8Array(CHUNK_BYTES) });
  }
  send({ type: "progress", reader, packets: flood.sent, lost: 1 });
}

function open({ reader, request, credit }: ToTraceWorker & { type: "open" }) {
  switch (request.filter.channels[0]) {
    case "log":
      chunk(reader, lines.join(""));
      logs.add(reader);
      break;
    case "flood":
      floods.set(reader, { credit, sent: 0 });
      pour(reader, floods.get(reader)!);
      break;
    case "short":
      chunk(reader, "short");
      return send({ type: "end", reader, packets: 1, lost: 0 });
    case "fail":
      return send({ type: "end", reader, packets: 0, lost: 0, problem: "no ring" });
    case "crash":
      throw new Error("crashed on purpose");
  }
}

onmessage = ({ data }: MessageEvent<ToTraceWorker>) => {
  const line = `${
    JSON.stringify(data, (_, value) => value instanceof SharedArrayBuffer ? "shared" : value)
  }\n`;
  lines.push(line);
  for (const reader of logs) chunk(reader, line);
  if (data.type === "open") open(data);
  if (data.type === "credit") {
    const flood = floods.get(data.reader);
    if (flood === undefined) return;
    flood.credit += data.bytes;
    pour(data.reader, flood);
  }
  if (data.type === "cancel") floods.delete(data.reader);
  if (data.type === "finish" && logs.has(data.reader)) {
    chunk(data.reader, "statistics\n");
    send({ type: "end", reader: data.reader, packets: 3, lost: 2 });
  }
};
