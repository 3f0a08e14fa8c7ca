/**
 * Records of TLS: header, alert, change cipher spec, heartbeat, and how to tell TLS from other bytes
 * (RFC 8446, 5 and 6; RFC 5246, 6.2 and 7; RFC 6520).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { bytes, define, hex16, none, protocol, string, uint16, uint8 } from "./field.ts";
import { rule } from "./problem.ts";
import {
  ALERT_LEVEL_NAMES,
  ALERT_NAMES,
  Content,
  CONTENT_NAMES,
  Message,
  MESSAGE_NAMES,
  Version,
  VERSION_NAMES,
} from "./tls_values.ts";

export const TLS = protocol("tls", "TLS", "Transport Layer Security");

/** Bytes of a record's header. */
export const RECORD_HEADER = 5;
/** Longest plaintext of a record (RFC 8446, 5.1). */
const MAX_PLAIN = 16384;

const F = define({
  "tls.record": none("Record Layer"),
  "tls.record.content_type": uint8("Content Type", { names: CONTENT_NAMES }),
  "tls.record.opaque_type": uint8("Opaque Type", { names: CONTENT_NAMES }),
  "tls.record.version": hex16("Version", { names: VERSION_NAMES }),
  "tls.record.length": uint16("Length"),
  "tls.app_data": bytes("Encrypted Application Data"),
  "tls.app_data_proto": string("Application Data Protocol"),
  "tls.change_cipher_spec": none("Change Cipher Spec Message"),
  "tls.resumed": none("Session resumed"),
  "tls.alert_message": none("Alert Message"),
  "tls.alert_message.level": uint8("Level", { names: ALERT_LEVEL_NAMES }),
  "tls.alert_message.desc": uint8("Description", { names: ALERT_NAMES }),
  "tls.heartbeat_message": none("Heartbeat Message"),
  "tls.heartbeat_message.type": uint8("Type", { names: { 1: "Request", 2: "Response" } }),
  "tls.heartbeat_message.payload_length": uint16("Payload Length"),
  "tls.heartbeat_message.payload": bytes("Payload"),
  "tls.heartbeat_message.padding": bytes("Padding"),
});

/** Whether bytes of application data are wanted as such. */
export function wantsApplicationData(d: Dissection): boolean {
  return d.want[F["tls.app_data"]] !== 0;
}

const TOO_LONG_12 = rule(
  "tls",
  "error",
  "record is longer than 2^14 + 2048 bytes",
  "RFC 5246, 6.2.3",
);
const TOO_LONG_13 = rule("tls", "error", "record is longer than 2^14 + 256 bytes", "RFC 8446, 5.2");
const EMPTY = rule("tls", "error", "record of this type must not be empty", "RFC 8446, 5.1");
const BEAT_TOO_LONG = rule(
  "tls",
  "error",
  "heartbeat claims more payload than its record holds",
  "RFC 6520, 4",
);

/** Whether the bytes at the cursor begin a record of TLS, as a client or server would send first. */
export function looksLikeTls(d: Dissection): boolean {
  const type = d.peek();
  if (type !== Content.Handshake && type !== Content.ApplicationData) return false;
  const version = d.peek16(1);
  const length = d.peek16(3);
  return version >= Version.Ssl3 && version <= Version.Tls12 && length > 0 &&
    length < MAX_PLAIN + 2048;
}

/** Whether the number is a content type (RFC 8446, B.1; RFC 6520; RFC 9146). */
export function isContentType(type: number): boolean {
  return type >= Content.ChangeCipherSpec && type <= Content.ConnectionId;
}

/**
 * The version that the header of a record tells when the hello was not seen: that of the record,
 * unless it is a ClientHello, whose record says nothing about it (RFC 8446, 5.1).
 *
 * @param first first byte behind the header, -1 when there is none
 * @returns 0 when it tells nothing
 */
export function versionOfRecord(type: number, first: number, version: number): number {
  if (version < Version.Ssl3 || version > Version.Tls13) return 0;
  if (type !== Content.Handshake) return version;
  return first !== Message.ClientHello && MESSAGE_NAMES.has(first) ? version : 0;
}

/** Name of a version in the Protocol column. */
export function versionColumn(version: number): string {
  if (version === Version.Unknown) return "TLS";
  if (version === Version.Ssl3) return "SSLv3";
  return version === Version.Tls10 ? "TLSv1" : `TLSv1.${(version & 0xff) - 1}`;
}

/**
 * The header of the record at the cursor; what follows is written inside its entry.
 *
 * @param opaque the type is that of the wrapping of TLS 1.3 (RFC 8446, 5.2)
 */
export function decodeRecordHeader(d: Dissection, version: number, opaque: boolean): void {
  const start = d.pos;
  const length = d.peek16(3);
  d.putNone(F["tls.record"], start, RECORD_HEADER + length);
  d.push();
  const type = d.u8(opaque ? F["tls.record.opaque_type"] : F["tls.record.content_type"]);
  d.u16(F["tls.record.version"]);
  d.u16(F["tls.record.length"]);
  if (version === Version.Tls13) {
    if (length > MAX_PLAIN + 256) d.problem(TOO_LONG_13, start + 3);
  } else if (length > MAX_PLAIN + 2048) {
    d.problem(TOO_LONG_12, start + 3);
  }
  if (length === 0 && type !== Content.ApplicationData) d.problem(EMPTY, start + 3);
}

/** The type that decryption revealed, for the record whose header begins at `start`. */
export function putInnerType(d: Dissection, type: number, start: number): void {
  d.put(F["tls.record.content_type"], type, start, 1);
}

/** Application data as it is on the wire, to the end of the layer. */
export function decodeApplicationData(d: Dissection, length: number, name: string): void {
  d.bytes(length, F["tls.app_data"]);
  if (name !== "") d.putObject(F["tls.app_data_proto"], name, d.pos, 0);
}

/** @param resumed the handshake that ends here is an abbreviated one */
export function decodeChangeCipherSpec(d: Dissection, resumed: boolean): void {
  d.putNone(F["tls.change_cipher_spec"], d.pos, 1);
  if (resumed) {
    d.push();
    d.putNone(F["tls.resumed"], d.pos, 0);
    d.pop();
  }
}

/**
 * An alert to the end of the layer; one that is not two bytes long is encrypted.
 *
 * @returns its description, -1 when encrypted
 */
export function decodeAlert(d: Dissection): number {
  const length = d.limit - d.pos;
  d.putNone(F["tls.alert_message"], d.pos, length);
  if (length !== 2) {
    addInfo(d, "Encrypted Alert");
    return -1;
  }
  d.push();
  const level = d.u8(F["tls.alert_message.level"]);
  const description = d.u8(F["tls.alert_message.desc"]);
  d.pop();
  if (d.columns) {
    const how = ALERT_LEVEL_NAMES.get(level) ?? "Unknown";
    const what = ALERT_NAMES.get(description) ?? "Unknown";
    addInfo(d, `Alert (Level: ${how}, Description: ${what})`);
  }
  return description;
}

/** A heartbeat to the end of the layer. */
export function decodeHeartbeat(d: Dissection, encrypted: boolean): void {
  const record = d.limit - d.pos;
  d.putNone(F["tls.heartbeat_message"], d.pos, record);
  if (encrypted) return addInfo(d, "Encrypted Heartbeat");
  d.push();
  const type = d.u8(F["tls.heartbeat_message.type"]);
  let length = d.u16(F["tls.heartbeat_message.payload_length"]);
  // At least 16 bytes of padding follow the payload.
  if (3 + length + 16 > record) {
    d.problem(BEAT_TOO_LONG, d.pos - 2);
    length = Math.max(0, record - 3);
  }
  d.bytes(length, F["tls.heartbeat_message.payload"]);
  if (d.pos < d.end) d.bytes(d.end - d.pos, F["tls.heartbeat_message.padding"]);
  d.pop();
  if (d.columns) addInfo(d, `Heartbeat ${type === 1 ? "Request" : "Response"}`);
}

/** Adds to the Info column, behind a comma. */
export function addInfo(d: Dissection, info: string): void {
  if (!d.columns) return;
  d.infoColumn = d.infoColumn === "" ? info : `${d.infoColumn}, ${info}`;
}
