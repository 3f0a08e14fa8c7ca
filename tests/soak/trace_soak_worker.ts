/**
 * Four readers of traces, on a thread of their own so that they do not slow the sessions: one reads
 * everything, one stalls and reads on at the end, one wants a single channel, one comes again and
 * again.
 *
 * @module
 */

export interface ReadersRequest {
  /** The gateway, with `https:`. */
  url: string;
  /** PEM of who signed its certificate. */
  ca: string;
  /** How long they read. */
  seconds: number;
  /** The channel that one of them wants. */
  channel: string;
  /** Where slices of what was read are left. */
  folder: string;
}

/** What a reader read. */
export interface TraceCounts {
  bytes: number;
  packets: number;
  /** Records lost, as packets say. */
  lost: number;
  /** The same as the statistics at the end say; -1: there are none. */
  lostInAll: number;
  /** Packets in the statistics; -1: there are none. */
  packetsInAll: number;
}

export type ReadersAnswer = { error: string } | {
  error?: undefined;
  all: TraceCounts;
  stalled: TraceCounts;
  filtered: TraceCounts;
  /** Of the last connection. */
  reconnecting: TraceCounts;
  connections: number;
};

/** So much of each file is left, bytes; whole blocks. */
const SLICE_BYTES = 12e6;
/** One connection of who reconnects, seconds. */
const SHORT_SECONDS = 2;
/** How much a reader that stalled may read until it hears of the loss, bytes. */
const UNTIL_LOSS_BYTES = 50e6;

const PACKET = 6, STATISTICS = 5;
const COUNT_RECEIVED = 4, COUNT_DROPPED = 5, PACKET_DROPPED = 4;

/** Takes a stream of pcapng apart (draft-ietf-opsawg-pcapng) and writes the first part to a file. */
class TraceFile implements Disposable {
  readonly counts: TraceCounts = {
    bytes: 0,
    packets: 0,
    lost: 0,
    lostInAll: -1,
    packetsInAll: -1,
  };
  readonly #file: Deno.FsFile;
  #rest = new Uint8Array(0);
  #written = 0;

  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
  }

  take(chunk: Uint8Array) {
    this.counts.bytes += chunk.length;
    const bytes = new Uint8Array(this.#rest.length + chunk.length);
    bytes.set(this.#rest);
    bytes.set(chunk, this.#rest.length);
    const view = new DataView(bytes.buffer);
    let at = 0;
    while (at + 12 <= bytes.length) {
      const length = view.getUint32(at + 4, true);
      if (length < 12 || length % 4 !== 0) throw new Error(`a block of ${length} bytes`);
      if (at + length > bytes.length) break;
      this.#block(view, at, length);
      at += length;
    }
    this.#keep(bytes.subarray(0, at));
    this.#rest = bytes.slice(at);
  }

  #block(view: DataView, at: number, length: number) {
    const { counts } = this;
    const type = view.getUint32(at, true);
    if (type === PACKET) {
      counts.packets++;
      const options = at + 28 + (view.getUint32(at + 20, true) + 3 & ~3);
      counts.lost += number(view, options, at + length - 4, PACKET_DROPPED) ?? 0;
    } else if (type === STATISTICS) {
      const received = number(view, at + 20, at + length - 4, COUNT_RECEIVED) ?? 0;
      const dropped = number(view, at + 20, at + length - 4, COUNT_DROPPED) ?? 0;
      counts.lostInAll = Math.max(counts.lostInAll, 0) + dropped;
      counts.packetsInAll = Math.max(counts.packetsInAll, 0) + received - dropped;
    }
  }

  #keep(blocks: Uint8Array) {
    if (this.#written >= SLICE_BYTES) return;
    for (let at = 0; at < blocks.length;) at += this.#file.writeSync(blocks.subarray(at));
    this.#written += blocks.length;
  }

  [Symbol.dispose]() {
    this.#file.close();
  }
}

/** The value of a 64-bit option. */
function number(view: DataView, from: number, to: number, wanted: number): number | undefined {
  for (let at = from; at + 4 <= to;) {
    const code = view.getUint16(at, true);
    if (code === 0) return undefined;
    if (code === wanted) return Number(view.getBigUint64(at + 4, true));
    at += 4 + (view.getUint16(at + 2, true) + 3 & ~3);
  }
  return undefined;
}

type Stream = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

class Readers {
  readonly #request: ReadersRequest;
  readonly #until: number;

  constructor(request: ReadersRequest) {
    this.#request = request;
    this.#until = performance.now() + request.seconds * 1000;
  }

  /** Each has a connection of its own: HTTP/2 would let one that stalls stop the others. */
  async #read(
    name: string,
    query: string,
    read: (stream: Stream, file: TraceFile) => Promise<void>,
  ) {
    const { url, ca, folder } = this.#request;
    using client = Deno.createHttpClient({ caCerts: [ca] });
    const response = await fetch(new URL(`/traces/live.pcapng?${query}`, url), { client });
    if (!response.ok) throw new Error(await response.text());
    const stream = response.body!.getReader();
    using file = new TraceFile(`${folder}/${name}.pcapng`);
    await read(stream, file);
    return file.counts;
  }

  all() {
    return this.#read("all", `seconds=${this.#request.seconds}`, readToEnd);
  }

  filtered() {
    const { channel, seconds } = this.#request;
    return this.#read("filtered", `channel=${channel}&seconds=${seconds}`, readToEnd);
  }

  stalled() {
    return this.#read("stalled", "", async (stream, file) => {
      await new Promise((resolve) => setTimeout(resolve, this.#until - performance.now()));
      const { counts } = file;
      while (counts.lost === 0 && counts.bytes < UNTIL_LOSS_BYTES) {
        const { value, done } = await stream.read();
        if (done) return;
        file.take(value);
      }
      await stream.cancel();
    });
  }

  async reconnecting() {
    let counts = await this.#again();
    let connections = 1;
    for (; performance.now() + SHORT_SECONDS * 1000 < this.#until; connections++) {
      counts = await this.#again();
    }
    return { counts, connections };
  }

  #again() {
    return this.#read("reconnecting", `seconds=${SHORT_SECONDS}`, readToEnd);
  }
}

async function readToEnd(stream: Stream, file: TraceFile) {
  for (;;) {
    const { value, done } = await stream.read();
    if (done) return;
    file.take(value);
  }
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ReadersRequest>) => void;
  postMessage(answer: ReadersAnswer): void;
};

scope.onmessage = async ({ data }) => {
  const readers = new Readers(data);
  try {
    const [all, stalled, filtered, { counts, connections }] = await Promise.all([
      readers.all(),
      readers.stalled(),
      readers.filtered(),
      readers.reconnecting(),
    ]);
    scope.postMessage({ all, stalled, filtered, reconnecting: counts, connections });
  } catch (error) {
    scope.postMessage({ error: (error as Error).stack ?? String(error) });
  }
};
