/**
 * What the parts of the gateway tell whoever records what passes: see `recorder/`. They call it
 * always; where nobody records it returns at once.
 *
 * @module
 */

/** One end of a connection. */
export interface Endpoint {
  /** IPv4 or IPv6 address. */
  host: string;
  port: number;
}

/** The HTTP exchange that a WebSocket began with. */
export interface Upgrade {
  /** Path and query. */
  target: string;
  requestHeaders: [string, string][];
  responseHeaders: [string, string][];
}

/** What is known of a connection when it opens. */
export interface ConnectionFacts {
  /** "session": of a client; one that the gateway dialled leads to a device. */
  protocol: "mqtt" | "session";
  transport: "tcp" | "websocket";
  /** Whether the gateway opened it: it is the client then. */
  dialled: boolean;
  /** It leads to the cloud. */
  uplink?: true;
  local: Endpoint;
  remote: Endpoint;
  /** Whether the wire is encrypted; what is told is plain. */
  tls: boolean;
  /** With a WebSocket. */
  upgrade?: Upgrade;
}

/** A text that goes to several WebSockets; it is kept once. */
export interface SharedText {
  readonly text: string;
  /** Length in UTF-8. */
  readonly bytes: number;
  /** Where the recorder keeps it, -1: nowhere. The recorder's own. */
  kept: number;
}

/** Hears of one connection. */
export interface ConnectionTap {
  /** Bytes came: what one read of the socket gave, or one binary message. */
  received(bytes: Uint8Array): void;
  /** Bytes are being written: in one write, or as one binary message. */
  sent(bytes: Uint8Array): void;
  /** A text message came. */
  receivedText(text: string): void;
  /** A text message goes out. */
  sentText(text: SharedText): void;
  /** What the other side calls itself: an MQTT client id, a member's name. */
  named(name: string): void;
  /**
   * The connection ended.
   *
   * @param byPeer who began it
   * @param code of a WebSocket, as its close event has it: 1005 is a close frame without a code, 1006
   *   no close frame at all
   * @param answer code of the other side's close frame, where both closed at the same time
   */
  closed(byPeer: boolean, code?: number, reason?: string, answer?: number): void;
}

/** One record of a radio envelope, as far as a recorder is interested. */
export interface TappedRecord {
  /** LINKTYPE, see `RadioLink`. */
  linkType: number;
  /** See `RadioFlag`. */
  flags: number;
  /** dBm, 127 unknown. */
  rssi: number;
  /** 255 unknown. */
  channel: number;
  /** 255 unknown. */
  lqi: number;
  data: Uint8Array;
  start: number;
  end: number;
}

/** A topic of a room, as the messages of its updates have it. */
export interface TappedTopic {
  topic: string;
  /** JSON text before and behind the value in a message. */
  head: string;
  tail: string;
  /** The recorder's own. */
  recorded: unknown;
}

/** Hears of everything. */
export interface Taps {
  /** A connection opens. */
  connection(facts: ConnectionFacts): ConnectionTap;
  /**
   * A PUBLISH, or a device's WebSocket message, was taken in. Called in the order in which the PUBLISHes stood in the connection.
   *
   * @param connection it came on; absent: the gateway's own
   * @param id "": nobody took it, it is what the gateway published itself and a broker sent back
   * @param topicLength in UTF-16 code units
   * @param payloadLength bytes
   */
  message(
    connection: ConnectionTap | undefined,
    id: string,
    topicLength: number,
    payloadLength: number,
    qos: 0 | 1 | 2,
  ): void;
  /**
   * A node's radio frame.
   *
   * @param id of the PUBLISH that it came in
   * @param index of the record in it, from 0
   * @param heardAt when it was on the air, ms of our monotonic clock
   * @param arrival when the PUBLISH came in
   */
  radio(
    node: string,
    id: string,
    index: number,
    record: TappedRecord,
    heardAt: number,
    arrival: number,
  ): void;
  /**
   * A room made an update.
   *
   * @param time Unix ms
   * @param node members that name a node, as in `Entry.node`
   */
  update(
    channel: string,
    topic: TappedTopic,
    seq: number,
    time: number,
    id: string,
    node: string,
    json: string,
  ): void;
}

/** For parts that run without a recorder. */
export const noTaps: Taps = {
  connection: () => noConnectionTap,
  message() {},
  radio() {},
  update() {},
};

/** For connections that nobody records. */
export const noConnectionTap: ConnectionTap = {
  received() {},
  sent() {},
  receivedText() {},
  sentText() {},
  named() {},
  closed() {},
};
