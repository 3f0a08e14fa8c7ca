/**
 * WebSocket as bytes: upgrade heads and frames, also wrong ones (RFC 6455).
 *
 * @module
 */
import { createHash } from "node:crypto";
import { bytesOf, u16, u32 } from "./packets.ts";

const text = new TextEncoder();
/** RFC 6455, 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** The key of RFC 6455, 1.3. */
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

export const TEXT = 1;
export const BINARY = 2;
export const CONTINUATION = 0;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export interface FrameOptions {
  /** @default true */
  fin?: boolean;
  /** RSV1 to RSV3 as a number of three bits. @default 0 */
  rsv?: number;
  /** Masking key; none for a server's frame. */
  mask?: readonly number[];
}

/** RFC 6455, 5.2. */
export function frame(
  opcode: number,
  payload: Uint8Array | string,
  { fin = true, rsv = 0, mask }: FrameOptions = {},
): Uint8Array {
  const data = typeof payload === "string" ? text.encode(payload) : payload;
  const bit = mask === undefined ? 0 : 128;
  const length = data.length < 126
    ? [bit | data.length]
    : data.length < 65_536
    ? [bit | 126, ...u16(data.length)]
    : [bit | 127, ...u32(0), ...u32(data.length)];
  const shown = mask === undefined ? data : data.map((byte, i) => byte ^ mask[i % 4]!);
  return bytesOf((fin ? 128 : 0) | rsv << 4 | opcode, length, mask ?? [], shown);
}

/** The client's request. @param more further header lines */
export function request(path = "/", ...more: string[]): Uint8Array {
  return head(
    `GET ${path} HTTP/1.1`,
    ...["Host: gateway.example", "Upgrade: websocket", "Connection: Upgrade"],
    ...[`Sec-WebSocket-Key: ${KEY}`, "Sec-WebSocket-Version: 13"],
    ...more,
  );
}

/** The server's answer. @param accept what it says instead of the right value */
export function response(accept = acceptOf(KEY), ...more: string[]): Uint8Array {
  return head(
    "HTTP/1.1 101 Switching Protocols",
    ...["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`],
    ...more,
  );
}

function head(...lines: string[]): Uint8Array {
  return text.encode(`${lines.join("\r\n")}\r\n\r\n`);
}

/** RFC 6455, 4.2.2. */
export function acceptOf(key: string): string {
  return createHash("sha1").update(key + GUID).digest("base64");
}
