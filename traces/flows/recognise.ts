/**
 * Which protocol a stream of bytes carries: what the user says, else what its bytes look like,
 * whatever the port.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { beginsHttp, looksLikeHttp } from "../wire/http.ts";
import { looksLikeMqttConnect } from "../wire/mqtt_packet.ts";
import { looksLikeTls } from "../wire/tls_record.ts";
import { looksLikeWebSocket } from "../wire/websocket_shape.ts";
import type { Conversation, Side } from "./conversation.ts";
import { DECODABLE, type Decodable, type DecodeAs } from "./decode_as.ts";
import { HttpStream } from "./http_stream.ts";
import { MqttStream } from "./mqtt_stream.ts";
import type { StreamContext } from "./stream_context.ts";
import { type Carrier, MORE, type StreamProtocol, TAKEN } from "./stream_protocol.ts";
import { TlsStream } from "./tls_stream.ts";
import { WebSocketStream } from "./websocket_stream.ts";
import type { KeyLog } from "./key_log.ts";

/** Registered ports of MQTT: there a CONNECT need not be seen (IANA: 1883, 8883 over TLS). */
const MQTT_PORT = 1883;
const MQTTS_PORT = 8883;
/** Times that the bytes of an unrecognised stream are looked at again. */
const ATTEMPTS = 20;
/** First bytes of an MQTT CONNECT and of a TLS handshake record. */
const CONNECT = 0x10;
const HANDSHAKE = 0x16;
const LF = 0x0a;
/** What is decided with fewer bytes may have to wait for more. */
const ENOUGH = 16;

export class Recogniser {
  readonly #context: StreamContext;
  readonly #keys: KeyLog;
  readonly #chosen: ReadonlyMap<number, Decodable>;

  constructor(context: StreamContext, keys: KeyLog, decodeAs: readonly DecodeAs[]) {
    this.#context = context;
    this.#keys = keys;
    this.#chosen = new Map(
      decodeAs.filter(({ transport }) => transport === "tcp")
        .map(({ port, protocol }) => [port, protocol]),
    );
  }

  /** The protocol of a TCP connection whose first payload is at the cursor; moves nothing. */
  tcp(conversation: Conversation): StreamProtocol {
    const chosen = this.#chosen.get(conversation.portA) ?? this.#chosen.get(conversation.portB);
    if (chosen !== undefined) return this.#make(chosen);
    return new UnknownStream(this, false);
  }

  /** The protocol of a Wireshark dissector's name, as "mqtt"; undefined when it is not known. */
  named(name: string): StreamProtocol | undefined {
    const known = DECODABLE.find((decodable) => decodable === name);
    return known === undefined ? undefined : this.#make(known);
  }

  /** The protocol of what is inside a TLS connection. */
  insideTls(): StreamProtocol {
    return new UnknownStream(this, true);
  }

  /** What the bytes at the cursor look like; undefined when nothing known. */
  find(d: Dissection, conversation: Conversation, inTls: boolean): StreamProtocol | undefined {
    if (looksLikeHttp(d)) return new HttpStream(this.#context, inTls);
    if (looksLikeMqttConnect(d)) return new MqttStream(this.#context);
    if (!inTls && looksLikeTls(d)) return this.#tls();
    const { portA, portB } = conversation;
    const port = inTls ? MQTTS_PORT : MQTT_PORT;
    if (portA === port || portB === port) return new MqttStream(this.#context);
    if (looksLikeWebSocket(d)) return new WebSocketStream(this.#context);
    return undefined;
  }

  #make(chosen: Decodable): StreamProtocol {
    switch (chosen) {
      case "http":
        return new HttpStream(this.#context);
      case "websocket":
        return new WebSocketStream(this.#context);
      case "mqtt":
        return new MqttStream(this.#context);
      case "tls":
        return this.#tls();
      default:
        return new DataStream();
    }
  }

  #tls(): StreamProtocol {
    const { observer, budget } = this.#context;
    return new TlsStream({
      keys: this.#keys,
      observer,
      budget,
      recognise: () => this.insideTls(),
    });
  }
}

/** Bytes of no known protocol. */
class DataStream implements StreamProtocol {
  readonly name: string = "data";

  read(d: Dissection, _conversation: Conversation, _side: Side, _carrier: Carrier): number {
    decodeData(d);
    d.pos = d.end;
    return TAKEN;
  }
}

/** Bytes of a protocol that is still looked for. */
class UnknownStream extends DataStream {
  readonly #recogniser: Recogniser;
  readonly #inTls: boolean;
  #left = ATTEMPTS;

  constructor(recogniser: Recogniser, inTls: boolean) {
    super();
    this.#recogniser = recogniser;
    this.#inTls = inTls;
  }

  override read(d: Dissection, conversation: Conversation, side: Side, carrier: Carrier): number {
    if (this.#left > 0) {
      this.#left--;
      const found = this.#recogniser.find(d, conversation, this.#inTls);
      if (found !== undefined) {
        carrier.protocol = found;
        return TAKEN;
      }
      if (d.end - d.pos < ENOUGH && mayBegin(d)) return MORE;
    }
    return super.read(d, conversation, side, carrier);
  }
}

/** Whether few bytes may be the beginning of an HTTP method, a CONNECT or a TLS record. */
function mayBegin(d: Dissection): boolean {
  const first = d.peek();
  return first === CONNECT || first === HANDSHAKE || (beginsHttp(d) && !hasLine(d));
}

/** Whether the bytes hold the end of a line: then it is known whether they begin a message. */
function hasLine(d: Dissection): boolean {
  for (let ahead = 0;; ahead++) {
    const byte = d.peek(ahead);
    if (byte === LF) return true;
    if (byte < 0) return false;
  }
}
