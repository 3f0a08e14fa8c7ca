/**
 * What tshark and our reader say about the frames of a file, as comparable lines.
 *
 * @module
 */
import type { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { type CaptureEnd, CaptureReader } from "../../../traces/files/capture_reader.ts";

const FIELDS = [
  "frame.number",
  "frame.time_epoch",
  "frame.cap_len",
  "frame.len",
  "frame.interface_id",
  "frame.interface_name",
  "frame.section_number",
  "frame.comment",
  "frame.packet_flags",
  "frame.packet_id",
  "frame.drop_count",
  "frame.interface_queue",
  "frame.cb_pen",
  "frame.cb_copy",
];

/** A line per frame of our reader, in tshark's way. */
export async function ownFrames(
  input: string | Uint8Array,
): Promise<{ lines: string[]; end: CaptureEnd }> {
  const lines: string[] = [];
  const end = await new CaptureReader(input, (frame) => lines.push(ownLine(frame))).read();
  return { lines, end };
}

/** A line per frame of tshark, and its exit code. */
export async function tsharkFrames(
  file: string,
  live = false,
): Promise<{ lines: string[]; code: number; stderr: string }> {
  const { stdout, stderr, code } = await new Deno.Command("tshark", {
    args: [
      ...["-n", "-r", live ? "-" : file, "-T", "fields", "-E", "aggregator=|"],
      ...FIELDS.flatMap((field) => ["-e", field]),
    ],
    env: { TZ: "UTC" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  return {
    lines: text === "" ? [] : text.replace(/\n$/, "").split("\n"),
    code,
    stderr: new TextDecoder().decode(stderr),
  };
}

function ownLine(frame: CaptureFrame): string {
  const { interface: source } = frame;
  const pseudo = source?.pseudoHeaderLength ?? 0;
  const described = source !== undefined && !source.implied;
  return [
    frame.number,
    frame.hasTime ? epochText(frame.seconds, frame.nanoseconds) : "",
    frame.capturedLength - pseudo,
    (frame.length - pseudo) >>> 0,
    described ? source.id : "",
    described ? source.label : "",
    frame.section || "",
    frame.comments.join("|"),
    frame.flags < 0 ? "" : `0x${frame.flags.toString(16).padStart(8, "0")}`,
    frame.packetId ?? "",
    frame.dropCount ?? "",
    frame.queue < 0 ? "" : frame.queue,
    frame.enterprise < 0 ? "" : frame.enterprise,
    frame.enterprise < 0 ? "" : Number(frame.copyable),
  ].join("\t");
}

function epochText(seconds: number, nanoseconds: number): string {
  return `${seconds}.${String(nanoseconds).padStart(9, "0")}`;
}
