/**
 * Live and recent traces as streams of pcapng. A Worker makes them, so that the gateway's own
 * thread only hands bytes on; it runs while somebody reads, and a little longer.
 *
 * @module
 */
import { clockOffset, workerBegins } from "../clock.ts";
import type { Recorder, SubjectListener } from "./recorder.ts";
import type {
  FromTraceWorker,
  ToTraceWorker,
  TraceRequest,
  TraceSetting,
} from "./trace_messages.ts";
import { CREDIT_BYTES, TraceReader } from "./trace_reader.ts";

/** Readers at a time. */
export const MAX_READERS = 8;

/** How long the Worker stays when nobody reads, ms. */
const IDLE_MS = 5000;
/** How long readers may take to end at {@linkcode TraceStreams.close}, ms. */
const FINISH_MS = 500;

/** How often it is looked whether the system clock was set, ms. */
const CLOCK_MS = 1000;

export interface TraceStreamsOptions extends Pick<TraceSetting, "version" | "hostname"> {
  recorder: Pick<Recorder, "attach" | "detach">;
  log: (line: string) => void;
  /** The Worker's program. @default trace_worker.ts */
  script?: URL;
  /** How long the Worker stays when nobody reads, ms. @default 5000 */
  idleMs?: number;
  /** What to add to the monotonic clock now. @default the gateway's clock */
  clock?: () => number;
}

/** What was read so far, by all readers that there were; of one that was cancelled the last second may lack. */
export interface TraceCounters {
  packets: number;
  /** Records that readers were too slow for. */
  lost: number;
}

interface Running {
  worker: Worker;
  listener: SubjectListener;
  /** What readers have to say to the Worker, until it knows all subjects; then `null`. */
  waiting: ToTraceWorker[] | null;
  clockTimer: ReturnType<typeof setInterval> | undefined;
  /** Says that the Worker has ended. */
  ended: () => void;
}

export class TraceStreams {
  readonly counters: TraceCounters = { packets: 0, lost: 0 };
  readonly #options: TraceStreamsOptions;
  readonly #readers = new Map<number, TraceReader>();
  #count = 0;
  #running: Running | null = null;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: TraceStreamsOptions) {
    this.#options = options;
  }

  /** How many read now. */
  get readers(): number {
    return this.#readers.size;
  }

  /** Whether {@linkcode open} would refuse. */
  get full(): boolean {
    return this.#closed || this.#readers.size >= MAX_READERS;
  }

  /**
   * A trace from now on. The reader has to read the stream to its end or cancel it; while it does
   * neither, up to 1 MiB waits for it, and what is more is lost to it.
   *
   * @returns `null`: there are too many readers, or the gateway is ending
   */
  open(request: TraceRequest): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.full) return null;
    clearTimeout(this.#idleTimer);
    const running = this.#running ??= this.#start();
    const id = ++this.#count;
    const send = (message: ToTraceWorker) => {
      // It may have ended meanwhile.
      if (this.#running === running) this.#say(running, message);
    };
    const reader = new TraceReader({
      credit: (bytes) => send({ type: "credit", reader: id, bytes }),
      cancel: () => {
        send({ type: "cancel", reader: id });
        this.#remove(id);
      },
    });
    this.#readers.set(id, reader);
    send({ type: "open", reader: id, request, credit: CREDIT_BYTES });
    return reader.stream;
  }

  /** Ends all traces as they should end, within half a second, and then those that do not. */
  async close() {
    this.#closed = true;
    const readers = [...this.#readers];
    for (const [reader] of readers) {
      if (this.#running !== null) this.#say(this.#running, { type: "finish", reader });
    }
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FINISH_MS);
    await Promise.race([Promise.all(readers.map(([, { ended }]) => ended)), late.promise]);
    clearTimeout(timer);
    this.#stop(new Error("the gateway ended before the reader had read everything"));
  }

  /** Says what concerns a reader: a reader of events whose subjects are not known would lose them. */
  #say({ worker, waiting }: Running, message: ToTraceWorker) {
    if (waiting === null) worker.postMessage(message);
    else waiting.push(message);
  }

  #start(): Running {
    const { script } = this.#options;
    const url = script ?? new URL("./trace_worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromTraceWorker>) => this.#take(data);
    worker.onerror = (event) => {
      // Else it would end the gateway.
      event.preventDefault();
      if (this.#running?.worker !== worker) return;
      this.#options.log(`trace: the Worker failed: ${event.message}`);
      this.#stop(new Error(`the trace failed: ${event.message}`));
    };
    return this.#begin(worker);
  }

  /** Tells a new Worker what it has to know, now and later. */
  #begin(worker: Worker): Running {
    const { recorder, version, hostname, clock = clockOffset } = this.#options;
    const send = (message: ToTraceWorker) => worker.postMessage(message);
    // The first subjects come before the memory is known that they belong to.
    let early: ToTraceWorker[] | null = [];
    const tell = (message: ToTraceWorker) => early === null ? send(message) : early.push(message);
    const listener: SubjectListener = {
      subjects: (subjects) => tell({ type: "subjects", subjects }),
      forget: (ids) => tell({ type: "forget", ids }),
      allTold: () => {
        running.waiting?.forEach(send);
        running.waiting = null;
      },
    };
    const ended = workerBegins();
    const running: Running = { worker, listener, waiting: [], clockTimer: undefined, ended };
    const memory = recorder.attach(listener);
    let offset = clock();
    send({ type: "begin", setting: { memory, version, hostname, clockOffset: offset } });
    early.forEach(send);
    early = null;
    running.clockTimer = setInterval(() => {
      if (clock() === offset) return;
      offset = clock();
      send({ type: "clock", clockOffset: offset });
    }, CLOCK_MS);
    return running;
  }

  /** Ends the Worker; who still reads gets the error. */
  #stop(error: Error) {
    clearTimeout(this.#idleTimer);
    const running = this.#running;
    this.#running = null;
    for (const reader of this.#readers.values()) reader.fail(error);
    this.#readers.clear();
    if (running === null) return;
    clearInterval(running.clockTimer);
    this.#options.recorder.detach(running.listener);
    running.worker.terminate();
    running.ended();
  }

  #take(message: FromTraceWorker) {
    const reader = this.#readers.get(message.reader);
    // It may have been cancelled meanwhile.
    if (reader === undefined) return;
    if (message.type === "chunk") return reader.push(message.bytes);
    this.counters.packets += message.packets - reader.packets;
    this.counters.lost += message.lost - reader.lost;
    reader.packets = message.packets;
    reader.lost = message.lost;
    if (message.type === "progress") return;
    if (message.problem === undefined) reader.close();
    else {
      this.#options.log(`trace: ${message.problem}`);
      reader.fail(new Error(message.problem));
    }
    this.#remove(message.reader);
  }

  #remove(id: number) {
    // A reader that has ended may be cancelled all the same, before it was read to its end.
    if (!this.#readers.delete(id)) return;
    if (this.#readers.size > 0 || this.#running === null) return;
    const idle = () => this.#stop(new Error("nobody read"));
    this.#idleTimer = setTimeout(idle, this.#options.idleMs ?? IDLE_MS);
  }
}
