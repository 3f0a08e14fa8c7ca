/**
 * Extensions that name the server and the application protocol (RFC 6066, 3; RFC 7301, 3.1;
 * draft-vvv-tls-alps, 4).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { define, none, string, uint16, uint8 } from "./field.ts";
import type { TlsSession } from "./tls_session.ts";
import { Message } from "./tls_values.ts";
import { beginVector, endVector } from "./tls_vector.ts";

const F = define({
  "tls.handshake.extensions_server_name_list_len": uint16("Server Name list length"),
  "tls.handshake.extensions_server_name_type": uint8("Server Name Type", {
    names: { 0: "host_name" },
  }),
  "tls.handshake.extensions_server_name_len": uint16("Server Name length"),
  "tls.handshake.extensions_server_name": string("Server Name"),
  "tls.handshake.extensions_alpn_len": uint16("ALPN Extension Length"),
  "tls.handshake.extensions_alpn_list": none("ALPN Protocol"),
  "tls.handshake.extensions_alpn_str_len": uint8("ALPN string length"),
  "tls.handshake.extensions_alpn_str": string("ALPN Next Protocol"),
  "tls.handshake.extensions_alps_len": uint16("ALPS Extension Length"),
  "tls.handshake.extensions_alps_alpn_list": none("Supported ALPN List"),
  "tls.handshake.extensions_alps_alpn_str_len": uint8("Supported ALPN Length"),
  "tls.handshake.extensions_alps_alpn_str": string("Supported ALPN"),
});

const text = new TextDecoder();

export function decodeServerName(d: Dissection, session: TlsSession): void {
  // A server answers with an empty extension (RFC 6066, 3).
  if (d.pos === d.end) return;
  if (!beginVector(d, F["tls.handshake.extensions_server_name_list_len"], 2, 1)) return;
  while (d.has(1)) {
    d.u8(F["tls.handshake.extensions_server_name_type"]);
    if (!beginVector(d, F["tls.handshake.extensions_server_name_len"], 2, 1)) break;
    session.serverName = text.decode(d.data.subarray(d.pos, d.end));
    d.text(d.end - d.pos, F["tls.handshake.extensions_server_name"]);
    endVector(d);
  }
  endVector(d);
}

/** @param message one of `Message`; the server's is what was agreed on */
export function decodeAlpn(d: Dissection, session: TlsSession, message: number): void {
  if (!beginVector(d, F["tls.handshake.extensions_alpn_len"], 2, 2)) return;
  d.putNone(F["tls.handshake.extensions_alpn_list"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(1)) {
    if (!beginVector(d, F["tls.handshake.extensions_alpn_str_len"], 1, 1)) break;
    if (message === Message.ServerHello || message === Message.EncryptedExtensions) {
      session.alpn = text.decode(d.data.subarray(d.pos, d.end));
    }
    d.text(d.end - d.pos, F["tls.handshake.extensions_alpn_str"]);
    endVector(d);
  }
  d.pop();
  endVector(d);
}

/** @param message one of `Message` */
export function decodeApplicationSettings(d: Dissection, message: number): void {
  if (message !== Message.ClientHello) return d.skip(d.end - d.pos);
  if (!beginVector(d, F["tls.handshake.extensions_alps_len"], 2, 2)) return;
  d.putNone(F["tls.handshake.extensions_alps_alpn_list"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(1)) {
    if (!beginVector(d, F["tls.handshake.extensions_alps_alpn_str_len"], 1, 1)) break;
    d.text(d.end - d.pos, F["tls.handshake.extensions_alps_alpn_str"]);
    endVector(d);
  }
  d.pop();
  endVector(d);
}
