/**
 * A subscriber to everything that simulated nodes publish.
 *
 * @module
 */
import type { Mosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { EnvelopeReader, type ReadEnvelope } from "./envelope_reader.ts";

/** A subscriber that keeps bytes. */
export class Watcher implements AsyncDisposable {
  readonly peer: MqttPeer;
  readonly payloads: { topic: string; payload: Uint8Array; retain: boolean; qos: number }[] = [];

  private constructor(peer: MqttPeer) {
    this.peer = peer;
    peer.client.on("message", (topic, payload, { retain, qos }) => {
      this.payloads.push({ topic, payload, retain, qos });
    });
  }

  static async open({ url }: Mosquitto): Promise<Watcher> {
    const watcher = new Watcher(await MqttPeer.connect(url));
    await watcher.peer.subscribe("#", 1);
    return watcher;
  }

  /** JSON of messages on a topic. */
  json(topic: string): Record<string, unknown>[] {
    return this.peer.received.filter((message) => message.topic === topic)
      .map(({ text }) => JSON.parse(text));
  }

  envelopes(node: string, keys: readonly Uint8Array[] = []): ReadEnvelope[] {
    const reader = new EnvelopeReader(keys);
    return this.payloads.filter(({ topic }) => topic === `edgewire/v1/${node}/radio`)
      .map(({ payload }) => reader.read(payload));
  }

  async [Symbol.asyncDispose]() {
    await this.peer[Symbol.asyncDispose]();
  }
}
