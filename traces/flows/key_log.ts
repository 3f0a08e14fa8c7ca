/**
 * Secrets of TLS connections, from key logs as browsers, OpenSSL and Node.js write them
 * (SSLKEYLOGFILE, draft-ietf-tls-keylogfile), also inside pcapng files.
 *
 * @module
 */
import { hexBytes } from "../wire/hex_text.ts";
import { dropOldest } from "./bounded_map.ts";
import { FULL_LIMITS } from "./decoder_limits.ts";

/** Secrets of the connection with one client random; those not in the log are undefined. */
export interface ClientSecrets {
  /** 48 bytes (TLS 1.2 and before). */
  master?: Uint8Array;
  /** TLS 1.3, RFC 8446, 7.1. */
  clientEarly?: Uint8Array;
  clientHandshake?: Uint8Array;
  serverHandshake?: Uint8Array;
  clientTraffic?: Uint8Array;
  serverTraffic?: Uint8Array;
}

const MEMBERS: ReadonlyMap<string, keyof ClientSecrets> = new Map([
  ["CLIENT_RANDOM", "master"],
  ["CLIENT_EARLY_TRAFFIC_SECRET", "clientEarly"],
  ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "clientHandshake"],
  ["SERVER_HANDSHAKE_TRAFFIC_SECRET", "serverHandshake"],
  ["CLIENT_TRAFFIC_SECRET_0", "clientTraffic"],
  ["SERVER_TRAFFIC_SECRET_0", "serverTraffic"],
]);

const LINE = /^([A-Z][A-Z0-9_]*) ([0-9a-f]{64}) ([0-9a-f]{64}|[0-9a-f]{96})$/i;
/** As `openssl s_client` shows a session. */
const SESSION = /^RSA Session-ID:([0-9a-f]{2,64}) Master-Key:([0-9a-f]{96})$/i;
/** A label of something not used here, whatever follows. */
const OTHER = /^[A-Z][A-Z0-9_]* [0-9a-f]+ [0-9a-f]+$/i;

export class KeyLog {
  readonly #clients = new Map<string, ClientSecrets>();
  readonly #sessions = new Map<string, Uint8Array>();
  /** Lines that are no line of a key log. */
  badLines = 0;
  readonly #most: number;

  /** @param most connections remembered; beyond, the oldest are forgotten */
  constructor(most: number = FULL_LIMITS.secrets) {
    this.#most = most;
  }

  /** Connections with secrets. */
  get size(): number {
    return this.#clients.size;
  }

  /** Takes the lines of a key log, ended by LF or CR LF. */
  add(log: Uint8Array | string): void {
    const text = typeof log === "string" ? log : new TextDecoder().decode(log);
    for (let at = 0; at < text.length;) {
      let end = text.indexOf("\n", at);
      if (end < 0) end = text.length;
      this.#addLine(text.slice(at, end).trim());
      at = end + 1;
    }
  }

  #addLine(line: string): void {
    if (line === "" || line.startsWith("#")) return;
    const match = LINE.exec(line);
    if (match !== null) {
      const member = MEMBERS.get(match[1]!.toUpperCase());
      if (member !== undefined) this.#keep(match[2]!.toLowerCase(), member, fromHex(match[3]!));
      return;
    }
    const session = SESSION.exec(line);
    if (session !== null) this.rememberSession(fromHex(session[1]!), fromHex(session[2]!));
    else if (!OTHER.test(line)) this.badLines++;
  }

  #keep(random: string, member: keyof ClientSecrets, secret: Uint8Array): void {
    let secrets = this.#clients.get(random);
    if (secrets === undefined) {
      this.#makeRoom(this.#clients);
      this.#clients.set(random, secrets = {});
    }
    secrets[member] = secret;
  }

  /** Secrets of the connection whose ClientHello had this random; undefined when unknown. */
  find(clientRandom: Uint8Array): ClientSecrets | undefined {
    return this.#clients.get(toHex(clientRandom));
  }

  /** Master secret of a session (TLS 1.2 and before), for handshakes that resume it. */
  findSession(id: Uint8Array): Uint8Array | undefined {
    return this.#sessions.get(toHex(id));
  }

  /** Keeps the master secret of a session for later handshakes that resume it. */
  rememberSession(id: Uint8Array, master: Uint8Array): void {
    const key = toHex(id);
    if (!this.#sessions.has(key)) this.#makeRoom(this.#sessions);
    this.#sessions.set(key, master);
  }

  #makeRoom(map: Map<string, unknown>): void {
    if (map.size >= this.#most) dropOldest(map);
  }
}

/** Lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return hexBytes(bytes, 0, bytes.length);
}

function fromHex(text: string): Uint8Array {
  const out = new Uint8Array(text.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}
