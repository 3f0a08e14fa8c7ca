/**
 * What is known of one side of an MQTT conversation.
 *
 * @module
 */
import type { Aliases } from "../wire/mqtt_packet.ts";
import { Handshakes } from "./mqtt_handshakes.ts";

/** Characters of topics that aliases may stand for, per side; the oldest is dropped beyond. */
const MOST_CHARACTERS = 256 * 1024;

export class MqttSide implements Aliases {
  readonly sent: Handshakes = new Handshakes();
  /** It said that it sends no more. */
  disconnected = false;
  /** Bytes of it are missing: what it may have sent is not known any more. */
  incomplete = false;
  /** What this side sets for what it receives (MQTT 5), -1 not said. */
  topicAliasMaximum = -1;
  receiveMaximum = -1;
  maximumPacketSize = -1;
  #topics: Map<number, string> | undefined = undefined;
  #characters = 0;

  /** The topic that an alias of this side stands for. */
  topicOf(alias: number): string | undefined {
    return this.#topics?.get(alias);
  }

  setAlias(alias: number, topic: string): void {
    this.#topics ??= new Map();
    const topics = this.#topics;
    this.#characters += topic.length - (topics.get(alias)?.length ?? 0);
    topics.set(alias, topic);
    if (this.#characters <= MOST_CHARACTERS) return;
    for (const [oldest, text] of topics) {
      topics.delete(oldest);
      this.#characters -= text.length;
      if (this.#characters <= MOST_CHARACTERS) break;
    }
  }

  /** As at the start of a connection. */
  clear(): void {
    this.sent.clear();
    this.disconnected = false;
    this.incomplete = false;
    this.topicAliasMaximum = -1;
    this.receiveMaximum = -1;
    this.maximumPacketSize = -1;
    this.#topics = undefined;
    this.#characters = 0;
  }
}
