/**
 * What sniffers and hosts hear of sensors that advertise their readings, and of 802.15.4 sensors whose
 * frames hold BTHome: plain, encrypted, replayed, malformed.
 *
 * @module
 */
import * as ble from "../support/ble_frames.ts";
import { bytesOf, ipv6, udp } from "../support/packets.ts";
import { hex, join, macFrame, type MacSecurity } from "../support/wpan_frames.ts";
import type { BlePacket } from "./ble_session.ts";

const ADV_NONCONN_IND = 0x02;
const ADV_EXT_IND = 0x07;
const RANDOM_ADDRESS = 0x40;

const RUUVI = "cb:b8:33:4c:88:4f";
const BTHOME = "54:48:e6:8f:80:a5";
const THERMOMETER = "a4:c1:38:8d:18:b2";
const FLOWER_CARE = "a4:c1:38:02:83:f4";
const BEACON = "c0:53:00:5e:00:03";

const FLAGS = ble.ad(0x01, 0x06);

function heard(of: string, ...structures: ble.Part[]): BlePacket {
  const random = of === RUUVI || of === BEACON ? RANDOM_ADDRESS : 0;
  const pdu = ble.advertisingPdu(
    ADV_NONCONN_IND | random,
    ...[ble.address(of), FLAGS, ...structures],
  );
  return { channel: 37, rssi: -60, kind: "advertising", bytes: ble.packet(pdu) };
}

/** Service data of a 16-bit UUID. */
function service(uuid: number, data: string): number[] {
  return ble.ad(0x16, ble.le(uuid, 2), hex(data));
}

function manufacturer(company: number, data: string): number[] {
  return ble.ad(0xff, ble.le(company, 2), hex(data));
}

const bthome = (data: string) => heard(BTHOME, service(0xfcd2, data));

/** Ruuvi E1 is longer than a legacy PDU: one AUX_ADV_IND and an AUX_CHAIN_IND. */
function ruuviAir(): BlePacket[] {
  const data = manufacturer(
    0x0499,
    "E1170C5668C79E0065007004BD11CA00C90A0213E0ACFFFFFFDECDEE01FFFFFFFFFFCBB8334C884F",
  );
  const part = (bytes: number[], more: boolean): BlePacket => ({
    channel: more ? 20 : 21,
    rssi: -66,
    kind: "auxiliary",
    bytes: ble.packet(ble.extendedPdu(ADV_EXT_IND | (more ? RANDOM_ADDRESS : 0), {
      ...(more ? { advertiser: ble.address(RUUVI), auxPointer: [21, 10, 0] } : {}),
      dataInfo: 0x4123,
      data: bytes,
    })),
  });
  return [part(FLAGS, true), part(data, false)];
}

/** Kind of auxiliary PDU of each of `ruuviAir`'s packets: 0 ADV, 1 CHAIN. */
export const RUUVI_AIR_KINDS: readonly number[] = [0, 1];

/** Advertisements as a sniffer hears them, each format once, then what is wrong with some. */
export function sensorAdvertisements(): BlePacket[] {
  return [
    heard(RUUVI, manufacturer(0x0499, "0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F")),
    heard(
      THERMOMETER,
      ble.ad(0x09, new TextEncoder().encode("DIY")),
      service(0xfcd2, "4002C40903BF13"),
    ),
    heard(THERMOMETER, service(0x181a, "b2188d38c1a4a9066911b60b58f70d")),
    heard(THERMOMETER, service(0x181a, "11d603fbfa7b6dfb1e26fd")),
    heard(FLOWER_CARE, service(0xfe95, "58585b0550f4830238c1a495ef58763c26000097e2abb5")),
    heard(BEACON, manufacturer(0x004c, "0215e2c56db5dffb48d2b060d0f5a71096e000640000c5")),
    heard(BEACON, service(0xfeaa, "10ee02656467657769726500")),
    heard(BEACON, service(0xfeaa, "20000bb8178000000c350000ea60")),
    // Counters 1122867, 1122868, 1122866: the last is a replay.
    bthome("41e445f3c9962b332211006c7c4519"),
    bthome("413e932cc7175f34221100553876af"),
    bthome("41723d3035fb88322211009e7414c0"),
    bthome("41a47266c95f730011223378237214"),
    bthome("41a47266c95f730111223378237214"),
    bthome("4002ca0903bf13"),
    heard(THERMOMETER, service(0xfcd2, "40015dfe5d0903b718")),
    heard(THERMOMETER, service(0xfcd2, "4002ca0903bf")),
  ];
}

/** A reading in a chain of PDUs. */
export function chainedAdvertisements(): BlePacket[] {
  return ruuviAir();
}

/** Keys of some of them, by address. */
export const SENSOR_KEYS: Readonly<Record<string, string>> = {
  "54:48:E6:8F:80:A5": "231d39c1d7cc1ab1aee224cd096db932",
  "a4-c1-38-02-83-f4": "e9ea895fac7cca6d30532432a516f3a8",
};

/** Advertising reports of several controllers (H4), a report of each kind of event. */
export function sensorReports(): Uint8Array[] {
  return [
    "043E2B02010301F27A52FAD4CD1F0201061BFF990405138A5F61C4F0FFE4FFDC0414C5B6EC29B3F27A52FAD4CDBC",
    "043E2A0201030157168974A5F41E0201060303AAFE1616AAFE10EE037275752E76692F23416A7759414D4666CD",
    "043e1d02010000f4830238c1a41110161a18a4c1380283f400a22f5f0bf819df",
    "043e1f02010000f4830238c1a41312161a18f4830238c1a4a9066911b60b58f70dde",
    "043E300D011300008B376338C1A40100FF7FBA000000000000000000160201061" +
    "2161A188B376338C1A4CE0913107F0B521204",
    "043e2502010000219335342d5819020106151695fe5020aa01da219335342d580d1004fe004802c4",
    "043e22020100004c94b438c1a416151695fe50305b05034c94b438c1a40d10041001ea01cf",
    "043E2A02010001433EA2C96B6A1E02011A1AFF4C000215E2C56DB5DFFB48D2B060D0F5A71096E000640000C5B3",
    "043E280201020105988527406D1C1BFFFFFFBEACD3162F5AF3EE494799DB09756062D0FC005A0005C400D4",
  ].map(hex);
}

const NODE = "00124b0001020304";
const WPAN_KEY = hex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
const OTHER_KEY = hex("000102030405060708090a0b0c0d0e0f");
const READINGS = hex("40 0005 0164 02ca09 03bf13");

/** UDP over uncompressed IPv6. */
function overUdp(payload: Uint8Array): Uint8Array {
  const linkLocal = (last: number) => [0xfe, 0x80, ...new Array<number>(13).fill(0), last];
  const ends = { source: linkLocal(1), destination: linkLocal(2) };
  return bytesOf(0x41, ipv6({ ...ends, next: 17 }, udp(ends, 7000, 7001, payload)));
}

/** A sensor that joins an 802.15.4 network and reports, in plain and secured. */
export function wpanSensors(): Uint8Array[] {
  const secured = (security: Partial<MacSecurity>, payload: Uint8Array) =>
    macFrame({
      sequence: 7,
      destination: 0,
      source: NODE,
      compression: true,
      payload,
      security: { level: 6, key: WPAN_KEY, counter: 1, ...security },
    });
  const plain = (sequence: number, payload: Uint8Array) =>
    macFrame({ sequence, destination: 0, source: 0x0001, compression: true, payload });
  return [
    macFrame({ type: 0, sequence: 1, source: 0, sourcePan: 0x1a62, open: hex("ffcf 00 00") }),
    macFrame({
      type: 3,
      sequence: 2,
      pan: 0x1a62,
      destination: 0,
      source: NODE,
      sourcePan: 0xffff,
      ackRequest: true,
      open: hex("01"),
      payload: hex("8e"),
    }),
    plain(3, READINGS),
    plain(4, hex("44 0006 210121 01")),
    secured({ counter: 8 }, READINGS),
    secured({ counter: 9, level: 2 }, hex("40 0006 02d009")),
    secured({ counter: 10, key: OTHER_KEY }, READINGS),
    plain(5, overUdp(join(READINGS.subarray(0, 1), hex("0007"), READINGS.subarray(3)))),
  ];
}

export const WPAN_SENSOR_KEY: string = WPAN_KEY.toHex();
