/**
 * Sends what a perfect gateway would send in `fanout`: to every client of a
 * hand-made WebSocket, every 5 ms one array frame of 10 stamped updates. Run
 * by the scenario `generator` to find the load generator's own ceiling.
 *
 * @module
 */
import { walkFrames } from "./frames.ts";
import { MARKER, nowMicros, stampedPayload, writeStamp } from "./stamp.ts";

const UPDATES = 10;
const INTERVAL_MS = 5;
/** Frames in turn, so that none changes while a write of it is under way. */
const COPIES = 64;
/** Header of an unmasked frame of 126 to 65,535 bytes. */
const HEADER_BYTES = 4;

/** One message as the gateway words it, with a stamp. */
function message(): string {
  const value = new TextDecoder().decode(stampedPayload());
  const head = `"type":"data","channel":"bench","seq":1000000,"time":1760000000000.123`;
  return `{${head},"topic":"devices/bench/value","value":${value},"id":"k3v9x2m1-1000000"}`;
}

/** An unmasked text frame (RFC 6455 section 5.2). */
function arrayFrame(): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(`[${Array(UPDATES).fill(message()).join(",")}]`);
  const frame = new Uint8Array(text.length + HEADER_BYTES);
  frame.set([0x81, 126, text.length >> 8, text.length & 255]);
  frame.set(text, HEADER_BYTES);
  return frame;
}

const frames = Array.from({ length: COPIES }, arrayFrame);
// A length byte of the header may look like a marker.
const markers = [...frames[0]!.entries()].filter(([index, byte]) =>
  index >= HEADER_BYTES && byte === MARKER
).map(([index]) => index);

/** A client: its socket, and whether a write is under way. */
interface Client {
  conn: Deno.TcpConn;
  writing: boolean;
}

const clients = new Set<Client>();

async function serve(conn: Deno.TcpConn) {
  conn.setNoDelay(true);
  const client = { conn, writing: false };
  const buffer = new Uint8Array(65_536);
  try {
    await conn.read(buffer);
    const head =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Protocol: edgewire.v1\r\n\r\n";
    await conn.write(new TextEncoder().encode(head));
    clients.add(client);
    for (let length; (length = await conn.read(buffer)) !== null;) {
      // What clients report is read as the gateway would, and ignored.
      walkFrames(buffer, length, () => {});
    }
  } catch {
    // The client is gone.
  }
  clients.delete(client);
  conn.close();
}

async function write(client: Client, frame: Uint8Array) {
  client.writing = true;
  try {
    for (let at = 0; at < frame.length;) at += await client.conn.write(frame.subarray(at));
  } catch {
    clients.delete(client);
  }
  client.writing = false;
}

let turn = 0;
let seq = 0;
function tick() {
  const frame = frames[turn = (turn + 1) % COPIES]!;
  const micros = nowMicros();
  for (const marker of markers) writeStamp(frame, marker, micros, seq++);
  for (const client of clients) if (!client.writing) write(client, frame);
}

let next = performance.now();
function run() {
  for (const now = performance.now(); next <= now; next += INTERVAL_MS) tick();
  setTimeout(run, 1);
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(`ws://127.0.0.1:${listener.addr.port}/`);
run();
for await (const conn of listener) serve(conn);
