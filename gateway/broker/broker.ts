/**
 * Where messages come from and go to: what the embedded and the external
 * broker have in common.
 *
 * @module
 */
import type { Identity } from "../access/tokens.ts";
import type { ConnectionTap } from "../taps.ts";
import type { BrokerCan } from "./capabilities.ts";

/** Something of a message that makes an update of its own. */
export interface MessagePart {
  topic: string;
  payload: Uint8Array;
}

/** One MQTT PUBLISH, as it came in. */
export interface IncomingMessage {
  topic: string;
  /** Characters that the topic had on the wire, where the broker makes us escape it. */
  wireLength?: number;
  payload: Uint8Array;
  qos: 0 | 1 | 2;
  /** A retained message that the broker repeats, not one that happens now. */
  replayed: boolean;
  /** The gateway itself published it. */
  own: boolean;
  /** MQTT client id of who published it; the embedded broker alone knows. */
  client?: string;
  /** The connection that it came on; absent: a will, or the gateway's own. */
  connection?: ConnectionTap;
  /** The broker published it for a client that broke off (a last will); absent: not known. */
  will?: boolean;
  /** How long ago it was published, ms, where a replay told so or it had to wait; absent: just now. */
  ago?: number;
  /** Of MQTT 5. */
  userProperties?: { [name: string]: string | string[] };
  /** The payload as it was before another gateway put it into an envelope. */
  content?: Uint8Array;
  /**
   * Gateways that uploaded it on its way here, by id, oldest first; `null`: some did, and which is
   * not known; absent: it began here.
   */
  via?: readonly string[] | null;
  /** It came down from the cloud that we upload to. */
  fromCloud?: true;
  /** It came by no broker: other gateways do not have it. */
  alone?: true;
  /** What makes updates in its place, with its id; absent: it is one itself. */
  parts?: readonly MessagePart[];
}

/** How an MQTT session ended. */
export type SessionEnd =
  /** The client said DISCONNECT. */
  | "disconnect"
  /** The connection ended without it. */
  | "connection lost"
  /** Nothing came for one and a half times the client's keepalive. */
  | "keepalive"
  /** Another connection with the same client id took its place. */
  | "taken over"
  /** The client broke a rule or a limit, and the broker closed it. */
  | "closed for an error"
  /** The gateway ends. */
  | "shutdown";

/** What becomes of an MQTT client's session at the embedded broker. */
export interface SessionEvent {
  /** MQTT client id. */
  client: string;
  /** `alive`: it sent a ping. */
  state: "open" | "alive" | "closed";
  /** How it ended. */
  how?: SessionEnd;
  /** What the client asked for, seconds; 0: none. With `open`. */
  keepalive?: number;
}

/**
 * Takes in a message. When it returns the message is taken in, and the broker
 * may acknowledge it.
 */
export type MessageSink = (message: IncomingMessage) => void;

/**
 * What has to be there before a message on this topic is given to the sink; `null`: nothing. Until it
 * settles, either way, the message waits, unacknowledged, and what its client sent after it.
 */
export type Readiness = (topic: string) => Promise<unknown> | null;

export interface BrokerState {
  connected: boolean;
  /** What is wrong, where something is. */
  reason?: string;
}

export class PublishError extends Error {
  override name = "PublishError";
}

/** A WebSocket that asked for the subprotocol `mqtt`, and who is behind it. */
export interface MqttWebSocket {
  socket: WebSocket;
  /** Address of the client, for messages. */
  peer: string;
  /** Known from the HTTP request; else the MQTT password must be a token. */
  identity: Identity | null;
  /** Hears what passes. @default noConnectionTap */
  tap?: ConnectionTap;
}

export interface PublishOptions {
  /** @default false */
  retain?: boolean;
  /** @default 1 */
  qos?: 0 | 1;
}

/** Both kinds of broker, to the rest of the gateway. */
export interface Broker {
  readonly state: BrokerState;
  /** What an external broker can; absent: it is our own. */
  readonly can?: BrokerCan;
  /** Where an external broker is, without credentials. */
  readonly url?: string;
  /**
   * Publishes, with QoS 1 where nothing else is said.
   *
   * @returns When the broker acknowledged it; with QoS 0 when it is sent.
   * @throws {PublishError} if the broker is away or refuses.
   */
  publish(topic: string, payload: Uint8Array, options?: PublishOptions): Promise<void>;
  /**
   * Whether some MQTT client has subscribed to what would bring it a message on this topic. An
   * external broker does not tell, so there it is always true.
   */
  hears(topic: string): boolean;
  /** Serves an MQTT client that came by WebSocket; the broker closes it. */
  serveWebSocket(client: MqttWebSocket): void;
  /** Ends every connection properly. */
  close(): Promise<void>;
}

/** What the brokers count; `/metrics` shows it. */
export interface BrokerCounters {
  /** Messages not passed on to a slow MQTT client (QoS 0), or not kept for one that is away. */
  droppedForSlowClients: number;
  /** Clients closed because too many bytes waited for or from them. */
  closedForBacklog: number;
  /** Connections closed because there were too many. */
  tooMany: number;
  /** Publishes and subscriptions that the role does not allow. */
  refused: number;
}
