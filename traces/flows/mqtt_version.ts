/**
 * Infers the protocol version of a conversation whose CONNECT was not captured.
 *
 * @module
 */
import { Type } from "../wire/mqtt_names.ts";
import { UNKNOWN_VERSION, V311, V5 } from "../wire/mqtt_packet.ts";

/** PUBLISH packets in a row that have to look like MQTT 5 before it is believed. */
const ENOUGH = 3;

export class VersionGuess {
  #votes = 0;

  /**
   * Looks at one packet, `data[at, end)`, its contents (behind the fixed header) beginning at
   * `body`.
   *
   * @returns the version, or `UNKNOWN_VERSION` when the packet does not tell. 3.1 cannot be told
   *   from 3.1.1.
   */
  learn(data: Uint8Array, at: number, body: number, end: number): number {
    const length = end - body;
    const type = data[at]! >> 4;
    switch (type) {
      case Type.ConnAck:
        return length > 2 ? V5 : V311;
      case Type.PubAck:
      case Type.PubRec:
      case Type.PubRel:
      case Type.PubComp:
        return length > 2 ? V5 : UNKNOWN_VERSION;
      case Type.UnsubAck:
        return length > 2 ? V5 : V311;
      case Type.Disconnect:
        return length > 0 ? V5 : UNKNOWN_VERSION;
      case Type.Auth:
        return V5;
      case Type.Subscribe:
      case Type.Unsubscribe:
        return fromFilters(data, body + 2, end, type === Type.Subscribe ? 1 : 0);
      case Type.Publish:
        return this.#fromPublish(data, at, body, end);
      default:
        return UNKNOWN_VERSION;
    }
  }

  #fromPublish(data: Uint8Array, at: number, body: number, end: number): number {
    if (body + 2 > end) return UNKNOWN_VERSION;
    const qos = data[at]! >> 1 & 3;
    let next = body + 2 + (data[body]! << 8 | data[body + 1]!) + (qos > 0 ? 2 : 0);
    if (next >= end) {
      // MQTT 5 has at least the properties' length here.
      return next === end ? V311 : UNKNOWN_VERSION;
    }
    const length = data[next]!;
    next++;
    const fits = length < 0x80 && next + length <= end &&
      (length === 0 || publishProperty(data[next]!));
    this.#votes = fits ? this.#votes + 1 : 0;
    if (fits && this.#votes >= ENOUGH) return V5;
    return fits || length >= 0x80 ? UNKNOWN_VERSION : V311;
  }
}

function publishProperty(id: number): boolean {
  return id === 0x01 || id === 0x02 || id === 0x03 || id === 0x08 || id === 0x09 || id === 0x0b ||
    id === 0x23 || id === 0x26;
}

/** Which of both readings ends exactly at `end`. */
function fromFilters(data: Uint8Array, at: number, end: number, options: number): number {
  const as3 = filtersFit(data, at, end, options);
  const properties = data[at] ?? 0xff;
  const as5 = properties < 0x80 && filtersFit(data, at + 1 + properties, end, options);
  return as3 === as5 ? UNKNOWN_VERSION : as3 ? V311 : V5;
}

function filtersFit(data: Uint8Array, at: number, end: number, options: number): boolean {
  if (at >= end) return false;
  while (at + 2 < end) {
    const length = data[at]! << 8 | data[at + 1]!;
    if (length === 0) return false;
    at += 2 + length + options;
  }
  return at === end;
}
