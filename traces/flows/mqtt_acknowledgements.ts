/**
 * Acknowledgements of an MQTT connection: which packet they answer, after what time, and what is
 * wrong with them (MQTT 5, 4.3; MQTT 3.1.1, 4.3).
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { define, relativeTime } from "../wire/field.ts";
import { Type } from "../wire/mqtt_names.ts";
import { type MqttPacket, V5 } from "../wire/mqtt_packet.ts";
import type { Conversation, Side } from "./conversation.ts";
import { Await, type Exchange } from "./mqtt_handshakes.ts";
import { SESSION } from "./mqtt_session_rules.ts";
import type { MqttSide } from "./mqtt_side.ts";
import type { Observer, RoundTrip } from "./observer.ts";

const F = define({ "edgewire.mqtt.rtt": relativeTime("Time since the packet answered") });

export class MqttAcknowledgements {
  /** The connection was seen from its CONNECT on, and continues no earlier session. */
  complete = false;
  readonly #sides: readonly [MqttSide, MqttSide];
  readonly #observer: Observer;

  constructor(sides: readonly [MqttSide, MqttSide], observer: Observer) {
    this.#sides = sides;
    this.#observer = observer;
  }

  /** PUBACK, PUBREC and PUBCOMP: the other side's PUBLISH goes on or is done. */
  acknowledge(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    packet: MqttPacket,
    at: number,
  ): void {
    const other = this.#sides[side ^ 1]!;
    const exchange = other.sent.get(packet.packetId);
    if (exchange === undefined || exchange.awaits > Await.PubComp) {
      return this.#unknown(d, packet, at);
    }
    if (packet.type === Type.PubRec) {
      if (exchange.awaits === Await.PubAck) d.problem(SESSION.wrongAck, at);
      if (packet.reason >= 0x80) {
        other.sent.end(packet.packetId);
        this.answered(d, conversation, "mqtt qos 2", exchange.time);
      } else {
        exchange.awaits = Await.PubComp;
        this.#time(d, exchange);
      }
      return;
    }
    const fits = (packet.type === Type.PubAck) === (exchange.awaits === Await.PubAck);
    if (!fits) d.problem(SESSION.wrongAck, at);
    other.sent.end(packet.packetId);
    const kind = packet.type === Type.PubAck ? "mqtt qos 1" : "mqtt qos 2";
    this.answered(d, conversation, kind, exchange.time);
  }

  release(d: Dissection, side: Side, packet: MqttPacket, at: number): void {
    const exchange = this.#sides[side].sent.get(packet.packetId);
    if (exchange === undefined || exchange.awaits > Await.PubComp) {
      return this.#unknown(d, packet, at);
    }
    if (exchange.awaits === Await.PubAck) d.problem(SESSION.wrongAck, at);
    exchange.awaits = Await.PubComp;
  }

  subscribed(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    packet: MqttPacket,
    at: number,
  ): void {
    const other = this.#sides[side ^ 1]!;
    const exchange = other.sent.get(packet.packetId);
    const awaits = packet.type === Type.SubAck ? Await.SubAck : Await.UnsubAck;
    if (exchange?.awaits !== awaits) return this.#unknown(d, packet, at);
    const counted = packet.type === Type.SubAck || packet.version === V5;
    if (counted && packet.filters !== exchange.filters) {
      d.problem(SESSION.resultCount, at, `${packet.filters} for ${exchange.filters}`);
    }
    other.sent.end(packet.packetId);
    this.answered(d, conversation, "mqtt subscribe", exchange.time);
  }

  /** Exchanges may have begun before the capture, or on an earlier connection of the session. */
  #unknown(d: Dissection, packet: MqttPacket, at: number): void {
    const [first, second] = this.#sides;
    if (!this.complete || first.incomplete || second.incomplete) return;
    if (first.sent.forgot || second.sent.forgot) return;
    d.problem(SESSION.unknownId, at, `identifier ${packet.packetId}`);
  }

  answered(d: Dissection, conversation: Conversation, kind: RoundTrip, since: number): void {
    const seconds = d.time - since;
    d.put(F["edgewire.mqtt.rtt"], seconds);
    this.#observer.roundTrip(conversation, kind, seconds, d.frame);
  }

  #time(d: Dissection, exchange: Exchange): void {
    d.put(F["edgewire.mqtt.rtt"], d.time - exchange.time);
  }
}
