/**
 * What a stream asks of the layer that carries it.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import type { Conversation, Side } from "./conversation.ts";
import type { Carrier, StreamProtocol } from "./stream_protocol.ts";

/** How the layer that carries the stream shows that a PDU was put together. */
export interface Assembly {
  /** Name of the source ("Reassembled TCP"). */
  readonly name: string;
  /**
   * Called with the parts joined and entered as the current source; its length on the wire is
   * `d.limit - d.pos` (the end of a long body may not have been kept). It may only write fields:
   * they are taken back when it turns out that the PDU is not complete yet.
   *
   * @param frames numbers of the frames that gave the parts, in the order of their offsets
   * @param offsets where in the joined bytes each part begins
   * @param lengths how many bytes each part has; parts that were sent again overlap
   */
  joined(
    d: Dissection,
    frames: readonly number[],
    offsets: readonly number[],
    lengths: readonly number[],
  ): void;
  /**
   * Only the first `used` joined bytes made whole PDUs; what is behind waits on. `from` is the first
   * entry that `joined` wrote.
   */
  split?(d: Dissection, from: number, used: number): void;
  /** The `length` bytes at `at` of this frame are part of a PDU that other frames have parts of. */
  part?(d: Dissection, at: number, length: number): void;
  /** Finds out the carrier's protocol, which is not known, at the cursor. */
  recognise?(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    carrier: Carrier,
  ): StreamProtocol | undefined;
}
