/**
 * One MQTT connection over both directions: version, acknowledgements with their round trips, topic
 * aliases, keep alive, and the rules that concern more than one packet.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { hexText } from "../wire/hex_text.ts";
import { Type, TYPE_NAMES } from "../wire/mqtt_names.ts";
import { type MqttPacket, UNKNOWN_VERSION, V5 } from "../wire/mqtt_packet.ts";
import { utf8Text } from "../wire/utf8.ts";
import type { Conversation, Side } from "./conversation.ts";
import { MqttAcknowledgements } from "./mqtt_acknowledgements.ts";
import { Await } from "./mqtt_handshakes.ts";
import { SESSION } from "./mqtt_session_rules.ts";
import { MqttSide } from "./mqtt_side.ts";
import { VersionGuess } from "./mqtt_version.ts";
import type { Observer } from "./observer.ts";

/** Types that only clients send, and only servers, one bit each (MQTT 5, table 2-1). */
const BY_CLIENT = 1 << Type.Connect | 1 << Type.Subscribe | 1 << Type.Unsubscribe |
  1 << Type.PingReq;
const BY_SERVER = 1 << Type.ConnAck | 1 << Type.SubAck | 1 << Type.UnsubAck | 1 << Type.PingResp;

export class MqttSession {
  version = UNKNOWN_VERSION;
  connectSeen = false;
  readonly sides: readonly [MqttSide, MqttSide] = [new MqttSide(), new MqttSide()];
  readonly #acknowledgements: MqttAcknowledgements;
  #guess: VersionGuess | undefined = undefined;
  /** -1 while unknown. */
  #client = -1;
  #connAckSeen = false;
  #packets = 0;
  #connectTime = 0;
  #pingTime = -1;
  /** Seconds; 0 none. */
  #keepAlive = 0;
  #clientTime = 0;
  #silenceTold = false;
  #maximumQos = 2;
  #retainAvailable = true;

  constructor(observer: Observer) {
    this.#acknowledgements = new MqttAcknowledgements(this.sides, observer);
  }

  /** Before a packet is decoded: what version to read it in. */
  prepare(d: Dissection, packet: MqttPacket, side: Side): void {
    const type = d.data[d.pos]! >> 4;
    if (this.version === UNKNOWN_VERSION && !this.connectSeen && type !== Type.Connect) {
      this.#guess ??= new VersionGuess();
      const at = d.pos;
      const end = Math.min(d.end, at + packet.length);
      this.version = this.#guess.learn(d.data, at, at + packet.headerLength, end);
    }
    packet.version = this.version;
    packet.connectUnseen = !this.connectSeen;
    packet.aliases = this.sides[side];
  }

  /** After it was decoded; `at` is where it began. */
  follow(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    packet: MqttPacket,
    at: number,
  ): void {
    const { type } = packet;
    const own = this.sides[side];
    if (type === Type.Connect) this.#connect(d, conversation, side, packet, at);
    else if (this.#packets === 0) d.problem(SESSION.connectUnseen, at);
    this.#packets++;
    if (own.disconnected) d.problem(SESSION.afterDisconnect, at, TYPE_NAMES[type]);
    this.#checkSide(d, conversation, side, type, at);
    this.#checkKeepAlive(d, side, at);
    const limit = this.sides[side ^ 1]!.maximumPacketSize;
    if (limit >= 0 && packet.length > limit) {
      d.problem(SESSION.packetSize, at, `${packet.length} bytes, at most ${limit}`);
    }
    switch (type) {
      case Type.Publish:
        this.#publish(d, side, packet, at);
        break;
      case Type.PubAck:
      case Type.PubRec:
      case Type.PubComp:
        this.#acknowledgements.acknowledge(d, conversation, side, packet, at);
        break;
      case Type.PubRel:
        this.#acknowledgements.release(d, side, packet, at);
        break;
      case Type.Subscribe:
      case Type.Unsubscribe: {
        const awaits = type === Type.Subscribe ? Await.SubAck : Await.UnsubAck;
        if (own.sent.get(packet.packetId) !== undefined) this.#inUse(d, packet, at);
        own.sent.begin(packet.packetId, awaits, d.time, d.frame, packet.filters);
        break;
      }
      case Type.SubAck:
      case Type.UnsubAck:
        this.#acknowledgements.subscribed(d, conversation, side, packet, at);
        break;
      case Type.ConnAck:
        this.#connAck(d, conversation, side, packet, at);
        break;
      case Type.PingReq:
        this.#pingTime = d.time;
        break;
      case Type.PingResp:
        if (this.#pingTime >= 0) {
          this.#acknowledgements.answered(d, conversation, "mqtt ping", this.#pingTime);
        }
        this.#pingTime = -1;
        break;
      case Type.Disconnect:
        own.disconnected = true;
        this.#close(conversation, side, packet);
    }
  }

  /** After a packet that could not be read to its end. */
  followCut(packet: MqttPacket): void {
    this.#packets++;
    if (packet.type !== Type.Connect) return;
    this.connectSeen = true;
    this.version = packet.version;
  }

  #connect(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    packet: MqttPacket,
    at: number,
  ): void {
    if (this.connectSeen) d.problem(SESSION.secondConnect, at);
    this.sides[0].clear();
    this.sides[1].clear();
    this.connectSeen = true;
    this.version = packet.version;
    this.#client = side;
    if (!conversation.clientKnown) {
      conversation.client = side;
      conversation.clientKnown = true;
    }
    this.#connAckSeen = false;
    this.#acknowledgements.complete = true;
    this.#connectTime = d.time;
    this.#keepAlive = packet.keepAlive;
    this.#clientTime = d.time;
    this.#maximumQos = 2;
    this.#retainAvailable = true;
    this.#limits(this.sides[side], packet);
  }

  #limits(own: MqttSide, packet: MqttPacket): void {
    if (packet.version !== V5) return;
    const { topicAliasMaximum, receiveMaximum, maximumPacketSize } = packet.properties;
    own.topicAliasMaximum = Math.max(0, topicAliasMaximum);
    own.receiveMaximum = receiveMaximum < 0 ? 65535 : receiveMaximum;
    own.maximumPacketSize = maximumPacketSize;
  }

  #connAck(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    packet: MqttPacket,
    at: number,
  ): void {
    if (this.#connAckSeen && this.connectSeen) d.problem(SESSION.secondConnAck, at);
    else if (this.connectSeen) {
      this.#acknowledgements.answered(d, conversation, "mqtt connect", this.#connectTime);
    }
    this.#connAckSeen = true;
    // Exchanges of the session may have begun on an earlier connection.
    if ((packet.connectFlags & 1) !== 0) this.#acknowledgements.complete = false;
    if (packet.version !== V5) return;
    this.#limits(this.sides[side], packet);
    const { maximumQos, retainAvailable, serverKeepAlive } = packet.properties;
    if (maximumQos >= 0) this.#maximumQos = maximumQos;
    this.#retainAvailable = retainAvailable !== 0;
    if (serverKeepAlive >= 0) this.#keepAlive = serverKeepAlive;
  }

  /** Learns who the client is, and checks that the sender may send this type. */
  #checkSide(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    type: number,
    at: number,
  ): void {
    const bit = 1 << type;
    if (this.#client < 0) {
      if ((BY_CLIENT & bit) !== 0) this.#client = side;
      else if ((BY_SERVER & bit) !== 0) this.#client = side ^ 1;
      else if (conversation.clientKnown) this.#client = conversation.client;
      else return;
    }
    if (side === this.#client) {
      if ((BY_SERVER & bit) !== 0) d.problem(SESSION.fromClient, at, TYPE_NAMES[type]);
      return;
    }
    if ((BY_CLIENT & bit) !== 0 || type === Type.Disconnect && isBefore5(this.version)) {
      d.problem(SESSION.fromServer, at, TYPE_NAMES[type]);
    }
    if (this.connectSeen && !this.#connAckSeen && type !== Type.ConnAck && type !== Type.Auth) {
      if (!this.sides[side].incomplete) d.problem(SESSION.notConnAck, at, TYPE_NAMES[type]);
      this.#connAckSeen = true;
    }
  }

  #checkKeepAlive(d: Dissection, side: Side, at: number): void {
    if (this.#keepAlive === 0) return;
    const silence = d.time - this.#clientTime;
    if (silence > 1.5 * this.#keepAlive && !this.#silenceTold && this.connectSeen) {
      this.#silenceTold = true;
      if (!this.sides[this.#client as Side]?.incomplete) {
        d.problem(
          SESSION.keepAlive,
          at,
          `${silence.toFixed(3)} s, keep alive ${this.#keepAlive} s`,
        );
      }
    }
    if (side !== this.#client) return;
    this.#clientTime = d.time;
    this.#silenceTold = false;
  }

  #publish(d: Dissection, side: Side, packet: MqttPacket, at: number): void {
    const own = this.sides[side];
    const qos = packet.flags >> 1 & 3;
    if (packet.version === V5) this.#checkPublish5(d, side, packet, at);
    if (qos === 0 || qos === 3) return;
    const old = own.sent.get(packet.packetId);
    if (old !== undefined) {
      if ((packet.flags & 8) === 0) this.#inUse(d, packet, at);
      else if (packet.version === V5) d.problem(SESSION.resent, at);
    }
    const awaits = qos === 1 ? Await.PubAck : Await.PubRec;
    own.sent.begin(packet.packetId, awaits, d.time, d.frame, 0);
    const most = this.sides[side ^ 1]!.receiveMaximum;
    if (most > 0 && own.sent.publishes > most) {
      d.problem(SESSION.receiveMaximum, at, `${own.sent.publishes}, at most ${most}`);
    }
  }

  #checkPublish5(d: Dissection, side: Side, packet: MqttPacket, at: number): void {
    const { topicAlias, subscriptionIdentifier } = packet.properties;
    const own = this.sides[side];
    if (topicAlias > 0) {
      const most = this.sides[side ^ 1]!.topicAliasMaximum;
      if (most >= 0 && topicAlias > most) {
        d.problem(SESSION.aliasTooHigh, at, `${topicAlias}, at most ${most}`);
      }
      if (packet.topicLength > 0) {
        const end = packet.topicAt + packet.topicLength;
        own.setAlias(topicAlias, utf8Text(d.data, packet.topicAt, end));
      } else if (packet.topic === "" && this.connectSeen && !own.incomplete) {
        d.problem(SESSION.unknownAlias, at, `alias ${topicAlias}`);
      }
    }
    if (side !== this.#client) return;
    if (subscriptionIdentifier >= 0) d.problem(SESSION.clientSubscriptionId, at);
    if ((packet.flags >> 1 & 3) > this.#maximumQos) d.problem(SESSION.maximumQos, at);
    if ((packet.flags & 1) !== 0 && !this.#retainAvailable) {
      d.problem(SESSION.retainUnavailable, at);
    }
  }

  #inUse(d: Dissection, packet: MqttPacket, at: number): void {
    d.problem(SESSION.idInUse, at, `identifier ${packet.packetId}`);
  }

  #close(conversation: Conversation, side: Side, packet: MqttPacket): void {
    if (conversation.closed !== "") return;
    const who = this.#client < 0 ? "" : side === this.#client ? " by client" : " by server";
    const why = packet.reason > 0 ? ` (reason ${hexText(packet.reason)})` : "";
    conversation.closed = `MQTT DISCONNECT${who}${why}`;
  }
}

function isBefore5(version: number): boolean {
  return version !== UNKNOWN_VERSION && version !== V5;
}
