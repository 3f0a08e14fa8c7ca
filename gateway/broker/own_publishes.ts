/**
 * Recognises our own publishes when the broker sends them back: MQTT 3.1.1
 * has no "no local" option.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { covers } from "../topics/topic_filter.ts";

const EXPIRY_MS = 30_000;
const MAX_TOPICS = 10_000;

interface Sent {
  payload: Buffer;
  time: number;
}

export class OwnPublishes {
  readonly #sent = new Map<string, Sent[]>();

  /** Remembers a publish, if one of our subscriptions brings it back. */
  published(topic: string, payload: Uint8Array, subscriptions: string[]) {
    if (!subscriptions.some((filter) => covers(filter, topic))) return;
    const sent = this.#recent(topic);
    sent.push({ payload: Buffer.from(payload), time: performance.now() });
    if (this.#sent.size >= MAX_TOPICS && !this.#sent.has(topic)) {
      this.#sent.delete(this.#sent.keys().next().value as string);
    }
    this.#sent.set(topic, sent);
  }

  /** Whether a message is one that we published; each counts once. */
  returned(topic: string, payload: Uint8Array): boolean {
    if (!this.#sent.has(topic)) return false;
    const sent = this.#recent(topic);
    const index = sent.findIndex((own) => own.payload.equals(payload));
    if (index >= 0) sent.splice(index, 1);
    if (sent.length === 0) this.#sent.delete(topic);
    else this.#sent.set(topic, sent);
    return index >= 0;
  }

  #recent(topic: string): Sent[] {
    const oldest = performance.now() - EXPIRY_MS;
    return (this.#sent.get(topic) ?? []).filter(({ time }) => time >= oldest);
  }
}
