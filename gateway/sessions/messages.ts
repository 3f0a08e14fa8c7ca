/**
 * The WebSocket messages of the gateway: JSON objects in text frames, each
 * with a `type`. A client that negotiated the subprotocol {@linkcode PROTOCOL}
 * may also get an array of them in one frame.
 *
 * Types only (and a few constants), so that the page can import them.
 * Times are Unix milliseconds with a fraction. `seq` counts up by one per
 * channel; `epoch` names the log that it belongs to.
 *
 * @module
 */

/** Subprotocol whose clients take array frames and send `received`. */
export const PROTOCOL = "edgewire.v1";

/** Close codes (RFC 6455 section 7.4.2: 4000 to 4999 are for private use). */
export const CloseCode = {
  shuttingDown: 1001,
  badMessage: 4400,
  unauthenticated: 4401,
  notAllowed: 4403,
  noSuchChannel: 4404,
  readsNothing: 4408,
  tooBig: 4413,
  tooMany: 4429,
} as const;

/** What a client may do; each role includes the ones before it. */
export type Role = "viewer" | "operator" | "admin";

/** A payload: parsed JSON, else its text, else its bytes in base64. */
export type Value = unknown | { base64: string };

/** One value on one topic of a channel. */
export interface Update {
  /** Counts up by one per channel, shared with the channel's events. */
  seq: number;
  /** When the message came in, Unix milliseconds with a fraction. */
  time: number;
  /** Full MQTT topic of the state. */
  topic: string;
  value: Value;
  unit?: string;
  device?: string;
  node?: string;
  /** One per MQTT PUBLISH or radio record, shared by all updates made of it. */
  id: string;
}

/** How a person can set a topic's value. */
export interface Control {
  type: "number" | "switch" | "choice" | "text" | "button";
  min?: number;
  max?: number;
  step?: number;
  /** Values of a `choice`. */
  choices?: Value[];
  /** Value that switches on (or that a button sends); `true` where absent. */
  on?: Value;
  /** Value that switches off; `false` where absent. */
  off?: Value;
}

/** What is known about one topic of a channel beyond its values. */
export interface TopicDescription {
  topic: string;
  unit?: string;
  control?: Control;
}

/** One connected client, as the other members of a room see it. */
export interface Member {
  member: string;
  role: Role;
  /** When it joined, Unix milliseconds. */
  since: number;
}

/** Why a range of `seq` is not delivered in full. */
export type GapReason =
  /** The client reads too slowly: the latest value per topic follows. */
  | "slow"
  /** The history no longer holds the range. */
  | "history"
  /** More was missed than is replayed (`limits.replayMessages`): the latest value per topic follows. */
  | "limit"
  /** The gateway was cut off (a crash, the power): what had not reached the disk is lost. */
  | "restart"
  /** The disk took nothing, or was too slow: the range was not stored. */
  | "disk"
  /** `since` names another epoch: a snapshot follows. */
  | "epoch";

/** Where a broker listens for MQTT over TCP. */
export interface MqttAddress {
  host?: string;
  port: number;
}

export type CommandStage = "accepted" | "delivered" | "observed" | "failed";

export type Welcome = {
  type: "welcome";
  /** Private to the client: it proves to a later connection who sent which command. */
  session: string;
  /** What the other members of a room call the client. */
  member: string;
  epoch: string;
  role: Role;
  time: number;
  /** T: a peer from which no frame came for so long is closed, seconds. */
  idleTimeout: number;
  /** Where MQTT clients publish; no `host`: under the name by which the gateway is addressed. */
  mqtt?: MqttAddress;
  /** How many channels this client may subscribe to. */
  channels?: number;
  /** Clients need an access token to publish at `mqtt`, those beside this client as well. */
  token?: true;
};
export type Snapshot = {
  type: "snapshot";
  channel: string;
  epoch: string;
  seq: number;
  values: Update[];
};
export type Data = { type: "data"; channel: string } & Update;
export type Describe = { type: "describe"; channel: string; topics: TopicDescription[] };
export type Event = {
  type: "event";
  channel: string;
  seq: number;
  time: number;
  kind: string;
  detail: unknown;
};
export type Status = {
  type: "status";
  broker: "connected" | "disconnected";
  uplink: "off" | "connected" | "disconnected";
  /** Why the broker is not connected. */
  reason?: string;
  /** Why the history is not stored now; absent: it is, or is in memory alone. */
  notStored?: string;
};
export type Channels = { type: "channels"; added: string[]; removed: string[] };
export type Recovered = {
  type: "recovered";
  channel: string;
  from: number;
  to: number;
  complete: boolean;
};
export type Gap = {
  type: "gap";
  channel: string;
  from: number;
  to: number;
  reason: GapReason;
};
export type Presence = {
  type: "presence";
  channel: string;
  /** In the order in which they joined; empty in a room of more than 100. Without quiet ones. */
  members: Member[];
  /** How many there are. */
  count: number;
};
export type Ack = { type: "ack"; id: string; stage: CommandStage; time: number; reason?: string };
export type ErrorMessage = { type: "error"; code: string; message: string; id?: string };
export type Pong = { type: "pong"; id: string | number; time: number };

export type ServerMessage =
  | Welcome
  | Snapshot
  | Data
  | Describe
  | Event
  | Status
  | Channels
  | Recovered
  | Gap
  | Presence
  | Ack
  | ErrorMessage
  | Pong;

export type Subscribe = {
  type: "subscribe";
  channel: string;
  /** `<epoch>:<seq>` of the last message the client has of this channel. */
  since?: string;
  /**
   * Only looks on: nobody's presence, so no join, no leave, and not counted in
   * `presence`. Another `subscribe` without it makes the client present.
   */
  quiet?: boolean;
};
export type Unsubscribe = { type: "unsubscribe"; channel: string };
export type Command = {
  type: "command";
  /** Made by the client, unique within its session. */
  id: string;
  channel: string;
  /** Full MQTT topic of the state to change, not of the command. */
  topic: string;
  value: Value;
};
export type Ping = { type: "ping"; id: string | number };
/** Bytes of all messages (UTF-8) received on this connection so far. */
export type Received = { type: "received"; bytes: number };

export type ClientMessage = Subscribe | Unsubscribe | Command | Ping | Received;
