/**
 * Makes the samples of radio captures, each session in every link type that sniffers write it in, and
 * of PDUs without a link layer (LINKTYPE 252).
 *
 * Run: `deno run -A tests/traces/samples/make_radio.ts`
 *
 * @module
 */
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { bytesOf, u16, u32 } from "../support/packets.ts";
import { withFcs } from "../support/wpan_frames.ts";
import * as corpus from "../support/wpan_corpus.ts";
import {
  bleSession,
  fromNordicSniffer,
  fromOlderNordicSniffer,
  withPpi,
  withRadioHeader,
} from "./ble_session.ts";
import { fromMonitor, hciSession, withDirection } from "./hci_session.ts";
import type { Keys } from "../compare/keys.ts";
import { SAMPLES } from "./record_loopback.ts";
import {
  chainedAdvertisements,
  RUUVI_AIR_KINDS,
  SENSOR_KEYS,
  sensorAdvertisements,
  sensorReports,
  WPAN_SENSOR_KEY,
  wpanSensors,
} from "./sensor_session.ts";
import { A4, B4, CONNACK, CONNECT, reading } from "./short_conversation.ts";
import { withPhyHeader, withTap, wpanSession } from "./wpan_session.ts";

const START = 1_760_000_000;

async function write(name: string, linkType: number, frames: Uint8Array[]) {
  const out = new PcapWriter({ linkType });
  frames.forEach((frame, i) => {
    const ns = i * 12_500_000;
    out.packet({ seconds: START + Math.floor(ns / 1e9), nanoseconds: ns % 1e9 }, frame);
  });
  await Deno.writeFile(new URL(`${name}.pcap`, SAMPLES), out.take());
}

/** Keys that a sample is decoded with, beside it. */
async function writeKeys(name: string, keys: Omit<Keys, "preferences">) {
  const text = `${JSON.stringify(keys, null, 2)}\n`;
  await Deno.writeTextFile(new URL(`${name}.pcap.keys.json`, SAMPLES), text);
}

/** An MQTT packet with the tags that name its dissector and its ends. */
function exported(packet: Uint8Array, fromClient: boolean): Uint8Array {
  const tag = (type: number, value: readonly number[] | Uint8Array) =>
    bytesOf(u16(type), u16(value.length), value);
  const [source, destination] = fromClient ? [A4, B4] : [B4, A4];
  const [from, to] = fromClient ? [50_000, 1883] : [1883, 50_000];
  return bytesOf(
    ...[tag(12, new TextEncoder().encode("mqtt")), tag(20, source!), tag(21, destination!)],
    ...[tag(24, u32(2)), tag(25, u32(from!)), tag(26, u32(to!)), tag(0, []), packet],
  );
}

if (import.meta.main) {
  const ble = bleSession();
  await write("ble-radio-header", 256, ble.map((packet) => withRadioHeader(packet)));
  await write("ble-plain", 251, ble.map(({ bytes }) => bytes));
  await write("ble-ppi", 192, ble.map(withPpi));
  await write("ble-nordic-v2", 272, ble.map(fromOlderNordicSniffer));
  await write("ble-nordic-v3", 272, ble.map(fromNordicSniffer));
  const hci = hciSession();
  await write("hci-h4", 187, hci.map(({ bytes }) => bytes));
  await write("hci-direction", 201, hci.map(withDirection));
  await write("hci-monitor", 254, hci.map(fromMonitor));
  const wpan = wpanSession();
  const wrong = withFcs(wpan[8]!);
  wrong[wrong.length - 1] = wrong.at(-1)! ^ 1;
  await write("wpan-fcs", 195, [...wpan.map(withFcs), wrong]);
  await write("wpan-no-fcs", 230, wpan);
  await write("wpan-phy", 215, wpan.map(withPhyHeader));
  await write("wpan-tap", 283, wpan.map(withTap));
  await write("wpan-secured", 230, corpus.securedFrames());
  const mac = corpus.MAC_KEY.toHex();
  await writeKeys("wpan-secured", { wpan: [{ key: mac, index: 0 }, { key: mac, index: 1 }] });
  await write("zigbee", 230, corpus.zigbeeFrames());
  await writeKeys("zigbee", { zigbee: [corpus.TRUST_CENTRE_KEY.toHex()] });
  await write("wpan-elements", 230, corpus.ieFrames());
  await write("wpan-commands", 230, corpus.commandFrames());
  await write("ble-sensors", 256, [
    ...sensorAdvertisements().map((heard) => withRadioHeader(heard)),
    ...chainedAdvertisements().map((heard, i) => withRadioHeader(heard, RUUVI_AIR_KINDS[i])),
  ]);
  await writeKeys("ble-sensors", { sensors: SENSOR_KEYS });
  await write("hci-sensors", 187, sensorReports());
  await write("wpan-sensors", 195, wpanSensors().map(withFcs));
  await writeKeys("wpan-sensors", { wpan: [{ key: WPAN_SENSOR_KEY, index: 0 }] });
  const pdus: [Uint8Array, boolean][] = [[CONNECT, true], [CONNACK, false], [reading(7), true]];
  await write("upper-pdu-mqtt", 252, pdus.map(([one, client]) => exported(one, client)));
}
