/**
 * Why a broker could not be connected to, and what to do.
 *
 * @module
 */
import { TOKEN_ADVICE } from "../../traces/command/token_advice.ts";
import type { Target } from "./target.ts";

/** What the client says of bytes that are no MQTT, or of an HTTP server's answer. */
const NO_MQTT =
  /invalid (?:header|protocol|remaining|variable|packet)|cannot parse|unknown.*packet|malformed/i;
const NO_ACCESS = /not authorized|bad user ?name|response: 40[13]/i;
const NO_ANSWER = /connack timeout/;
const NO_WEBSOCKET = /response: \d{3}|websocket|hang up|was closed/i;

/** @param reason as `npm:mqtt` has it */
export function refusalOf({ shown }: Target, reason: string): string {
  return `cannot connect to ${shown}: ${reason}${adviceOn(shown, reason)}`;
}

function adviceOn(shown: string, reason: string): string {
  if (NO_ACCESS.test(reason)) return `. Of a gateway it needs a token: ${TOKEN_ADVICE}`;
  const plain = /^mqtts?:/.test(shown);
  if (NO_MQTT.test(reason) || plain && reason.includes("was closed") || NO_ANSWER.test(reason)) {
    return plain
      ? ". What answers there is no MQTT broker: a gateway's address is written http://HOST:PORT"
      : ". What answers there is no MQTT broker";
  }
  return NO_WEBSOCKET.test(reason)
    ? ". What answers there has no MQTT over WebSocket: a broker is written mqtt://HOST:PORT"
    : "";
}
