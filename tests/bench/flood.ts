/**
 * Publishes as fast as a broker takes it: large writes that TCP
 * back-pressure slows, from one or many connections.
 *
 * @module
 */
import { PINGREQ, publish } from "./mqtt_packets.ts";
import { Publisher } from "./publisher.ts";

export interface FloodOptions {
  port: number;
  connections: number;
  qos: 0 | 1;
  seconds: number;
  /** QoS 1: unacknowledged messages per connection, at most. */
  window: number;
  /** Messages a second over all connections. @default no limit */
  rate?: number;
}

export interface FloodResult {
  /** Messages written, each as a whole packet. */
  sent: number;
  /** PUBACKs received (QoS 1). */
  acknowledged: number;
  /** Why connections were lost; empty when none was. */
  lost: string[];
  /** From the first write to the last answer, in seconds. */
  seconds: number;
}

/** Size of one write at QoS 0, in bytes. */
const WRITE_BYTES = 65_536;
/**
 * Bytes that may be in kernel buffers and in the broker with no answer, over
 * all connections. It is far above what TCP needs; it bounds how long the end takes.
 */
const UNANSWERED_BYTES = 32 * 1024 * 1024;
/** How long the broker may take to answer everything after the last write, in milliseconds. */
const ANSWER_MS = 30_000;

const NAMES = ["temperature", "humidity", "pressure", "battery"];
const DEVICES = 4;
const FIRST_NUMBER = 10_000_000;
const NUMBER_DIGITS = 8;
const PAYLOAD = `{"value":21.4375,"unit":"C","site":"bench","n":${FIRST_NUMBER}}`;

/** Whole PUBLISH packets over several topics, renumbered before each write. */
class Batch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
  #ids: number[] = [];
  #numbers: number[] = [];
  #lastId = 0;
  #lastNumber = 0;

  constructor(qos: 0 | 1, maxBytes: number, maxCount: number) {
    const payload = new TextEncoder().encode(PAYLOAD);
    const parts: Uint8Array[] = [];
    let length = 0;
    for (let i = 0; i < maxCount; i++) {
      const topic = `devices/ingest-${i % DEVICES}/${NAMES[(i >> 2) % NAMES.length]}`;
      const packet = publish(topic, payload, qos === 0 ? undefined : 1);
      if (length + packet.length + PINGREQ.length > maxBytes) break;
      this.#ids.push(length + packet.length - payload.length - 2);
      this.#numbers.push(length + packet.length - NUMBER_DIGITS - 1);
      parts.push(packet);
      length += packet.length;
    }
    this.count = parts.length;
    if (qos === 0) {
      this.#ids = [];
      parts.push(PINGREQ);
      length += PINGREQ.length;
    }
    this.bytes = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      this.bytes.set(part, at);
      at += part.length;
    }
  }

  /** Gives every message the next number and, at QoS 1, the next packet identifier. */
  renumber() {
    for (const at of this.#ids) {
      this.#lastId = this.#lastId % 65_535 + 1;
      this.bytes[at] = this.#lastId >> 8;
      this.bytes[at + 1] = this.#lastId & 255;
    }
    for (const at of this.#numbers) {
      let number = FIRST_NUMBER + this.#lastNumber++ % FIRST_NUMBER;
      for (let i = at + NUMBER_DIGITS - 1; i >= at; i--) {
        const rest = Math.floor(number / 10);
        this.bytes[i] = 0x30 + number - rest * 10;
        number = rest;
      }
    }
  }
}

/** One connection's part of a flood. */
class Flow {
  sent = 0;
  readonly publisher: Publisher;
  #batch: Batch;
  #batches = 0;
  #options: FloodOptions;

  constructor(publisher: Publisher, options: FloodOptions) {
    this.publisher = publisher;
    this.#options = options;
    // A window is filled by quarters, so that it never runs empty.
    this.#batch = options.qos === 0
      ? new Batch(0, WRITE_BYTES, Infinity)
      : new Batch(1, WRITE_BYTES, Math.max(1, options.window >> 2));
  }

  /** Publishes until `end` (in `performance.now()` time). */
  async run(start: number, end: number) {
    const { connections, rate = Infinity } = this.#options;
    while (performance.now() < end && this.publisher.lost === undefined) {
      const due = (performance.now() - start) * rate / connections / 1000;
      if (this.sent + this.#batch.count > due) await new Promise((done) => setTimeout(done, 1));
      else await this.#writeBatch();
    }
  }

  async #writeBatch() {
    if (!await this.publisher.until(() => this.#mayWrite())) return;
    this.#batch.renumber();
    this.#batches++;
    await this.publisher.write(this.#batch.bytes);
    if (this.publisher.lost === undefined) this.sent += this.#batch.count;
  }

  #mayWrite(): boolean {
    const { acks } = this.publisher;
    if (this.#options.qos === 1) {
      return this.sent - acks.pubacks + this.#batch.count <= this.#options.window;
    }
    const limit = UNANSWERED_BYTES / this.#options.connections;
    return (this.#batches - acks.pingresps) * this.#batch.bytes.length < limit;
  }

  /** Waits until the broker answered everything, or the time is up. */
  async answered(timeoutMs: number): Promise<boolean> {
    const { acks } = this.publisher;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    const done = this.publisher.until(() =>
      this.#options.qos === 1 ? acks.pubacks >= this.sent : acks.pingresps >= this.#batches
    );
    const result = await Promise.race([done, timeout]);
    clearTimeout(timer);
    return result;
  }
}

/**
 * Floods a broker and waits until it answered everything: PUBACK at QoS 1,
 * PINGRESP to a PINGREQ after each write at QoS 0.
 *
 * @throws {Error} When the broker refuses a connection.
 */
export async function flood(options: FloodOptions): Promise<FloodResult> {
  const flows: Flow[] = [];
  try {
    for (let i = 0; i < options.connections; i++) {
      flows.push(new Flow(await Publisher.open(options.port, `bench-flood-${i}`), options));
    }
    const start = performance.now();
    const end = start + options.seconds * 1000;
    await Promise.all(flows.map((flow) => flow.run(start, end)));
    const answered = await Promise.all(flows.map((flow) => flow.answered(ANSWER_MS)));
    const lost = flows.map(({ publisher }, i) =>
      publisher.lost ?? (answered[i] ? undefined : `no answer in ${ANSWER_MS / 1000} s`)
    );
    return {
      sent: flows.reduce((sum, flow) => sum + flow.sent, 0),
      acknowledged: flows.reduce((sum, flow) => sum + flow.publisher.acks.pubacks, 0),
      lost: lost.filter((why) => why !== undefined),
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    await Promise.all(flows.map((flow) => flow.publisher.close()));
  }
}
