/**
 * What a capture file holds, for assertions.
 *
 * @module
 */
import { CaptureReader } from "../../../traces/files/capture_reader.ts";

export interface Read {
  /** How reading ended: "complete" for a good file. */
  end: string;
  sections: number;
  frames: {
    interface: string;
    id: number;
    section: number;
    time: bigint;
    length: number;
    comments: string[];
    data: Uint8Array;
  }[];
  interfaces: string[];
  /** Interface statistics: name, received, dropped. */
  statistics: [string, bigint | undefined, bigint | undefined][];
  /** Secrets with the number of frames before them. */
  secrets: [text: string, frames: number][];
}

export async function readCapture(bytes: Uint8Array): Promise<Read> {
  const read: Read = {
    end: "",
    sections: 0,
    frames: [],
    interfaces: [],
    statistics: [],
    secrets: [],
  };
  const reader = new CaptureReader(bytes, (frame) => {
    read.frames.push({
      interface: frame.interface!.label,
      id: frame.interface!.id,
      section: frame.section,
      time: BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds),
      length: frame.length,
      comments: [...frame.comments],
      data: frame.data.slice(frame.start, frame.start + frame.capturedLength),
    });
  }, {
    section: () => void read.sections++,
    interface: ({ label }) => void read.interfaces.push(label),
    statistics: ({ interface: source, received, dropped }) =>
      void read.statistics.push([source.label, received, dropped]),
    secrets: ({ data }) =>
      void read.secrets.push([new TextDecoder().decode(data), read.frames.length]),
  });
  const end = await reader.read();
  read.end = "message" in end ? `${end.kind}: ${end.message}` : end.kind;
  return read;
}
