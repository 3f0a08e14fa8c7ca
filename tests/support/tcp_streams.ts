/**
 * The bytes of the TCP conversations in a capture, as tshark numbers them, and the WebSocket messages
 * in them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { concat } from "./trace_capture.ts";
import { tsharkRows } from "./tshark.ts";

/** What each side sent. */
export interface TcpTalk {
  client: Uint8Array<ArrayBuffer>;
  server: Uint8Array<ArrayBuffer>;
}

class Side {
  readonly parts: Uint8Array[] = [];
  /** Sequence number that comes next; -1: nothing was seen. */
  next = -1;

  take(seq: number, length: number, syn: boolean, payload: string) {
    if (syn) this.next = seq + 1;
    if (length === 0) return;
    if (this.next < 0) this.next = seq;
    // What was seen is said once more.
    if (seq < this.next) return;
    assert.equal(seq, this.next, "bytes are missing in the capture");
    this.parts.push(Uint8Array.fromHex(payload));
    this.next = seq + length;
  }
}

/** By the client's port. @param servers ports of servers */
export async function tcpTalks(path: string, servers: number[]): Promise<Map<number, TcpTalk>> {
  const fields = ["srcport", "dstport", "seq", "len", "flags.syn", "payload"];
  const sides = new Map<number, { client: Side; server: Side }>();
  const rows = await tsharkRows(path, fields.map((name) => `tcp.${name}`), "tcp");
  for (const row of rows) {
    const [from, to, seq, length, syn] = row.map(([value]) => Number(value ?? 0));
    const byClient = servers.includes(to!);
    if (!byClient && !servers.includes(from!)) continue;
    const port = byClient ? from! : to!;
    let talk = sides.get(port);
    if (talk === undefined) sides.set(port, talk = { client: new Side(), server: new Side() });
    talk[byClient ? "client" : "server"].take(seq!, length!, syn === 1, row[5]![0] ?? "");
  }
  return new Map([...sides].map(([port, { client, server }]) => [
    port,
    { client: concat(client.parts), server: concat(server.parts) },
  ]));
}

const Opcode = { continuation: 0, text: 1, binary: 2, close: 8 } as const;

/** One WebSocket message: `text ...`, `binary` and hexadecimal digits, or `close` and code. */
export type WebSocketMessage = string;

/** A WebSocket side: its HTTP head, and messages without pings, put together. */
export function webSocketMessages(
  bytes: Uint8Array,
): { head: string; messages: WebSocketMessage[] } | undefined {
  const text = new TextDecoder("latin1").decode(bytes);
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end);
  if (end < 0 || !/^(upgrade: websocket)$/im.test(head.replaceAll("\r", ""))) return undefined;
  const messages: WebSocketMessage[] = [];
  let begun: { opcode: number; parts: Uint8Array[] } | null = null;
  for (let at = end + 4; at < bytes.length;) {
    const frame = readFrame(bytes, at);
    at = frame.end;
    if (frame.opcode === Opcode.close) messages.push(closeText(frame.payload));
    if (frame.opcode >= Opcode.close) continue;
    begun ??= { opcode: frame.opcode, parts: [] };
    begun.parts.push(frame.payload);
    if (!frame.fin) continue;
    const payload = concat(begun.parts);
    const isText = begun.opcode === Opcode.text;
    messages.push(
      isText ? `text ${new TextDecoder().decode(payload)}` : `binary ${payload.toHex()}`,
    );
    begun = null;
  }
  return { head, messages };
}

function readFrame(bytes: Uint8Array, at: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [first, second] = [bytes[at]!, bytes[at + 1]!];
  const short = second & 0x7f;
  let start = at + 2;
  let length = short;
  if (short === 126) length = view.getUint16(start), start += 2;
  if (short === 127) length = Number(view.getBigUint64(start)), start += 8;
  const masked = (second & 0x80) !== 0;
  const key = masked ? bytes.subarray(start, start + 4) : [0, 0, 0, 0];
  if (masked) start += 4;
  const payload = bytes.slice(start, start + length);
  assert.equal(payload.length, length, "a WebSocket frame is not whole");
  payload.forEach((byte, i) => payload[i] = byte ^ key[i & 3]!);
  return { fin: first >= 0x80, opcode: first & 15, payload, end: start + length };
}

function closeText(payload: Uint8Array): string {
  if (payload.length < 2) return "close";
  return `close ${payload[0]! << 8 | payload[1]!} ${new TextDecoder().decode(payload.subarray(2))}`;
}

/** The bytes of all binary messages. */
export function binaryBytes(messages: WebSocketMessage[]): Uint8Array {
  return Uint8Array.fromHex(
    messages.flatMap((message) => message.startsWith("binary ") ? [message.slice(7)] : []).join(""),
  );
}

/** With secrets hidden as in traces: as many `*` as they have bytes. */
export function hidden(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, "*".repeat(secret.length)), text);
}
