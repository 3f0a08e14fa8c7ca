/**
 * Captures for tests of nodes: samples whose frames come slower, and as many frames as one likes.
 *
 * @module
 */
import { PcapWriter } from "../../traces/files/pcap_writer.ts";
import { PcapngWriter } from "../../traces/files/pcapng_writer.ts";
import { RadioLink } from "../../traces/sensors/radio_envelope.ts";
import { readSync } from "../traces/support/sync_reader.ts";

const SAMPLES = new URL("../../traces/samples/", import.meta.url);

/** A sample with its times stretched, as pcapng. @param factor times by which it takes longer */
export function stretchedSample(name: string, factor: number): Uint8Array<ArrayBuffer> {
  const writer = new PcapngWriter();
  writer.section({});
  let first = -1;
  readSync(Deno.readFileSync(new URL(name, SAMPLES)), (frame) => {
    const { seconds, nanoseconds, data, start, capturedLength, length, linkType } = frame;
    const time_us = seconds * 1e6 + Math.floor(nanoseconds / 1000);
    if (first < 0) {
      first = time_us;
      writer.interface({ linkType });
    }
    const stretched_us = first + (time_us - first) * factor;
    const time = {
      seconds: Math.floor(stretched_us / 1e6),
      nanoseconds: stretched_us % 1e6 * 1000,
    };
    writer.packet({
      interface: 0,
      time,
      data: data.subarray(start, start + capturedLength),
      length,
    });
  });
  return writer.take();
}

/** Data frame with short addresses: sequence number, PAN 0x1234, to 0xffff, from 1. */
const HEADER = [0x41, 0x88, 0, 0x34, 0x12, 0xff, 0xff, 0x01, 0x00];

/** Where a frame of `countedFrames` has its number, little-endian, 32 bits. */
export const NUMBER_AT = HEADER.length;

/**
 * IEEE 802.15.4 frames with a number each, from 0, at the same distance, as pcap.
 *
 * @param perSecond frames
 */
export function countedFrames(count: number, perSecond: number): Uint8Array<ArrayBuffer> {
  const writer = new PcapWriter({ linkType: RadioLink.WpanNoFcs });
  const frame = new Uint8Array(NUMBER_AT + 4);
  frame.set(HEADER);
  const view = new DataView(frame.buffer);
  for (let i = 0; i < count; i++) {
    frame[2] = i & 0xff;
    view.setUint32(NUMBER_AT, i, true);
    const nanoseconds = Math.floor(i * 1e9 / perSecond);
    const time = {
      seconds: 1_760_000_000 + Math.floor(nanoseconds / 1e9),
      nanoseconds: nanoseconds % 1e9,
    };
    writer.packet(time, frame);
  }
  return writer.take();
}
