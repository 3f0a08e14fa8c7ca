/**
 * Messages in a capture: what was sent to each broker, and what each client received.
 *
 * @module
 */
import type { ByteSource } from "../../traces/files/byte_source.ts";
import { type CaptureEnd, CaptureReader } from "../../traces/files/capture_reader.ts";
import { CaptureDecoder } from "../../traces/flows/capture_decoder.ts";
import type { Conversation, Side } from "../../traces/flows/conversation.ts";
import type { DecodeAs } from "../../traces/flows/decode_as.ts";
import { endpointText } from "../../traces/flows/endpoint_text.ts";
import { KeyLog } from "../../traces/flows/key_log.ts";
import { Observer } from "../../traces/flows/observer.ts";
import { readConnect } from "../../traces/replay/connect_packet.ts";
import { clientOf } from "../../traces/replay/publish_tap.ts";
import type { Dissection } from "../../traces/wire/dissection.ts";
import { Type } from "../../traces/wire/mqtt_names.ts";
import { readPublish } from "./publish_reader.ts";
import type { Verification, View } from "./verification.ts";

export interface CaptureOptions {
  /** Content of a TLS key log. */
  keyLog?: Uint8Array | undefined;
  decodeAs: readonly DecodeAs[];
  /** Brokers of several addresses are one. */
  together: boolean;
}

/** What reading found beside messages. */
export interface CaptureFindings {
  end: CaptureEnd;
  /** Places at which bytes of a connection are not in the capture. */
  holes: number;
  /** Messages of which the capture has the beginning alone. */
  cut: number;
}

/** What the decoder says of bytes that were acknowledged and are not in the capture. */
const HOLE = /bytes are missing in the capture/;

/** Reads all of it. @throws {TooManyChannels} */
export async function readCapture(
  input: ByteSource,
  verification: Verification,
  { keyLog, decodeAs, together }: CaptureOptions,
  signal: AbortSignal,
): Promise<CaptureFindings> {
  const tap = new MessageTap(verification, together);
  const secrets = new KeyLog();
  if (keyLog !== undefined) secrets.add(keyLog);
  const decoder = new CaptureDecoder({ observer: tap, keyLog: secrets, decodeAs });
  let holes = 0;
  const reader = new CaptureReader(input, (frame) => {
    decoder.decode(frame);
    for (const { rule } of decoder.d.problems) if (HOLE.test(rule.text)) holes++;
  }, { secrets: ({ type, data }) => decoder.addSecrets(type, data) });
  const end = await reader.read(signal);
  return { end, holes, cut: tap.cut };
}

class MessageTap extends Observer {
  cut = 0;
  readonly #verification: Verification;
  readonly #together: boolean;
  readonly #views = new Map<Conversation, [View | undefined, View | undefined]>();
  readonly #clients = new Map<Conversation, string>();

  constructor(verification: Verification, together: boolean) {
    super();
    this.#verification = verification;
    this.#together = together;
  }

  override forgotten(conversation: Conversation): void {
    this.#views.delete(conversation);
    this.#clients.delete(conversation);
  }

  override mqttPacket(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    type: number,
    length: number,
    payload: number,
    _topicAt: number,
    _topicLength: number,
    topic: string | undefined,
  ): void {
    if (type !== Type.Publish && type !== Type.Connect) return;
    if (d.failed !== 0 || d.end < d.limit) {
      if (type === Type.Publish) this.cut++;
      return;
    }
    const packet = d.data.subarray(d.limit - length, d.limit);
    if (type === Type.Connect) {
      this.#clients.set(conversation, readConnect(packet).clientId);
      this.#views.delete(conversation);
      return;
    }
    const view = this.#view(conversation, side);
    const { userProperties, ...message } = readPublish(packet, payload, topic);
    // To a client, the flag marks what the broker had kept (MQTT 5 and 3.1.1, 3.3.1.3).
    if (message.retain && view.side === "received") this.#verification.retained++;
    else this.#verification.message(view, { ...message, properties: { userProperties } });
  }

  #view(conversation: Conversation, side: Side): View {
    let views = this.#views.get(conversation);
    if (views === undefined) this.#views.set(conversation, views = [undefined, undefined]);
    return views[side] ??= this.#viewOf(conversation, side);
  }

  #viewOf(conversation: Conversation, side: Side): View {
    const client = clientOf(conversation);
    if (side !== client) {
      const name = this.#clients.get(conversation) || endpointText(conversation, client);
      return this.#verification.view(`received by ${name}`, { side: "received" });
    }
    const server: Side = client === 0 ? 1 : 0;
    const name = this.#together ? "brokers" : endpointText(conversation, server);
    return this.#verification.view(`sent to ${name}`, { side: "sent" });
  }
}
