/**
 * One reader of a trace on the gateway's side: a stream of what the Worker sends, which may send so
 * much as the consumer has taken, and no more.
 *
 * @module
 */

/** Bytes that may be under way to a consumer that takes nothing. */
export const CREDIT_BYTES = 1 << 20;

export interface TraceReaderEvents {
  /** So many bytes more may be sent. */
  credit(bytes: number): void;
  /** The consumer wants no more. */
  cancel(): void;
}

export class TraceReader {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Settles when nothing more comes, for whatever reason. */
  readonly ended: Promise<void>;
  /** What the Worker counted so far. */
  packets = 0;
  lost = 0;
  readonly #end = Promise.withResolvers<void>();
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  /** Bytes that came in all, and of them those given back as credit. */
  #came = 0;
  #credited = 0;

  constructor(events: TraceReaderEvents) {
    this.ended = this.#end.promise;
    this.stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => void (this.#controller = controller),
      pull: () => {
        const bytes = this.#taken() - this.#credited;
        if (bytes === 0) return;
        this.#credited += bytes;
        events.credit(bytes);
      },
      cancel: () => {
        this.#end.resolve();
        events.cancel();
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: CREDIT_BYTES }));
  }

  /** Bytes that the consumer has taken out of the queue. */
  #taken(): number {
    return this.#came - (CREDIT_BYTES - (this.#controller.desiredSize ?? 0));
  }

  push(bytes: Uint8Array<ArrayBuffer>) {
    this.#came += bytes.length;
    this.#controller.enqueue(bytes);
  }

  /** The consumer still gets what waits for it. */
  close() {
    this.#controller.close();
    this.#end.resolve();
  }

  /** The consumer gets the error instead of what waits for it. */
  fail(error: Error) {
    this.#controller.error(error);
    this.#end.resolve();
  }
}
