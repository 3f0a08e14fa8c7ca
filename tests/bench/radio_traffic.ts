/**
 * Captures of radio sniffers: BLE advertising (LINKTYPE 256) from many devices, and IEEE 802.15.4
 * (LINKTYPE 195) as Zigbee and 6LoWPAN nodes use it.
 *
 * @module
 */
import { ADVERTISING_INIT, crc24 } from "../../traces/wire/crc24.ts";
import { wpanFcs16 } from "../../traces/wire/wpan_fcs.ts";
import { CaptureFile } from "./capture_file.ts";

/** Devices; each sends its own frames again and again. */
const DEVICES = 200;
const LINK_TYPES = { ble: 256, wpan: 195 } as const;
/** RF channels of the advertising channels 37 to 39. */
const RF_CHANNELS = [0, 12, 39];

/** ADV_IND, ADV_NONCONN_IND and SCAN_RSP as sensors, beacons and phones send them. */
function bleFrames(): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let device = 0; device < DEVICES; device++) {
    const name = new TextEncoder().encode(`sensor-${device}`);
    const address = [device & 255, device >> 8, 0x5e, 0x00, 0x53, 0xc0];
    const flags = [2, 0x01, 0x06];
    const maker = [...flags, 27, 0xff, 0x99, 0x04, 5, ...Array(23).fill(device)];
    const service = [
      ...flags,
      3,
      0x03,
      0x1a,
      0x18,
      9,
      0x16,
      0x1a,
      0x18,
      0xe8,
      3,
      0x10,
      0x27,
      80,
      1,
    ];
    const response = [name.length + 1, 0x09, ...name, 2, 0x0a, 4];
    frames.push(bleFrame(device, device % 2 === 0 ? 0x02 : 0x40, address, maker));
    frames.push(bleFrame(device, 0x40, address, service));
    frames.push(bleFrame(device, 0x44, address, response));
  }
  return frames;
}

function bleFrame(device: number, type: number, address: number[], data: number[]): Uint8Array {
  const channel = RF_CHANNELS[device % 3]!;
  const head = [channel, 256 - 40 - device % 50, 0x80, 0, 0xd6, 0xbe, 0x89, 0x8e, 0x13, 0x0c];
  const pdu = [type, address.length + data.length, ...address, ...data];
  const frame = Uint8Array.from([...head, 0xd6, 0xbe, 0x89, 0x8e, ...pdu, 0, 0, 0]);
  const end = frame.length - 3;
  const crc = crc24(frame, 14, end, ADVERTISING_INIT);
  frame.set([crc & 255, crc >> 8 & 255, crc >> 16], end);
  return frame;
}

/** Data, acknowledgments, Zigbee network frames and compressed IPv6. */
function wpanFrames(): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let device = 0; device < DEVICES; device++) {
    const from = [device & 255, device >> 8];
    const short = [device, 0xcd, 0xab, 0, 0, ...from];
    // Zigbee NWK data with NWK security: frame control, addresses, radius, sequence, security.
    const zigbee = [
      0x08,
      0x02,
      0,
      0,
      ...from,
      30,
      device,
      0x28,
      1,
      0,
      0,
      0,
      ...Array(8).fill(9),
      0,
    ];
    frames.push(wpanFrame(0x61, 0x88, [...short, ...zigbee, ...Array(30).fill(device)]));
    frames.push(wpanFrame(0x02, 0x00, [device]));
    // IPHC with link-local addresses, compressed UDP, CoAP GET.
    const coap = [0x40, 1, 0, device, 0xb4, 0x74, 0x65, 0x6d, 0x70];
    const lowpan = [0x7e, 0x33, 0xf0, 0x16, 0x33, 0x16, 0x33, 0xbe, 0xef, ...coap];
    frames.push(wpanFrame(0x41, 0x98, [device, 0x34, 0x12, 0, 0, ...from, ...lowpan]));
  }
  return frames;
}

function wpanFrame(low: number, high: number, rest: number[]): Uint8Array {
  const frame = Uint8Array.from([low, high, ...rest, 0, 0]);
  const end = frame.length - 2;
  const fcs = wpanFcs16(frame, 0, end);
  frame.set([fcs & 255, fcs >> 8], end);
  return frame;
}

/** Writes a capture of `count` frames. */
export function writeRadio(path: string, kind: keyof typeof LINK_TYPES, count: number): void {
  using file = new CaptureFile(path, LINK_TYPES[kind]);
  const frames = kind === "ble" ? bleFrames() : wpanFrames();
  for (let i = 0; i < count; i++) file.write(frames[i % frames.length]!);
}
