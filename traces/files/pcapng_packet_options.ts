/**
 * Options of packet blocks (draft-ietf-opsawg-pcapng, section 4.3).
 *
 * @module
 */
import { type CaptureFrame, NO_COMMENTS, NO_MARKS, type PacketMark } from "./capture_frame.ts";
import { OPTION_COMMENT, type OptionCursor } from "./pcapng_options.ts";

const EPB_FLAGS = 2;
const EPB_HASH = 3;
const EPB_DROPCOUNT = 4;
const EPB_PACKETID = 5;
const EPB_QUEUE = 6;
const EPB_VERDICT = 7;

/**
 * Reads a packet's options into `frame`. Of an option that may be there once, the first counts.
 *
 * @param option Opened on the block's option list.
 * @param frame Without options of another packet.
 * @returns What is wrong with the options, if anything.
 */
export function readPacketOptions(option: OptionCursor, frame: CaptureFrame): string | undefined {
  let comments: string[] | undefined;
  let verdicts: PacketMark[] | undefined;
  let hashes: PacketMark[] | undefined;
  while (option.next()) {
    switch (option.code) {
      case OPTION_COMMENT:
        if (comments === undefined) frame.comments = comments = [];
        comments.push(option.text());
        break;
      case EPB_FLAGS:
        if (option.expect(4) && frame.flags < 0) frame.flags = option.u32();
        break;
      case EPB_DROPCOUNT:
        if (option.expect(8)) frame.dropCount ??= option.u64();
        break;
      case EPB_PACKETID:
        if (option.expect(8)) frame.packetId ??= option.u64();
        break;
      case EPB_QUEUE:
        if (option.expect(4) && frame.queue < 0) frame.queue = option.u32();
        break;
      case EPB_VERDICT:
        if (!isVerdict(option)) return "option epb_verdict has a wrong length";
        if (verdicts === undefined) frame.verdicts = verdicts = [];
        verdicts.push(markOf(option));
        break;
      case EPB_HASH:
        if (option.length === 0) break;
        if (hashes === undefined) frame.hashes = hashes = [];
        hashes.push(markOf(option));
        break;
    }
    if (option.problem !== undefined) break;
  }
  return option.problem;
}

/** Undoes what `readPacketOptions` did. */
export function forgetPacketOptions(frame: CaptureFrame) {
  frame.comments = NO_COMMENTS;
  frame.flags = -1;
  frame.packetId = undefined;
  frame.queue = -1;
  frame.dropCount = undefined;
  frame.verdicts = frame.hashes = NO_MARKS;
}

/** The kind in the first byte, and what follows. */
function markOf({ bytes, at, length, littleEndian }: OptionCursor): PacketMark {
  return { kind: bytes[at]!, bytes: bytes.slice(at + 1, at + length), littleEndian };
}

/** Linux eBPF verdicts (kinds 1 and 2) are 64-bit numbers; there has to be a kind. */
function isVerdict(option: OptionCursor): boolean {
  if (option.length < 1) return false;
  const kind = option.bytes[option.at];
  return kind !== 1 && kind !== 2 || option.length === 9;
}
