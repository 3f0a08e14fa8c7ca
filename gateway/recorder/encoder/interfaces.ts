/**
 * The interfaces that packets of a trace have, besides those of the radio.
 *
 * @module
 */
import type { ConversationPlace } from "./conversation.ts";
import type { TraceInterface } from "./trace_file.ts";

/** pcap link types. */
export const LINKTYPE_RAW = 101;
export const LINKTYPE_UPPER_PDU = 252;

const MQTT_PORT = 1883;

/** A new set: each file has its own. */
export function traceInterfaces() {
  const raw = (name: string, description: string): TraceInterface => ({
    name,
    linkType: LINKTYPE_RAW,
    description,
  });
  const mqtt: ConversationPlace = {
    hop: "mqtt",
    interface: raw("mqtt", "MQTT over TCP, decrypted; the server's port is written as 1883"),
    port: () => MQTT_PORT,
  };
  const mqttWebSocket: ConversationPlace = {
    hop: "mqtt",
    interface: raw("mqtt-websocket", "MQTT over WebSocket, decrypted; the packets are in mqtt-pdu"),
    port: withoutTls,
  };
  const uplink: ConversationPlace = {
    hop: "uplink",
    interface: raw("uplink", "MQTT to the cloud, decrypted; the server's port is written as 1883"),
    port: () => MQTT_PORT,
  };
  const uplinkWebSocket: ConversationPlace = {
    hop: "uplink",
    interface: raw("uplink-websocket", "MQTT over WebSocket to the cloud, decrypted"),
    port: withoutTls,
  };
  const ws: ConversationPlace = {
    hop: "ws",
    interface: raw("ws", "WebSocket sessions, decrypted; masking keys are written as 0"),
    port: withoutTls,
  };
  const mqttPdu: TraceInterface = {
    name: "mqtt-pdu",
    linkType: LINKTYPE_UPPER_PDU,
    description: "MQTT control packets that came in WebSocket messages, put together",
  };
  const room: TraceInterface = {
    name: "room",
    linkType: LINKTYPE_UPPER_PDU,
    description: "Updates of the rooms, as JSON",
  };
  return { mqtt, mqttWebSocket, uplink, uplinkWebSocket, ws, mqttPdu, room };
}

export type TraceInterfaces = ReturnType<typeof traceInterfaces>;

/** What is on the port of HTTPS is written as on that of HTTP, for readers to look for HTTP. */
function withoutTls(port: number): number {
  return port === 443 ? 80 : port;
}
