/**
 * What the handshake of one TLS connection has said so far. The decoders of messages write it, those
 * of later messages and the decryption read it.
 *
 * @module
 */

/** One connection, both sides; a renegotiation writes over it. */
export class TlsSession {
  /** Negotiated version (0x0303 is TLS 1.2, 0x0304 TLS 1.3); 0 until known. */
  version = 0;
  /** Negotiated cipher suite; 0 until known. */
  suite = 0;
  /** 32 bytes each; undefined until seen. */
  clientRandom: Uint8Array | undefined = undefined;
  serverRandom: Uint8Array | undefined = undefined;
  /** The server's, at most 32 bytes. */
  sessionId: Uint8Array | undefined = undefined;
  /** The last ServerHello was a HelloRetryRequest (RFC 8446, 4.1.4). */
  retry = false;
  /** The client announced early data (RFC 8446, 4.2.10). */
  earlyData = false;
  /** MAC over the encrypted record (RFC 7366). */
  encryptThenMac = false;
  /** No ServerHelloDone was seen since the ServerHello: the handshake is an abbreviated one. */
  resumed = false;
  /** Protocol the server chose (RFC 7301); empty when none. */
  alpn = "";
  /** Name the client asked for (RFC 6066, 3); empty when none. */
  serverName = "";
}
