/**
 * One connection on which something is tried at a broker.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { IConnackPacket, IPublishPacket, MqttClient } from "mqtt";

/** What came before was sent first; in a cluster another way may be a little longer. */
const GRACE_MS = 250;
export const NOTHING: Buffer = Buffer.alloc(0);

/** The broker closed a connection, or time is up. */
class Ended extends Error {}

/** Ends with `close()`; whatever waits fails when the broker closes it, or the signal comes. */
export class Trial {
  readonly client: MqttClient;
  readonly #lost = Promise.withResolvers<never>();
  readonly #came: { topic: string; retain: boolean }[] = [];
  readonly #waiting = new Set<() => void>();
  /** The broker closed it. */
  closed = false;

  constructor(client: MqttClient, signal: AbortSignal) {
    this.client = client;
    this.#lost.promise.catch(() => {});
    client.on("error", () => {});
    client.handleMessage = (packet, done) => {
      const { topic, retain } = packet as IPublishPacket;
      this.#came.push({ topic, retain });
      for (const wake of this.#waiting) wake();
      done();
    };
    client.on("close", () => {
      this.closed = true;
      this.#lost.reject(new Ended("the broker closed the connection"));
    });
    const late = () => this.#lost.reject(new Ended("no answer in time"));
    if (signal.aborted) late();
    else signal.addEventListener("abort", late, { once: true });
  }

  /** @throws if the broker closes the connection, refuses, or time is up. */
  #settled<T>(start: (done: (error: unknown, value?: T) => void) => void): Promise<T | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    start((error, value) => error ? reject(error) : resolve(value));
    return Promise.race([promise, this.#lost.promise]);
  }

  open(): Promise<IConnackPacket | undefined> {
    return this.#settled((done) => this.client.once("connect", (packet) => done(null, packet)));
  }

  subscribe(filter: string): Promise<unknown> {
    return this.#settled((done) => this.client.subscribe(filter, { qos: 0 }, done));
  }

  publish(topic: string, qos: 0 | 1 | 2, payload = NOTHING, retain = false): Promise<unknown> {
    return this.#settled((done) => this.client.publish(topic, payload, { qos, retain }, done));
  }

  /** Whether a message came on the topic, by then or soon. */
  async comes(topic: string, retain = false, withinMs = GRACE_MS): Promise<boolean> {
    const came = () => this.#came.some((one) => one.topic === topic && (one.retain || !retain));
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, withinMs);
    try {
      while (!came()) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#waiting.add(resolve);
        const isLate = await Promise.race([
          promise,
          late.promise.then(() => true),
          this.#lost.promise,
        ]);
        this.#waiting.delete(resolve);
        if (isLate === true) return came();
      }
      return true;
    } finally {
      clearTimeout(timer);
    }
  }

  close() {
    this.client.end(true);
  }
}
