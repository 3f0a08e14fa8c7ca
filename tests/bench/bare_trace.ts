/**
 * The least that can write a live trace: packets over HTTP the moment they happen. What
 * `trace-delay` shows of it is the delay of Wireshark's programs alone.
 *
 * @module
 */

const IPV4_BYTES = 20;
const UDP_BYTES = 8;
const SYSLOG_PORT = 514;

/** A pcapng block (draft-ietf-opsawg-pcapng, section 3.1), little-endian. */
function block(type: number, body: Uint8Array): Uint8Array {
  const padded = Math.ceil(body.length / 4) * 4;
  const bytes = new Uint8Array(12 + padded);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, bytes.length, true);
  bytes.set(body, 8);
  view.setUint32(bytes.length - 4, bytes.length, true);
  return bytes;
}

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** Section header and one interface of raw IP packets. */
function head(): Uint8Array[] {
  return [
    block(0x0a0d0d0a, words(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff)),
    block(1, words(101, 0)),
  ];
}

/** A syslog message over UDP and IPv4, whose text tshark prints. */
function packet(text: string): Uint8Array {
  const message = new TextEncoder().encode(`<14>${text}`);
  const ip = new Uint8Array(IPV4_BYTES + UDP_BYTES + message.length);
  const view = new DataView(ip.buffer);
  ip.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
  view.setUint16(2, ip.length);
  view.setUint16(IPV4_BYTES, SYSLOG_PORT);
  view.setUint16(IPV4_BYTES + 2, SYSLOG_PORT);
  view.setUint16(IPV4_BYTES + 4, UDP_BYTES + message.length);
  ip.set(message, IPV4_BYTES + UDP_BYTES);
  const time = Math.round(Date.now() * 1000);
  const header = words(0, Math.floor(time / 2 ** 32), time % 2 ** 32, ip.length, ip.length);
  const body = new Uint8Array(header.length + ip.length);
  body.set(header);
  body.set(ip, header.length);
  return block(6, body);
}

/** Serves one reader; ends with `close`. */
export class BareTrace {
  #reader: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response(
        new ReadableStream<Uint8Array>({
          start: (controller) => {
            for (const bytes of head()) controller.enqueue(bytes);
            this.#reader = controller;
          },
        }),
      ),
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Writes one packet with this text. */
  write(text: string): void {
    this.#reader?.enqueue(packet(text));
  }

  async close(): Promise<void> {
    this.#reader?.close();
    await this.#server.shutdown();
  }
}
