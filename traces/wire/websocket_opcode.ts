/**
 * Opcodes of WebSocket frames (RFC 6455, 11.8).
 *
 * @module
 */

export const Opcode = {
  Continuation: 0,
  Text: 1,
  Binary: 2,
  Close: 8,
  Ping: 9,
  Pong: 10,
} as const;
