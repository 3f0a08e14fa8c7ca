/**
 * The least that a Deno program must do to be in a gateway's place: read MQTT
 * from a socket, send each payload to every WebSocket, nothing else (no rooms,
 * numbers, history, windows, permissions). What it costs is the floor for any
 * gateway on Deno's own WebSockets: `deno task bench light --entry
 * tests/bench/bare_gateway.ts`.
 *
 * @module
 */
import { PacketSplitter } from "../../gateway/broker/packet_splitter.ts";

const CONNECT = 1;
const PUBLISH = 3;
const CONNACK_ACCEPTED = new Uint8Array([0x20, 2, 0, 0]);
/** Under load, what comes within this time goes together, milliseconds. */
const GATHER_MS = 8;
/** From so many clients on messages gather. */
const MANY = 200;

const arrays = new Set<WebSocket>();
const plain = new Set<WebSocket>();
const text = new TextDecoder();
let taken = 0;
let pending: string[] = [];

function flush() {
  const messages = pending;
  pending = [];
  const joined = messages.length === 1 ? messages[0]! : `[${messages.join(",")}]`;
  for (const socket of arrays) socket.send(joined);
  for (const socket of plain) for (const message of messages) socket.send(message);
}

function take(packet: Uint8Array) {
  taken++;
  const topicAt = packet[1]! < 0x80 ? 2 : 3;
  const topicLength = packet[topicAt]! * 256 + packet[topicAt + 1]!;
  const qosBytes = (packet[0]! & 6) === 0 ? 0 : 2;
  const value = text.decode(packet.subarray(topicAt + 2 + topicLength + qosBytes));
  const head = `"type":"data","channel":"bench","seq":${taken},"time":1760000000000.123`;
  pending.push(`{${head},"topic":"devices/bench/value","value":${value},"id":"k3v9x2m1-${taken}"}`);
  if (pending.length > 1) return;
  if (arrays.size + plain.size < MANY) flush();
  else setTimeout(flush, GATHER_MS);
}

/** PUBACK for a QoS 1 PUBLISH. */
function acknowledgement(packet: Uint8Array): Uint8Array | null {
  if ((packet[0]! & 6) === 0) return null;
  const at = (packet[1]! < 0x80 ? 2 : 3) + 2 + 9 + 5 + 1 + 5;
  return new Uint8Array([0x40, 2, packet[at]!, packet[at + 1]!]);
}

async function serveMqtt(conn: Deno.TcpConn) {
  conn.setNoDelay(true);
  const splitter = new PacketSplitter(1 << 20);
  const buffer = new Uint8Array(64 << 10);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    for (const packet of splitter.split(buffer.subarray(0, count))) {
      const type = packet[0]! >> 4;
      if (type === CONNECT) await conn.write(CONNACK_ACCEPTED);
      if (type !== PUBLISH) continue;
      take(packet);
      const answer = acknowledgement(packet);
      if (answer !== null) await conn.write(answer);
    }
  }
}

function serveHttp(request: Request): Response {
  if (request.headers.get("upgrade") === null) {
    return new Response(`edgewire_messages_in_total ${taken}\n`);
  }
  const speaksArrays = request.headers.get("sec-websocket-protocol") !== null;
  const { socket, response } = Deno.upgradeWebSocket(
    request,
    speaksArrays ? { protocol: "edgewire.v1" } : {},
  );
  const sockets = speaksArrays ? arrays : plain;
  socket.onopen = () => {
    socket.send(`{"type":"welcome"}`);
    sockets.add(socket);
  };
  socket.onclose = () => sockets.delete(socket);
  socket.onerror = () => {};
  return response;
}

const { addr } = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, serveHttp);
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(`http://127.0.0.1:${addr.port}/`);
console.log(`mqtt://127.0.0.1:${listener.addr.port}`);
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
for await (const conn of listener) serveMqtt(conn).catch(() => {});
