/**
 * A TLS session between two OpenSSL programs, with the bytes of both sides and the key log. Tests
 * that use it name `openssl` as a tool.
 *
 * @module
 */
import type { Side } from "../../../traces/flows/conversation.ts";
import { type Certificates, makeCertificates } from "../../support/certificates.ts";
import type { Chunk } from "./tls_replay.ts";

export interface Session {
  readonly chunks: Chunk[];
  readonly keyLog: string;
}

export interface SessionOptions {
  /** Arguments for `s_server` and `s_client`. */
  readonly server?: readonly string[];
  readonly client?: readonly string[];
  /** Key and certificate are of RSA. @default false */
  readonly rsa?: boolean;
  /** Lines the client is to send, one after the other; "K" asks for new keys, "R" to renegotiate. */
  readonly lines: readonly string[];
}

type KeyPair = Pick<Certificates, "cert" | "key">;

/** Those of all servers, once one has needed them. */
let ec: Promise<KeyPair> | undefined;
let rsa: Promise<KeyPair> | undefined;

/** A server that sends each line back reversed, to which sessions are made. */
export class OpensslServer implements AsyncDisposable {
  readonly #dir: string;
  readonly #process: Deno.ChildProcess;
  readonly #port: number;
  #sessions = 0;

  private constructor(dir: string, process: Deno.ChildProcess, port: number) {
    this.#dir = dir;
    this.#process = process;
    this.#port = port;
  }

  static async start(options: Pick<SessionOptions, "server" | "rsa">): Promise<OpensslServer> {
    const dir = await Deno.makeTempDir({ prefix: "edgewire-tls-" });
    const { cert, key } =
      await (options.rsa === true ? rsa ??= makeRsa() : ec ??= makeCertificates());
    await Deno.writeTextFile(`${dir}/cert.pem`, cert);
    await Deno.writeTextFile(`${dir}/key.pem`, key);
    const args = ["s_server", "-accept", "0", "-rev", "-cert", "cert.pem", "-key", "key.pem"];
    const process = new Deno.Command("openssl", {
      args: [...args, ...(options.server ?? [])],
      cwd: dir,
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await lines.read();
      if (done) throw new Error(`openssl s_server ended: ${text}`);
      text += value;
      const port = /ACCEPT .*:(\d+)/.exec(text)?.[1];
      if (port === undefined) continue;
      const drain = async () => {
        while (!(await lines.read()).done);
      };
      drain().catch(() => {});
      return new OpensslServer(dir, process, Number(port));
    }
  }

  async session({ client = [], lines }: SessionOptions): Promise<Session> {
    const log = `${this.#dir}/${this.#sessions++}.keys`;
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const chunks: Chunk[] = [];
    const relayed = relay(listener, this.#port, chunks);
    const port = String(listener.addr.port);
    const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-keylogfile", log, ...client];
    const process = new Deno.Command("openssl", {
      args,
      cwd: this.#dir,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await converse(process, lines);
    await relayed;
    return { chunks, keyLog: await Deno.readTextFile(log) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await Deno.remove(this.#dir, { recursive: true });
  }
}

async function makeRsa(): Promise<KeyPair> {
  const args = "req -x509 -newkey rsa:2048 -nodes -keyout - -subj /CN=localhost -days 2";
  const { success, stdout } = await new Deno.Command("openssl", {
    args: args.split(" "),
    stderr: "null",
  }).output();
  if (!success) throw new Error(`openssl ${args} failed`);
  // Both in one text, of which OpenSSL takes what it looks for.
  const both = new TextDecoder().decode(stdout);
  return { cert: both, key: both };
}

/** Sends the lines, waiting for what OpenSSL prints upon each, then ends the session. */
async function converse(process: Deno.ChildProcess, lines: readonly string[]): Promise<void> {
  const output = expecter(process.stdout);
  const remarks = expecter(process.stderr);
  const input = process.stdin.getWriter();
  await output.until("\n---\n");
  for (const line of lines) {
    await input.write(new TextEncoder().encode(`${line}\n`));
    if (line.length > 1) await output.until([...line].reverse().join(""));
    else await remarks.until(line === "K" ? "KEYUPDATE" : "RENEGOTIATING");
  }
  await input.write(new TextEncoder().encode("Q\n"));
  await Promise.all([output.end(), remarks.end(), process.status]);
  await input.close().catch(() => {});
}

function expecter(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    /** Waits until this was printed, behind what was waited for before. */
    async until(wanted: string) {
      while (!text.includes(wanted)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`openssl s_client ended before it printed ${wanted}: ${text}`);
        text += value;
      }
      text = text.slice(text.indexOf(wanted) + wanted.length);
    },
    async end() {
      while (!(await reader.read()).done);
    },
  };
}

/** Passes one connection on to the server and keeps what goes by. */
async function relay(listener: Deno.Listener, port: number, chunks: Chunk[]): Promise<void> {
  const client = await listener.accept();
  const server = await Deno.connect({ hostname: "127.0.0.1", port });
  const pass = async (from: Deno.Conn, to: Deno.Conn, side: Side) => {
    const buffer = new Uint8Array(65536);
    try {
      for (let n; (n = await from.read(buffer)) !== null;) {
        const bytes = buffer.slice(0, n);
        chunks.push({ side, bytes });
        for (let at = 0; at < n;) at += await to.write(bytes.subarray(at));
      }
    } catch {
      // A side that closes while the other still sends resets the connection.
    }
    try {
      await to.closeWrite();
    } catch {
      // It is closed already.
    }
  };
  await Promise.all([pass(client, server, 0), pass(server, client, 1)]);
  client.close();
  server.close();
}
