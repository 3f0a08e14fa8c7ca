/**
 * Makes the samples that are about the file formats: byte orders, resolutions, sections, interfaces,
 * comments, blocks of every kind, and files that end too early or say what can't be.
 *
 * Run: `deno run -A tests/traces/samples/make_files.ts`
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { SAMPLES } from "./record_loopback.ts";
import { conversation } from "./short_conversation.ts";

const START = 1_760_000_000;
const FRAMES = conversation(false);
/** Nobody's enterprise number: for documentation (RFC 5612). */
const ENTERPRISE = 32473;

function at(index: number) {
  return { seconds: START + index, nanoseconds: index * 111_111_111 % 1_000_000_000 };
}

async function write(name: string, bytes: Uint8Array) {
  await Deno.writeFile(new URL(name, SAMPLES), bytes);
}

function classic(nanoseconds: boolean, bigEndian: boolean, snapLength = 262_144): Uint8Array {
  const out = new PcapWriter({ linkType: 1, nanoseconds, bigEndian, snapLength });
  FRAMES.forEach((frame, i) => out.packet(at(i), frame.subarray(0, snapLength), frame.length));
  return out.take();
}

/** Everything a pcapng file may hold, in two sections of different byte order. */
function features(): Uint8Array {
  const first = new PcapngWriter();
  first.section({ application: "edgewire samples", comment: ["first section", "second comment"] });
  const wire = first.interface({
    linkType: 1,
    name: "wire0",
    description: "a wire",
    filter: "tcp",
  });
  const coarse = first.interface({ linkType: 1, name: "coarse0", resolution: 3 });
  const binary = first.interface({ linkType: 1, description: "no name", resolution: 0x80 | 20 });
  const offset = first.interface({
    ...{ linkType: 1, name: "offset0", offset: 1000n, resolution: "none" },
    comment: "times count from 1000 s later",
  });
  first.names([{ address: Uint8Array.of(192, 0, 2, 10), names: ["sensor.example", "s.example"] }]);
  first.packet({ interface: wire, time: at(0), data: FRAMES[0]!, flags: 1, packetId: 7n });
  first.packet({
    ...{ interface: wire, time: at(1), data: FRAMES[1]!, flags: 2, dropCount: 3n },
    comment: ["one", "two ☀"],
  });
  first.packet({ interface: coarse, time: BigInt(START) * 1000n + 42n, data: FRAMES[2]! });
  first.packet({ interface: binary, time: BigInt(START) << 20n | 1n, data: FRAMES[3]! });
  first.packet({ interface: offset, time: BigInt(START) * 1_000_000n, data: FRAMES[4]! });
  first.simplePacket(FRAMES[5]!);
  first.obsoletePacket({ interface: wire, time: at(6), data: FRAMES[6]!, drops: 9 });
  first.custom(ENTERPRISE, new TextEncoder().encode("anything"));
  first.custom(ENTERPRISE, new TextEncoder().encode("not to be copied"), false);
  first.block(
    9,
    new TextEncoder().encode("__REALTIME_TIMESTAMP=1760000007000000\nMESSAGE=hello\n"),
  );
  first.block(0x0bad_cafe, Uint8Array.of(1, 2, 3));
  first.statistics({ interface: wire, time: at(8), received: 10n, dropped: 1n });
  const second = new PcapngWriter({ bigEndian: true });
  second.section({ application: "edgewire samples" });
  const other = second.interface({ linkType: 1, name: "wire1", snapLength: 60 });
  FRAMES.slice(7).forEach((frame, i) =>
    second.packet({
      ...{ interface: other, time: at(7 + i), data: frame.subarray(0, 60) },
      length: frame.length,
    })
  );
  return Uint8Array.from([...first.take(), ...second.take()]);
}

/** A file whose last block names an interface that is not there. */
function badInterface(): Uint8Array {
  const out = new PcapngWriter();
  out.section();
  const wire = out.interface({ linkType: 1, name: "wire0" });
  out.packet({ interface: wire, time: at(0), data: FRAMES[0]! });
  out.packet({ interface: wire + 5, time: at(1), data: FRAMES[1]! });
  return out.take();
}

if (import.meta.main) {
  await write("file-microseconds.pcap", classic(false, false));
  await write("file-nanoseconds.pcap", classic(true, false));
  await write("file-microseconds-swapped.pcap", classic(false, true));
  await write("file-nanoseconds-swapped.pcap", classic(true, true));
  await write("file-short-snaplen.pcap", classic(true, false, 60));
  await write("file-cut.pcap", classic(true, false).subarray(0, -30));
  await write("file-gzip.pcap.gz", gzipSync(classic(true, false)));
  await write("file-features.pcapng", features());
  await write("file-cut.pcapng", features().subarray(0, -50));
  await write("file-bad-interface.pcapng", badInterface());
}
