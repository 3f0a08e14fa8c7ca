/**
 * Clients that reset their connection (RFC 9293 section 3.10.7) instead of closing it.
 *
 * @module
 */
import { connect } from "node:net";

/** Connects, writes, and resets at once. */
export function reset(port: number, text = ""): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(port, "127.0.0.1", () => {
    if (text === "") socket.resetAndDestroy();
    else socket.write(text, () => socket.resetAndDestroy());
  });
  socket.on("error", () => {});
  socket.on("close", () => resolve());
  return promise;
}

/** A WebSocket handshake (RFC 6455 section 4.1). @param headers more lines, each with its CRLF */
export function handshake(path: string, headers = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${headers}\r\n`;
}
