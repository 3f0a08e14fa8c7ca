/**
 * A connection to a broker that carries bytes, by TCP, TLS or WebSocket.
 *
 * @module
 */
import { CHUNK_BYTES } from "./socket_stream.ts";

/** Bytes both ways; `close` may be called any number of times. */
export interface Upstream {
  /** Settles when more may be written. */
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
}

export interface UpstreamEvents {
  /** Bytes came; reading goes on when the promise settles. */
  onBytes: (bytes: Uint8Array) => Promise<void>;
  onEnd: (reason: string) => void;
  /** Most bytes that may wait for `onBytes`; a WebSocket cannot be told to wait. */
  backlogBytes: number;
}

/** Above this much in Deno's queue to the broker writing waits, bytes. */
const QUEUE_BYTES = 256 << 10;
const POLL_MS = 10;

const DEFAULT_PORTS: Record<string, number> = { "mqtt:": 1883, "mqtts:": 8883 };

/**
 * @param address `mqtt://`, `mqtts://`, `ws://` or `wss://`.
 * @param ca Certificate authority, PEM text.
 * @throws If the broker cannot be reached.
 */
export function dial(
  address: string,
  ca: string | undefined,
  events: UpstreamEvents,
): Promise<Upstream> {
  const url = new URL(address);
  return url.protocol.startsWith("ws") ? dialWebSocket(url, ca, events) : dialTcp(url, ca, events);
}

async function dialTcp(
  url: URL,
  ca: string | undefined,
  events: UpstreamEvents,
): Promise<Upstream> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || DEFAULT_PORTS[url.protocol] as number;
  const conn = url.protocol === "mqtts:"
    ? await Deno.connectTls({ hostname, port, ...(ca === undefined ? {} : { caCerts: [ca] }) })
    : await Deno.connect({ hostname, port });
  if ("setNoDelay" in conn) conn.setNoDelay();
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    conn.close();
  };
  const pump = async () => {
    try {
      for (let count: number | null = 0; count !== null;) {
        const buffer = new Uint8Array(CHUNK_BYTES);
        count = await conn.read(buffer);
        if (count !== null) await events.onBytes(buffer.subarray(0, count));
      }
      events.onEnd("the broker closed the connection");
    } catch (error) {
      if (!closed) events.onEnd((error as Error).message);
    }
  };
  pump();
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    },
    close,
  };
}

function dialWebSocket(
  url: URL,
  ca: string | undefined,
  events: UpstreamEvents,
): Promise<Upstream> {
  const client = ca === undefined ? undefined : Deno.createHttpClient({ caCerts: [ca] });
  const socket = new WebSocket(url, {
    protocols: ["mqtt"],
    ...(client === undefined ? {} : { client }),
  } as unknown as string[]);
  socket.binaryType = "arraybuffer";
  let order = Promise.resolve();
  let waiting = 0;
  socket.onmessage = ({ data }) => {
    if (!(data instanceof ArrayBuffer)) return;
    waiting += data.byteLength;
    if (waiting > events.backlogBytes) {
      events.onEnd("reads too slowly");
      return;
    }
    order = order.then(() => events.onBytes(new Uint8Array(data))).then(() => {
      waiting -= data.byteLength;
    }).catch((error) => events.onEnd((error as Error).message));
  };
  socket.onclose = () => {
    client?.close();
    events.onEnd("the broker closed the connection");
  };
  return new Promise((resolve, reject) => {
    socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
    socket.onopen = () =>
      resolve({
        write: async (bytes) => {
          if (socket.readyState !== WebSocket.OPEN) throw new Error("the connection is closed");
          socket.send(bytes as Uint8Array<ArrayBuffer>);
          while (socket.bufferedAmount > QUEUE_BYTES && socket.readyState === WebSocket.OPEN) {
            await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          }
        },
        close: () => socket.close(),
      });
  });
}
