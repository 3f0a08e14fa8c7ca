/**
 * What WebSocket traffic can break (RFC 6455; RFC 7692 for permessage-deflate).
 *
 * @module
 */
import { type Rule, rule, type Severity } from "./problem.ts";

const broken = (text: string, clause: string, severity: Severity = "error"): Rule =>
  rule("websocket", severity, text, clause);

export const WS = {
  unmaskedClient: broken("client frame is not masked", "RFC 6455, 5.1"),
  maskedServer: broken("server frame is masked", "RFC 6455, 5.1"),
  reservedBits: broken(
    "a reserved bit is set that no agreed extension uses",
    "RFC 6455, 5.2",
  ),
  compressedControl: broken(
    "a control frame is marked as compressed",
    "RFC 7692, 6.1",
  ),
  compressedContinuation: broken(
    "a continuation frame is marked as compressed",
    "RFC 7692, 6.1",
  ),
  reservedOpcode: broken("opcode is reserved", "RFC 6455, 5.2, 11.8"),
  longLength: broken("payload length is coded longer than it has to be", "RFC 6455, 5.2"),
  hugeLength: broken("the top bit of the 64-bit payload length is set", "RFC 6455, 5.2"),
  fragmentedControl: broken("control frame is fragmented", "RFC 6455, 5.4, 5.5"),
  longControl: broken("control frame has more than 125 bytes of payload", "RFC 6455, 5.5"),
  noStart: broken("continuation frame without a message to continue", "RFC 6455, 5.4"),
  insideMessage: broken(
    "a new message begins before the fragmented one has ended",
    "RFC 6455, 5.4",
  ),
  textNotUtf8: broken("text message is not UTF-8", "RFC 6455, 5.6, 8.1"),
  reasonNotUtf8: broken("close reason is not UTF-8", "RFC 6455, 5.5.1, 8.1"),
  closeOneByte: broken("close frame has a payload of one byte", "RFC 6455, 5.5.1"),
  closeCode: broken("close code must not be sent", "RFC 6455, 7.4.1, 7.4.2"),
  afterClose: broken("a frame follows this side's close frame", "RFC 6455, 5.5.1"),
  notInflatable: broken("message cannot be decompressed", "RFC 7692, 7.2.2"),
  contextLost: broken(
    "message cannot be decompressed: earlier ones it builds upon are missing",
    "RFC 7692, 7.2.2",
    "note",
  ),
  tooLong: broken("message is too long to be put together or decompressed", "", "note"),
  resync: broken("bytes behind a gap are no WebSocket frame; passed over", "", "note"),
  noUpgrade: broken(
    "the opening handshake is not in the capture; subprotocol and extensions are not known",
    "",
    "note",
  ),
};

export const UPGRADE = {
  method: broken("upgrade request is not GET with HTTP/1.1 or later", "RFC 6455, 4.1, 4.2.1"),
  host: broken("upgrade request has no Host", "RFC 6455, 4.1, 4.2.1"),
  connection: broken("Connection does not say Upgrade", "RFC 6455, 4.1, 4.2.1, 4.2.2"),
  upgrade: broken("Upgrade does not say websocket", "RFC 6455, 4.1, 4.2.1, 4.2.2"),
  key: broken("Sec-WebSocket-Key is not 16 bytes in Base64", "RFC 6455, 4.1, 4.2.1"),
  version: broken("Sec-WebSocket-Version is not 13", "RFC 6455, 4.1, 4.2.1"),
  noAccept: broken("response has no Sec-WebSocket-Accept", "RFC 6455, 4.1, 4.2.2"),
  accept: broken("Sec-WebSocket-Accept does not fit the key", "RFC 6455, 4.1, 4.2.2"),
  protocol: broken("the server chose a subprotocol that was not offered", "RFC 6455, 4.1, 4.2.2"),
  protocols: broken("the server chose more than one subprotocol", "RFC 6455, 4.2.2, 11.3.4"),
  extension: broken("the server chose an extension that was not offered", "RFC 6455, 4.1, 9.1"),
  syntax: broken("Sec-WebSocket-Extensions cannot be read", "RFC 6455, 9.1"),
  parameter: broken("permessage-deflate has a parameter it does not define", "RFC 7692, 7.1"),
  repeated: broken("permessage-deflate has a parameter twice", "RFC 7692, 7.1"),
  value: broken(
    "permessage-deflate has a parameter with a value it must not have",
    "RFC 7692, 7.1.1, 7.1.2",
  ),
  notOffered: broken(
    "the server chose client_max_window_bits, which was not offered",
    "RFC 7692, 7.1.2.2",
  ),
  window: broken(
    "the server's window is larger than the client asked for",
    "RFC 7692, 7.1.2.1",
  ),
  takeover: broken(
    "the server does not do without context takeover as asked",
    "RFC 7692, 7.1.1.1",
  ),
};
