/**
 * Frames per second of our capture readers, and of `npm:pcap-parser` over the same bytes.
 *
 *     deno run --allow-read --allow-write --allow-env tests/bench/decode/pcap_reader_bench.ts [frames]
 *
 * @module
 */
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { readWithPcapParser } from "../../traces/files/second_reader.ts";

const FRAME_LENGTH = 120;
const ROUNDS = 5;

/** Prints the best of some rounds, after one that isn't counted. */
async function measure(what: string, frames: number, run: () => Promise<number>) {
  let best = Infinity;
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    const seen = await run();
    if (round > 0) best = Math.min(best, performance.now() - start);
    if (seen !== frames) throw new Error(`${what} read ${seen} of ${frames} frames`);
  }
  const rate = frames / best * 1000;
  console.log(`${what.padEnd(40)} ${Math.round(rate).toLocaleString("en").padStart(12)} frames/s`);
}

async function readFrames(input: string | Uint8Array): Promise<number> {
  let bytes = 0;
  const end = await new CaptureReader(input, (frame) => bytes += frame.capturedLength).read();
  return bytes > 0 ? end.frames : 0;
}

async function readWithParser(bytes: Uint8Array): Promise<number> {
  let frames = 0;
  await readWithPcapParser(bytes, () => frames++, 1024 * 1024);
  return frames;
}

const frames = Number(Deno.args[0] ?? 1_000_000);
const data = new Uint8Array(FRAME_LENGTH).fill(7);
const pcap = new PcapWriter({ linkType: 1, nanoseconds: false });
const pcapng = new PcapngWriter();
const commented = new PcapngWriter();
for (const writer of [pcapng, commented]) {
  writer.section();
  writer.interface({ linkType: 1 });
}
for (let number = 0; number < frames; number++) {
  const time = { seconds: 1_700_000_000 + Math.floor(number / 1000), nanoseconds: number % 1000 };
  pcap.packet(time, data);
  pcapng.packet({ interface: 0, time, data });
  commented.packet({ interface: 0, time, data, flags: 1, comment: `edgewire id=${number}` });
}
const pcapBytes = pcap.take();
const pcapngBytes = pcapng.take();
const commentedBytes = commented.take();
const file = await Deno.makeTempFile();
try {
  await Deno.writeFile(file, pcapngBytes);
  console.log(`${frames.toLocaleString("en")} frames of ${FRAME_LENGTH} bytes, best of ${ROUNDS}`);
  await measure("pcap, npm:pcap-parser", frames, () => readWithParser(pcapBytes));
  await measure("pcap, CaptureReader", frames, () => readFrames(pcapBytes));
  await measure("pcapng, CaptureReader", frames, () => readFrames(pcapngBytes));
  await measure("pcapng, CaptureReader, from a file", frames, () => readFrames(file));
  await measure("pcapng with comments, CaptureReader", frames, () => readFrames(commentedBytes));
} finally {
  await Deno.remove(file);
}
