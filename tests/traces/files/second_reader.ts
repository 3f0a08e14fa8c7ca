/**
 * `npm:pcap-parser` as a second opinion on classic pcap files. It knows microseconds only, and
 * ends without a word where a file is cut.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import pcapParser from "pcap-parser";

/** One packet as pcap-parser tells it. */
export interface SecondReaderPacket {
  readonly header: {
    readonly timestampSeconds: number;
    readonly timestampMicroseconds: number;
    readonly capturedLength: number;
    readonly originalLength: number;
  };
  readonly data: Uint8Array;
}

/** Reads the file in `bytes`, handed over in pieces. */
export function readWithPcapParser(
  bytes: Uint8Array,
  onPacket: (packet: SecondReaderPacket) => void,
  pieceLength = 65_536,
): Promise<void> {
  function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceLength) {
      yield Buffer.from(
        bytes.buffer,
        bytes.byteOffset + at,
        Math.min(pieceLength, bytes.length - at),
      );
    }
  }
  return new Promise((resolve, reject) => {
    const parser = pcapParser.parse(Readable.from(pieces()));
    parser.on("packet", onPacket);
    parser.on("error", reject);
    parser.on("end", resolve);
  });
}
