/**
 * The `frame.*` fields: what the capture file says of a frame, and when it was seen.
 *
 * @module
 */
import type { CaptureFrame, PacketMark } from "../files/capture_frame.ts";
import type { Dissection } from "./dissection.ts";
import { encapsulationOf } from "./encapsulation.ts";
import {
  absoluteTime,
  boolean,
  define,
  hex32,
  int16,
  int64,
  int8,
  protocol,
  relativeTime,
  spacedBytes,
  string,
  uint32,
  uint64,
} from "./field.ts";
import { Kind } from "./tree.ts";

const FRAME = protocol("frame", "Frame", "Frame");

/** draft-ietf-opsawg-pcapng, 4.3.1: flags word. */
const DIRECTIONS = { 0: "Unknown", 1: "Inbound", 2: "Outbound" };
const RECEPTIONS = {
  0: "Not specified",
  1: "Unicast",
  2: "Multicast",
  3: "Broadcast",
  4: "Promiscuous",
};

const F = define({
  "frame.comment": string("Comment"),
  "frame.section_number": uint32("Section number"),
  "frame.interface_id": uint32("Interface id"),
  "frame.interface_name": string("Interface name"),
  "frame.interface_description": string("Interface description"),
  "frame.interface_queue": uint32("Interface queue"),
  "frame.packet_flags": hex32("Packet flags"),
  "frame.packet_flags_direction": hex32("Direction", { names: DIRECTIONS }),
  "frame.packet_flags_reception_type": uint32("Reception type", { names: RECEPTIONS }),
  "frame.packet_flags_fcs_length": uint32("FCS length"),
  "frame.packet_flags_reserved": uint32("Reserved"),
  "frame.packet_flags_crc_error": boolean("CRC error"),
  "frame.packet_flags_packet_too_error": boolean("Packet too long error"),
  "frame.packet_flags_packet_too_short_error": boolean("Packet too short error"),
  "frame.packet_flags_wrong_inter_frame_gap_error": boolean("Wrong interframe gap error"),
  "frame.packet_flags_unaligned_frame_error": boolean("Unaligned frame error"),
  "frame.packet_flags_start_frame_delimiter_error": boolean("Start frame delimiter error"),
  "frame.packet_flags_preamble_error": boolean("Preamble error"),
  "frame.packet_flags_symbol_error": boolean("Symbol error"),
  "edgewire.frame.hash": string("Hash"),
  "frame.verdict": string("Verdict"),
  "frame.verdict.hw": spacedBytes("Hardware"),
  "frame.verdict.ebpf_tc": int64("eBPF TC"),
  "frame.verdict.ebpf_xdp": int64("eBPF XDP"),
  "frame.verdict.unknown": spacedBytes("Of unknown kind"),
  "frame.packet_id": uint64("Packet id"),
  "frame.encap_type": int16("Encapsulation type"),
  "frame.time": absoluteTime("Arrival time"),
  "frame.time_epoch": relativeTime("Epoch time", { unit: " seconds" }),
  "frame.time_delta": relativeTime("Time since the frame before", { unit: " seconds" }),
  "frame.time_delta_displayed": relativeTime("Time since the frame shown before", {
    unit: " seconds",
  }),
  "frame.time_relative": relativeTime("Time since the first frame", { unit: " seconds" }),
  "frame.number": uint32("Frame number"),
  "frame.len": uint32("Length on the wire", { unit: " bytes" }),
  "frame.cap_len": uint32("Captured length", { unit: " bytes" }),
  "frame.drop_count": uint64("Frames dropped before"),
  "frame.cb_pen": uint32("Private enterprise number"),
  "frame.cb_copy": boolean("Copying allowed"),
  "frame.p2p_dir": int8("Direction of the link", { names: { 0: "Sent", 1: "Received" } }),
  "frame.protocols": string("Protocols in frame"),
});

/** Names and masks of the flags word, from its least significant bit. */
const PACKET_FLAGS = [
  { field: F["frame.packet_flags_crc_error"], mask: 1 << 24 },
  { field: F["frame.packet_flags_packet_too_error"], mask: 1 << 25 },
  { field: F["frame.packet_flags_packet_too_short_error"], mask: 1 << 26 },
  { field: F["frame.packet_flags_wrong_inter_frame_gap_error"], mask: 1 << 27 },
  { field: F["frame.packet_flags_unaligned_frame_error"], mask: 1 << 28 },
  { field: F["frame.packet_flags_start_frame_delimiter_error"], mask: 1 << 29 },
  { field: F["frame.packet_flags_preamble_error"], mask: 1 << 30 },
  { field: F["frame.packet_flags_symbol_error"], mask: 1 << 31 },
] as const;

const HCI_H4_WITH_DIRECTION = 201;

/**
 * Times of frames that others are measured from. As in Wireshark a packet without a time counts as
 * time 0, another block without one as the time of the frame before.
 */
export class FrameClock {
  #started = false;
  #beforeSeconds = 0;
  #beforeNanos = 0;
  #shownSeconds = 0;
  #shownNanos = 0;
  #anyShown = false;

  /** Writes the times of a frame, then remembers it as the one before the next. */
  write(d: Dissection, frame: CaptureFrame): void {
    const stays = !frame.hasTime && frame.block !== "packet";
    const seconds = frame.hasTime ? frame.seconds : stays ? this.#beforeSeconds : 0;
    const nanos = frame.hasTime ? frame.nanoseconds : stays ? this.#beforeNanos : 0;
    if (!this.#started) {
      this.#started = true;
      d.firstSeconds = this.#beforeSeconds = seconds;
      d.firstNanoseconds = this.#beforeNanos = nanos;
    }
    if (frame.hasTime) {
      d.putTime(F["frame.time"], seconds, nanos);
      d.putTime(F["frame.time_epoch"], seconds, nanos);
      const delta = F["frame.time_delta"];
      const shown = F["frame.time_delta_displayed"];
      const relative = F["frame.time_relative"];
      putDifference(d, delta, seconds - this.#beforeSeconds, nanos - this.#beforeNanos);
      if (!this.#anyShown) d.putTime(shown, 0, 0);
      else putDifference(d, shown, seconds - this.#shownSeconds, nanos - this.#shownNanos);
      putDifference(d, relative, seconds - d.firstSeconds, nanos - d.firstNanoseconds);
    }
    this.#beforeSeconds = seconds;
    this.#beforeNanos = nanos;
  }

  /** The frame written last is part of the report: `frame.time_delta_displayed` counts from it. */
  shown(): void {
    this.#anyShown = true;
    this.#shownSeconds = this.#beforeSeconds;
    this.#shownNanos = this.#beforeNanos;
  }
}

function putDifference(d: Dissection, field: number, seconds: number, nanos: number): void {
  if (d.want[field] === 0) return;
  if (seconds > 0 && nanos < 0) d.putTime(field, seconds - 1, nanos + 1_000_000_000);
  else if (seconds < 0 && nanos > 0) d.putTime(field, seconds + 1, nanos - 1_000_000_000);
  else d.putTime(field, seconds, nanos);
}

/**
 * Writes the fields of the frame itself. The dissection stands at its first byte; no byte is used.
 */
export function decodeFrame(d: Dissection, frame: CaptureFrame, clock: FrameClock): void {
  d.depth = 0;
  d.putNone(FRAME, d.pos, frame.capturedLength);
  d.depth = 1;
  for (const comment of frame.comments) d.putObject(F["frame.comment"], comment);
  if (frame.section > 0) d.put(F["frame.section_number"], frame.section);
  const on = frame.interface;
  if (on !== undefined && !on.implied) putInterface(d, frame);
  if (frame.queue >= 0) d.put(F["frame.interface_queue"], frame.queue);
  if (frame.flags >= 0) putPacketFlags(d, frame.flags);
  for (const mark of frame.hashes) putHash(d, mark);
  if (frame.verdicts.length > 0) putVerdicts(d, frame.verdicts);
  if (frame.packetId !== undefined) d.putObject(F["frame.packet_id"], frame.packetId);
  if (frame.block === "packet") {
    const field = F["frame.encap_type"];
    if (d.want[field] !== 0) d.put(field, encapsulationOf(frame.linkType));
  }
  clock.write(d, frame);
  const pseudo = on === undefined ? 0 : on.pseudoHeaderLength;
  d.put(F["frame.number"], frame.number);
  d.put(F["frame.len"], frame.length - pseudo);
  d.put(F["frame.cap_len"], Math.max(0, frame.capturedLength - pseudo));
  if (frame.dropCount !== undefined) d.putObject(F["frame.drop_count"], frame.dropCount);
  if (frame.block === "packet") putDirection(d, frame);
  else if (frame.block === "custom") {
    d.put(F["frame.cb_pen"], frame.enterprise);
    d.put(F["frame.cb_copy"], frame.copyable ? 1 : 0);
  }
  const protocols = F["frame.protocols"];
  if (d.want[protocols] !== 0) {
    d.tree.add(protocols, Kind.Layers, 1, 0, d.pos, 0);
  }
  d.depth = 0;
}

function putInterface(d: Dissection, frame: CaptureFrame): void {
  const on = frame.interface!;
  d.put(F["frame.interface_id"], on.id);
  d.push();
  d.putObject(F["frame.interface_name"], on.label);
  if (on.description !== undefined) d.putObject(F["frame.interface_description"], on.description);
  d.pop();
}

/** draft-ietf-opsawg-pcapng, 4.3: algorithms of `epb_hash`. */
const HASHES = ["2s complement", "XOR", "CRC32", "MD5", "SHA-1", "Toeplitz"];

function putHash(d: Dissection, { kind, bytes }: PacketMark): void {
  const field = F["edgewire.frame.hash"];
  if (d.want[field] === 0) return;
  d.putObject(field, `${HASHES[kind] ?? kind}: ${bytes.toHex()}`);
}

/** draft-ietf-opsawg-pcapng, 4.3: `epb_verdict`. */
const Verdict = { Hardware: 0, EbpfTc: 1, EbpfXdp: 2 } as const;

function putVerdicts(d: Dissection, verdicts: readonly PacketMark[]): void {
  d.putObject(F["frame.verdict"], "");
  d.push();
  for (const { kind, bytes, littleEndian } of verdicts) {
    if (kind === Verdict.EbpfTc || kind === Verdict.EbpfXdp) {
      const value = new DataView(bytes.buffer).getBigInt64(0, littleEndian);
      d.putObject(
        F[kind === Verdict.EbpfTc ? "frame.verdict.ebpf_tc" : "frame.verdict.ebpf_xdp"],
        value,
      );
    } else {
      d.putObject(
        F[kind === Verdict.Hardware ? "frame.verdict.hw" : "frame.verdict.unknown"],
        bytes,
      );
    }
  }
  d.pop();
}

function putPacketFlags(d: Dissection, flags: number): void {
  d.put(F["frame.packet_flags"], flags >>> 0);
  d.push();
  d.put(F["frame.packet_flags_direction"], flags & 3);
  d.put(F["frame.packet_flags_reception_type"], flags >>> 2 & 7);
  d.put(F["frame.packet_flags_fcs_length"], flags >>> 5 & 15);
  d.put(F["frame.packet_flags_reserved"], flags >>> 9 & 127);
  for (const { field, mask } of PACKET_FLAGS) d.put(field, (flags & mask) !== 0 ? 1 : 0);
  d.pop();
}

/** The pseudo header's direction, else that of the flags word: 0 sent, 1 received. */
function putDirection(d: Dissection, frame: CaptureFrame): void {
  const field = F["frame.p2p_dir"];
  if (d.want[field] === 0) return;
  if (frame.linkType === HCI_H4_WITH_DIRECTION && frame.capturedLength >= 4) {
    d.put(field, frame.data[frame.start + 3]! & 1);
  } else if (frame.flags >= 0) {
    const direction = frame.flags & 3;
    if (direction === 1) d.put(field, 1);
    else if (direction === 2) d.put(field, 0);
  }
}
