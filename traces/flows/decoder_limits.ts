/**
 * How much a decoder remembers at most. A capture can make it remember all of that: who decodes what
 * strangers send gives it less.
 *
 * @module
 */

export interface DecoderLimits {
  /** Conversations of TCP, and of UDP, that are followed at a time. */
  readonly conversations: number;
  /** The same, of messages without lower layers. */
  readonly upperConversations: number;
  /** Bytes that may wait in all streams to be put together. */
  readonly waitingBytes: number;
  /** Segments that wait for their acknowledgment, of all connections; a power of two. */
  readonly unackedSegments: number;
  /** Connections whose TLS secrets are remembered. */
  readonly secrets: number;
  /** Windows of decompression that are kept, some 45 KB each. */
  readonly inflaters: number;
  /** Conversations that a summary lists one by one. */
  readonly listed: number;
}

/** For a process of its own. */
export const FULL_LIMITS: DecoderLimits = {
  conversations: 200_000,
  upperConversations: 100_000,
  waitingBytes: 128 * 1024 * 1024,
  unackedSegments: 1 << 21,
  secrets: 200_000,
  inflaters: 1024,
  listed: 200_000,
};

/** For a part of a process that has other things to do. */
export const SMALL_LIMITS: DecoderLimits = {
  conversations: 10_000,
  upperConversations: 10_000,
  waitingBytes: 12 * 1024 * 1024,
  unackedSegments: 1 << 18,
  secrets: 20_000,
  inflaters: 100,
  listed: 10_000,
};
