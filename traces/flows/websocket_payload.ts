/**
 * What WebSocket messages carry: MQTT as one byte stream per direction, text, or data.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { looksLikeMqttConnect } from "../wire/mqtt_packet.ts";
import { payloadText } from "../wire/payload_text.ts";
import { rule } from "../wire/problem.ts";
import { textLines } from "../wire/text_lines.ts";
import { invalidUtf8 } from "../wire/utf8.ts";
import { F, isMaskedAscii, Opcode, type WebSocketFrame } from "../wire/websocket.ts";
import { WS } from "../wire/websocket_rules.ts";
import type { Assembly } from "./assembly.ts";
import type { Conversation, Side } from "./conversation.ts";
import { MqttStream } from "./mqtt_stream.ts";
import { PduStream } from "./pdu_stream.ts";
import type { StreamContext } from "./stream_context.ts";
import type { Carrier } from "./stream_protocol.ts";

const NOT_BINARY = rule(
  "mqtt",
  "error",
  "MQTT in a WebSocket text message",
  "MQTT 5, 6.0 [MQTT-6.0.0-1]; MQTT 3.1.1, 6.0 [MQTT-6.0.0-1]",
);

/** Characters of a text message in the text report's line. */
const TEXT_SHOWN = 120;

const REASSEMBLED: Assembly = { name: "Reassembled MQTT", joined() {} };

export class WebSocketPayload {
  readonly #context: StreamContext;
  #mqtt: MqttStream | undefined = undefined;
  #streams: readonly [PduStream, PduStream] | undefined = undefined;
  /** What rides here will not change any more. */
  #settled = false;

  /** What rides on the messages, if it is known. */
  get inner(): MqttStream | undefined {
    return this.#mqtt;
  }

  /** @param subprotocol as agreed upon; "" when none or not known */
  constructor(context: StreamContext, subprotocol: string) {
    this.#context = context;
    if (/^mqtt(v3\.1(\.1)?)?$/i.test(subprotocol)) this.#beginMqtt();
  }

  /** Whether the bytes of every message are needed. */
  get needed(): boolean {
    return !this.#settled || this.#mqtt !== undefined;
  }

  /** A whole message: the bytes from `d.pos` to `d.end`. */
  message(d: Dissection, conversation: Conversation, side: Side, opcode: number): void {
    if (!this.#settled) {
      if (opcode === Opcode.Binary && looksLikeMqttConnect(d)) this.#beginMqtt();
      else this.#settled = d.end - d.pos > 0;
    }
    if (this.#mqtt !== undefined) {
      if (opcode === Opcode.Text) d.problem(NOT_BINARY);
      this.#mqtt.renewRun();
      this.#streams![side].feed(d, conversation, side);
    } else if (opcode === Opcode.Text) {
      const at = d.pos;
      const length = d.end - at;
      d.push();
      d.putText(F["websocket.payload.text"], at, length);
      d.pop();
      const wrong = invalidUtf8(d.data, at, d.end);
      if (wrong >= 0) d.problem(WS.textNotUtf8, wrong);
      if (d.columns && length > 0) d.infoColumn += ` ${payloadText(d.data, at, d.end, TEXT_SHOWN)}`;
      if (length > 0) textLines(d, length);
    } else {
      decodeData(d);
    }
  }

  /** A whole message whose masked bytes stand at `d.pos` and are not wanted. */
  masked(d: Dissection, frame: WebSocketFrame): void {
    if (frame.payloadLength === 0) return;
    if (frame.opcode === Opcode.Text) textLines(d, frame.payloadLength);
    else decodeData(d);
  }

  /** Whether `masked` is enough: text not shown has to be ASCII, to be known as UTF-8. */
  mayStayMasked(d: Dissection, frame: WebSocketFrame): boolean {
    return !this.needed && (frame.opcode !== Opcode.Text ||
      !d.columns && isMaskedAscii(d.data, d.pos, frame.payloadLength, frame.key));
  }

  /** A message of this side is missing. */
  lose(d: Dissection, conversation: Conversation, side: Side): void {
    this.#streams?.[side].lose(d, conversation, side, Infinity);
  }

  /** This side sends no more. */
  end(d: Dissection, conversation: Conversation, side: Side): void {
    this.#streams?.[side].end(d, conversation, side);
  }

  /** As `StreamProtocol.release`. */
  release(): void {
    this.#streams?.forEach((stream) => stream.discard());
    this.#mqtt?.release();
  }

  #beginMqtt(): void {
    const carrier: Carrier = { protocol: undefined };
    this.#mqtt = new MqttStream(this.#context);
    carrier.protocol = this.#mqtt;
    const { budget } = this.#context;
    this.#streams = [
      new PduStream(budget, REASSEMBLED, carrier),
      new PduStream(budget, REASSEMBLED, carrier),
    ];
    this.#settled = true;
  }
}
