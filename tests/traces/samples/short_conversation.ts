/**
 * A few frames of MQTT over TCP, the contents of samples that are about something else.
 *
 * @module
 */
import { connectPacket, encode, publishPacket } from "../../support/raw_mqtt.ts";
import { TcpTalk } from "../support/tcp_talk.ts";

/** Documentation addresses (RFC 5737, RFC 3849). */
export const A4 = [192, 0, 2, 10];
export const B4 = [192, 0, 2, 20];
export const A6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa];
export const B6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb];

export const CONNECT = connectPacket("sample");
export const CONNACK = encode({ cmd: "connack", returnCode: 0, sessionPresent: false });

/** A PUBLISH of one value. */
export function reading(value: number): Uint8Array {
  return publishPacket("devices/sensor-7/temperature", JSON.stringify({ value }));
}

/** A connection to MQTT's port from `port`. */
export function talk(port: number, v6 = false): TcpTalk {
  const addresses = v6 ? { client: A6, server: B6 } : { client: A4, server: B4 };
  return new TcpTalk({ ...addresses, clientPort: port, serverPort: 1883 });
}

/** Ten Ethernet frames: opened, CONNECT, CONNACK, one PUBLISH, closed. */
export function conversation(v6: boolean): Uint8Array[] {
  const t = talk(50002, v6);
  return [
    ...t.open(),
    ...[t.send(0, CONNECT), t.send(1, CONNACK), t.send(0, reading(5)), t.ack(1)],
    ...t.close(0),
  ];
}
