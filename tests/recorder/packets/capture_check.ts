/**
 * Packets in a file, and what tshark and our own decoder say of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";

/** A packet as it goes to the file; `length` is that on the wire. */
export interface Captured {
  readonly linkType: number;
  readonly data: Uint8Array;
  readonly length?: number;
}

/** A pcapng of these packets, a millisecond apart; one interface per link type. */
export function captureOf(packets: readonly Captured[]): Uint8Array {
  const writer = new PcapngWriter();
  writer.section();
  const interfaces = new Map<number, number>();
  for (const { linkType } of packets) {
    if (!interfaces.has(linkType)) interfaces.set(linkType, writer.interface({ linkType }));
  }
  packets.forEach(({ linkType, data, length = data.length }, index) => {
    const time = { seconds: 1_700_000_000 + Math.floor(index / 1000), nanoseconds: index % 1000 };
    time.nanoseconds *= 1_000_000;
    writer.packet({ interface: interfaces.get(linkType)!, time, data, length });
  });
  return writer.take();
}

/** What tshark shows of each packet: values of the fields, several of one joined by commas. */
export async function tsharkFields(
  packets: readonly Captured[],
  fields: readonly string[],
  more: readonly string[] = [],
): Promise<string[][]> {
  const file = await Deno.makeTempFile({ suffix: ".pcapng" });
  try {
    await Deno.writeFile(file, captureOf(packets));
    const { stdout, code } = await new Deno.Command("tshark", {
      args: [
        ...["-n", "-r", file, "-T", "fields"],
        ...["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", ...more],
        ...fields.flatMap((field) => ["-e", field]),
      ],
      stderr: "null",
    }).output();
    assert.equal(code, 0);
    const lines = new TextDecoder().decode(stdout).split("\n");
    assert.equal(lines.pop(), "");
    assert.equal(lines.length, packets.length);
    return lines.map((line) => line.split("\t"));
  } finally {
    await Deno.remove(file);
  }
}

/** A tshark field of the packets that have it. */
export async function tsharkValues(
  packets: readonly Captured[],
  field: string,
): Promise<string[]> {
  return (await tsharkFields(packets, [field])).flat().filter((value) => value !== "");
}

/** What our decoder finds wrong: "frame: text". */
export async function ownProblems(packets: readonly Captured[]): Promise<string[]> {
  const decoder = new CaptureDecoder();
  const problems: string[] = [];
  await new CaptureReader(captureOf(packets), (frame) => {
    decoder.decode(frame);
    for (const { rule } of decoder.d.problems) problems.push(`${frame.number}: ${rule.text}`);
  }).read();
  return problems;
}

/** The IP packets of a conversation, for LINKTYPE_RAW. */
export function raw(packets: readonly Uint8Array[]): Captured[] {
  return packets.map((data) => ({ linkType: 101, data }));
}
