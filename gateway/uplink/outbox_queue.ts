/**
 * The messages that wait for the cloud, in order: the newest are in memory as well, older ones are
 * read from the outbox a piece at a time, so memory is bounded however long the cloud is away.
 *
 * @module
 */
import type { Outbox, OutboxMessage } from "./outbox.ts";
import { OutboxTail } from "./outbox_tail.ts";

export interface OutboxQueueOptions {
  outbox: Outbox;
  /** More may be taken: after nothing could be. */
  onReady: () => void;
  /** Kept in memory though it is on disk, bytes. @default 2 MiB */
  tailBytes?: number;
  /** Kept in memory while that is the only place, bytes. @default 16 MiB */
  memoryBytes?: number;
  /** Read at once, bytes. @default 256 KiB */
  pageBytes?: number;
  log: (line: string) => void;
}

const TAIL_BYTES = 2 << 20;
const MEMORY_BYTES = 16 << 20;
const PAGE_BYTES = 256 << 10;
const RETRY_MS = 1000;

const NONE: readonly OutboxMessage[] = [];

export class OutboxQueue {
  /** Number of the newest message. */
  last: number;
  /** Those up to this one are acknowledged or given up. */
  done: number;
  /** The next to be taken. */
  next: number;
  /** Waiting and under way. */
  messages: number;
  /** Their sizes in sum; after a start about. */
  bytes: number;
  /** When the oldest one in question came in, Unix ms; `null`: not known, or there is none. */
  oldestTime: number | null;
  /** Times that messages were found missing. */
  holes = 0;
  readonly #options: Required<Omit<OutboxQueueOptions, "onReady" | "log">> & OutboxQueueOptions;
  /** The newest messages. */
  readonly #tail = new OutboxTail();
  /** Numbers up to this one may be taken. */
  #ready: number;
  #waiting = false;
  /** The newest that is in memory alone, since it came while the disk failed. */
  #memoryOnly = 0;
  #page: readonly OutboxMessage[] = NONE;
  #pageAt = 0;
  #reading = false;
  #readFailed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: OutboxQueueOptions) {
    this.#options = {
      tailBytes: TAIL_BYTES,
      memoryBytes: MEMORY_BYTES,
      pageBytes: PAGE_BYTES,
      ...options,
    };
    const { first, last, messages, bytes, oldestTime } = options.outbox.atOpen;
    this.last = last;
    this.#ready = last;
    this.done = messages === 0 ? last : first - 1;
    this.next = this.done + 1;
    this.messages = messages;
    this.bytes = bytes;
    this.oldestTime = messages === 0 ? null : oldestTime;
  }

  /** Whether what waits is in memory alone now. */
  get #inMemoryAlone(): boolean {
    return this.#options.outbox.kept === "memory" || this.#options.outbox.failing;
  }

  /** Whether there is nothing to take, now or soon. */
  get isCaughtUp(): boolean {
    return this.next > this.last;
  }

  /** @param time When it came in, Unix milliseconds. @returns its number */
  append(time: number, data: Uint8Array): number {
    const n = ++this.last;
    this.#options.outbox.send(n, time, data);
    if (this.messages === 0) this.oldestTime = time;
    this.messages++;
    this.bytes += data.length;
    this.#tail.push(n, time, data);
    if (this.#inMemoryAlone) this.#memoryOnly = n;
    this.#boundTail();
    this.#awaitDurable();
    return n;
  }

  #boundTail() {
    const { tailBytes, memoryBytes } = this.#options;
    const tail = this.#tail;
    while (tail.bytes > tailBytes) {
      const isTheOnlyOne = tail.first <= this.#memoryOnly && tail.first > this.done;
      if (isTheOnlyOne && tail.bytes <= memoryBytes) break;
      tail.shift();
    }
  }

  /** At most one promise at a time: what comes meanwhile waits for the next. */
  #awaitDurable() {
    if (this.#waiting) return;
    const durable = this.#options.outbox.durable();
    if (durable === null) {
      this.#ready = this.last;
      this.#tellReady();
      return;
    }
    const { last } = this;
    this.#waiting = true;
    durable.then((stored) => {
      this.#waiting = false;
      if (this.#closed) return;
      // It is not on disk, and may be lost with this process: it goes on all the same.
      if (!stored) this.#memoryOnly = Math.max(this.#memoryOnly, last);
      this.#ready = Math.max(this.#ready, last);
      if (this.last > last) this.#awaitDurable();
      this.#tellReady();
    });
  }

  #tellReady() {
    if (this.next <= this.#ready) this.#options.onReady();
  }

  /** The next message, if it is at hand; else `onReady` says when it is. */
  take(): OutboxMessage | null {
    const message = this.peek();
    if (message !== null) this.next = message.n + 1;
    return message;
  }

  /** The next message, left where it is. */
  peek(): OutboxMessage | null {
    if (this.next > this.#ready) return null;
    return this.#fromTail() ?? this.#fromPage();
  }

  #fromTail(): OutboxMessage | null {
    const message = this.#tail.get(this.next);
    if (message !== null) this.#page = NONE;
    return message;
  }

  #fromPage(): OutboxMessage | null {
    for (; this.#pageAt < this.#page.length; this.#pageAt++) {
      const message = this.#page[this.#pageAt]!;
      if (message.n < this.next) continue;
      if (message.n > this.#ready) return null;
      if (message.n > this.next) this.#lack(message.n);
      return message;
    }
    if (!this.#reading) this.#read();
    return null;
  }

  /** Messages before `n` were never stored. */
  #lack(n: number) {
    const count = n - this.next;
    if (count <= 0) return;
    this.holes++;
    const average = this.messages > 0 ? this.bytes / this.messages : 0;
    this.messages -= count;
    this.bytes -= count * average;
    this.next = n;
  }

  async #read() {
    this.#reading = true;
    const from = this.next;
    try {
      const page = await this.#options.outbox.read(from, this.#options.pageBytes);
      if (this.#closed) return;
      this.#readFailed = false;
      this.#page = page;
      this.#pageAt = 0;
      // Nothing is stored any more of what is asked for: what memory has is next.
      const { first, last } = this.#tail;
      const known = first <= last ? first : this.last + 1;
      if (page.length === 0 && this.next === from) this.#lack(known);
    } catch (error) {
      if (this.#closed) return;
      const { message } = error as Error;
      if (!this.#readFailed) this.#options.log(`uplink: the outbox cannot be read: ${message}`);
      this.#readFailed = true;
      this.#timer = setTimeout(() => {
        this.#reading = false;
        this.#options.onReady();
      }, RETRY_MS);
      return;
    }
    this.#reading = false;
    this.#options.onReady();
  }

  /** A message does not wait any more. */
  release({ data }: OutboxMessage) {
    this.messages = Math.max(0, this.messages - 1);
    this.bytes = Math.max(0, this.bytes - data.length);
  }

  /** Takes back what `release` said of so many messages. */
  restore(messages: number, bytes: number) {
    this.messages += messages;
    this.bytes += bytes;
  }

  /** All up to `n` is done, and released. */
  finish(n: number) {
    this.done = Math.max(this.done, n);
    if (this.done >= this.last) {
      this.messages = 0;
      this.bytes = 0;
      this.oldestTime = null;
    }
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
