/**
 * What rides on a stream of bytes: TCP, TLS, or the messages of a WebSocket.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import type { Conversation, Side } from "./conversation.ts";

/** Returned by `read`: the bytes at the cursor were used, the cursor stands behind them. */
export const TAKEN = 0;
/** Returned by `read`: more bytes are needed, how many is not known yet. */
export const MORE = -1;
/** Returned by `read`: more bytes are needed, up to the end of the stream. */
export const UNTIL_END = -2;
/** Returned by `read`: more bytes are needed; `follow` is to see them and tells where the PDU ends. */
export const FOLLOW = -3;

/**
 * Whatever has a protocol riding on it: a conversation for what TCP carries, an object of its own
 * for what is inside TLS or a WebSocket. A protocol that hands over to another (HTTP to WebSocket)
 * sets `protocol` of the carrier it was given.
 */
export interface Carrier {
  /** Undefined until recognised. */
  protocol: StreamProtocol | undefined;
}

/** A protocol on one conversation; it holds the state of both sides. */
export interface StreamProtocol {
  /** Name for reports ("websocket"). */
  readonly name: string;
  /** What rides inside, if this protocol carries others and it is known. */
  readonly inner?: StreamProtocol | undefined;
  /**
   * Set by `read` before it returns a length, `UNTIL_END` or `FOLLOW`: so many bytes from the start
   * of the PDU are enough to decode it. What is behind is counted but not kept, and missing when
   * `read` is called with the PDU complete (`d.end` is then less than `d.limit`). 0 or undefined:
   * everything is needed.
   */
  readonly keep?: number;
  /**
   * Decodes the one PDU at `d.pos` and leaves `d.pos` behind it. Called again for the next. A PDU is
   * decoded (fields, layer, problems) only when it is there as a whole, that is up to `d.limit`; the
   * capture may hold less of it, up to `d.end`, and reading beyond fails as usual. Who calls
   * concludes a failed PDU.
   *
   * @returns `TAKEN`; or how many bytes the PDU at `d.pos` has in all, when they are not all
   *   there (nothing was decoded then, no problem noted); or `MORE`, `UNTIL_END`, `FOLLOW`
   */
  read(d: Dissection, conversation: Conversation, side: Side, carrier: Carrier): number;
  /**
   * Only after `FOLLOW`: the bytes from `d.pos` to `d.end` are the next ones of the PDU.
   *
   * @returns how many of them belong to the PDU, when it ends in them; or `MORE`
   */
  follow?(d: Dissection, side: Side): number;
  /**
   * `length` bytes that this side sent are not in the capture; the next `read` begins behind them.
   * `aligned` tells that a PDU begins there: the PDU that the hole cut had a known length.
   */
  lost?(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    length: number,
    aligned: boolean,
  ): void;
  /** This side sends no more. A PDU that waits for the end is read after this call. */
  end?(d: Dissection, conversation: Conversation, side: Side): void;
  /** The conversation is forgotten: gives back what this and what rides inside hold. */
  release?(): void;
}

/** The names of a protocol and of what rides inside, as "tls/http"; "-" when it is not known. */
export function protocolNames(protocol: StreamProtocol | undefined): string {
  const names: string[] = [];
  for (let at = protocol; at !== undefined; at = at.inner) names.push(at.name);
  return names.length === 0 ? "-" : names.join("/");
}
