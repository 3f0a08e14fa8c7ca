/**
 * Records what happens on the loopback interface into a sample, and leaves nothing in it that names
 * the machine. Needs dumpcap (Debian: `apt-get install tshark`) and the right to capture.
 *
 * @module
 */
import { TestProcess } from "../../support/process.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";

/** Where samples are kept. */
export const SAMPLES = new URL("../../../traces/samples/", import.meta.url);

/** dumpcap reads the kernel's buffer about this often, ms. */
const DRAIN_MS = 500;
const ENHANCED_PACKET = 6;
/** Secrets type "TLSK". */
const TLS_KEY_LOG = 0x544c534b;

export interface RecordOptions {
  /** TCP ports whose traffic is recorded. */
  ports: number[];
  /** Bytes kept of each frame; 0 all. @default 0 */
  snapLength?: number;
  /** TLS key log, written into the sample before the frames. */
  keyLog?: () => string;
}

/** Runs `session` and writes what it sent over loopback as `<name>.pcapng`. */
export async function recordLoopback(
  name: string,
  options: RecordOptions,
  session: () => Promise<void>,
): Promise<void> {
  const raw = await Deno.makeTempFile({ prefix: "edgewire-sample-", suffix: ".pcapng" });
  const filter = options.ports.map((port) => `tcp port ${port}`).join(" or ");
  try {
    await using dumpcap = new TestProcess("dumpcap", {
      args: ["-q", "-i", "lo", "-f", filter, "-s", String(options.snapLength ?? 0), "-w", raw],
    });
    await dumpcap.waitForLine(/^File: /);
    await pause(DRAIN_MS);
    await session();
    await pause(DRAIN_MS);
    dumpcap.kill("SIGINT");
    await dumpcap.status;
    const written = anonymous(await Deno.readFile(raw), options);
    await Deno.writeFile(new URL(`${name}.pcapng`, SAMPLES), written);
    console.log(`${name}.pcapng ${written.length} bytes`);
  } finally {
    await Deno.remove(raw);
  }
}

/** The packets of a little-endian pcapng file with one interface, without what names the machine. */
function anonymous(raw: Uint8Array, options: RecordOptions): Uint8Array<ArrayBuffer> {
  const out = new PcapngWriter();
  out.section({ application: "dumpcap" });
  const lo = out.interface({ linkType: 1, name: "lo", snapLength: options.snapLength ?? 0 });
  if (options.keyLog !== undefined) {
    out.secrets(TLS_KEY_LOG, new TextEncoder().encode(options.keyLog()));
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let at = 0; at + 12 <= raw.length;) {
    const length = view.getUint32(at + 4, true);
    if (view.getUint32(at, true) === ENHANCED_PACKET) {
      const captured = view.getUint32(at + 20, true);
      const high = BigInt(view.getUint32(at + 12, true));
      out.packet({
        interface: lo,
        time: high << 32n | BigInt(view.getUint32(at + 16, true)),
        data: raw.subarray(at + 28, at + 28 + captured),
        length: view.getUint32(at + 24, true),
      });
    }
    at += length;
  }
  return out.take();
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A TCP port on loopback that is free until this returns. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
