/**
 * What is taken of the messages of a device that is a WebSocket server: single values, messages of a
 * kind.
 *
 * @module
 */
import type { MessagePart } from "../../broker/broker.ts";
import type { WebSocketDeviceConfig } from "../../config/websocket_device.ts";
import { payloadToJson } from "../../rooms/payload.ts";
import { JsonPointers } from "./json_pointers.ts";

/** Messages without any of the values before people are told. */
const MISSES = 10;

const encoder = new TextEncoder();

interface Value {
  topic: string;
  /** It is the message as it came. */
  isWhole: boolean;
}

export interface MessageValuesOptions {
  device: WebSocketDeviceConfig;
  /** Topic of its messages. */
  topic: string;
  /** The first messages had nothing of what is asked for. @param why In words */
  onMisses: (why: string) => void;
}

/** What is published for a value: the text itself of one in quotes, else JSON as it stands. */
function payloadOf(json: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(json.startsWith('"') ? JSON.parse(json) : json);
}

export class MessageValues {
  readonly #options: MessageValuesOptions;
  /** First those of the values, then those that have to say something. */
  readonly #pointers: JsonPointers;
  readonly #values: readonly Value[];
  readonly #wanted: readonly unknown[];
  /** NaN: some had. */
  #misses = 0;

  private constructor(options: MessageValuesOptions) {
    this.#options = options;
    const { device: { channel, values = {}, match = {} } } = options;
    const wanted = Object.entries(match);
    const named = Object.entries(values);
    this.#values = named.map(([name, pointer]) => ({
      topic: `devices/${channel}/${name}`,
      isWhole: pointer === "",
    }));
    this.#wanted = wanted.map(([, value]) => value);
    const pointers = [...named.map(([, pointer]) => pointer), ...wanted.map(([at]) => at)];
    this.#pointers = new JsonPointers(pointers);
  }

  /** @returns `null`: each message is one update as it is */
  static of(options: MessageValuesOptions): MessageValues | null {
    const { values, match } = options.device;
    return values === undefined && match === undefined ? null : new MessageValues(options);
  }

  /** What becomes updates of a message. */
  take(payload: Uint8Array): MessagePart[] {
    const { device, topic } = this.#options;
    const found = this.#pointers.find(payloadToJson(payload));
    const parts: MessagePart[] = [];
    if (this.#fits(found)) {
      const keeps = device.values === undefined || device.topic !== undefined;
      if (keeps) parts.push({ topic, payload });
      for (let i = 0; i < this.#values.length; i++) {
        const json = found[i];
        if (json === undefined) continue;
        const { topic, isWhole } = this.#values[i]!;
        parts.push({ topic, payload: isWhole ? payload : payloadOf(json) });
      }
      this.#note(parts.length > (keeps && this.#values.length > 0 ? 1 : 0));
    } else this.#note(false);
    return parts;
  }

  #fits(found: readonly (string | undefined)[]): boolean {
    for (let i = 0; i < this.#wanted.length; i++) {
      const json = found[this.#values.length + i];
      if (json === undefined || JSON.parse(json) !== this.#wanted[i]) return false;
    }
    return true;
  }

  /** A pointer that leads nowhere should not go unnoticed. */
  #note(has: boolean) {
    if (has) this.#misses = NaN;
    else if (++this.#misses === MISSES) {
      const { values = {}, match = {} } = this.#options.device;
      const pointers = [...Object.keys(match), ...Object.values(values)];
      this.#options.onMisses(
        `none of its first ${MISSES} messages has what is asked for: ${pointers.join(", ")}`,
      );
    }
  }
}
