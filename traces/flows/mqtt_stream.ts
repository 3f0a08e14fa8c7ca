/**
 * MQTT on a stream of bytes: TCP, TLS, or the payloads of WebSocket messages put together.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { decodeMqtt, mqttInfo, mqttLayer } from "../wire/mqtt.ts";
import { Type } from "../wire/mqtt_names.ts";
import { INCOMPLETE, measureMqtt, MqttPacket, NO_LENGTH } from "../wire/mqtt_packet.ts";
import { RULES } from "../wire/mqtt_rules.ts";
import type { Conversation, Side } from "./conversation.ts";
import { MqttSession } from "./mqtt_session.ts";
import { SESSION } from "./mqtt_session_rules.ts";
import { ProtocolRun } from "./protocol_run.ts";
import type { StreamContext } from "./stream_context.ts";
import { MORE, type StreamProtocol, TAKEN } from "./stream_protocol.ts";

/** The packet being read; good until the next. */
const packet = new MqttPacket();

export class MqttStream implements StreamProtocol {
  readonly name = "mqtt";
  readonly session: MqttSession;
  readonly #context: StreamContext;
  readonly #run = new ProtocolRun();
  /** By side: where packets begin is not known. */
  readonly #lost: [boolean, boolean] = [false, false];

  constructor(context: StreamContext) {
    this.#context = context;
    this.session = new MqttSession(context.observer);
  }

  /** What comes next begins a run of bytes of its own (a WebSocket message). */
  renewRun(): void {
    this.#run.renew();
  }

  read(d: Dissection, conversation: Conversation, side: Side): number {
    const start = d.pos;
    const length = measureMqtt(d, packet);
    if (this.#lost[side] && !this.#findsAgain(d, side, length)) return TAKEN;
    if (length === INCOMPLETE) return MORE;
    if (length === NO_LENGTH) return this.#giveUp(d, side);
    if (d.limit - start < length) return length;
    this.session.prepare(d, packet, side);
    mqttLayer(d, length, !this.#run.begins(d));
    d.narrow(length);
    decodeMqtt(d, packet);
    if (d.failed === 0) this.session.follow(d, conversation, side, packet, start);
    else this.session.followCut(packet);
    if (d.columns) addInfo(d, mqttInfo(d, packet));
    const { type, payloadLength, topicAt, topicLength, topic } = packet;
    this.#context.observer.mqttPacket(
      d,
      conversation,
      side,
      type,
      length,
      payloadLength,
      topicAt,
      topicLength,
      topic,
    );
    d.widen();
    d.pos = start + length;
    return TAKEN;
  }

  lost(
    _d: Dissection,
    _conversation: Conversation,
    side: Side,
    _length: number,
    aligned: boolean,
  ): void {
    this.session.sides[side].incomplete = true;
    if (!aligned) this.#lost[side] = true;
  }

  release(): void {
    for (const side of this.session.sides) side.clear();
  }

  /** Behind a gap: whether a packet begins here; if not, everything here is passed over. */
  #findsAgain(d: Dissection, side: Side, length: number): boolean {
    const first = d.data[d.pos]!;
    const type = first >> 4;
    const flags = first & 0x0f;
    const plausible = length >= 2 && type !== 0 &&
      (type === Type.Publish
        ? (flags & 6) !== 6 && length < 1 << 20
        : (flags === 0 || flags === 2) && length < 1 << 16);
    if (plausible) {
      this.#lost[side] = false;
      return true;
    }
    d.problem(SESSION.notMqtt);
    d.pos = d.end;
    return false;
  }

  #giveUp(d: Dissection, side: Side): number {
    mqttLayer(d, d.end - d.pos, !this.#run.begins(d));
    d.problem(RULES.longLength, d.pos + 1);
    this.#lost[side] = true;
    d.pos = d.end;
    return TAKEN;
  }
}

function addInfo(d: Dissection, text: string): void {
  d.infoColumn = d.protocolColumn === "MQTT" ? `${d.infoColumn}, ${text}` : text;
  d.protocolColumn = "MQTT";
}
