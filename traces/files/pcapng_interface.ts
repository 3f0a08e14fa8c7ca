/**
 * Interface description blocks (draft-ietf-opsawg-pcapng, section 4.2).
 *
 * @module
 */
import type { CaptureInterface } from "./capture_frame.ts";
import { longestFrame, pseudoHeaderLength } from "./link_type_rules.ts";
import { DEFAULT_RESOLUTION, PcapngClock, timeDigits } from "./pcapng_clock.ts";
import { decodeText, OPTION_COMMENT, type OptionCursor } from "./pcapng_options.ts";

const IF_NAME = 2;
const IF_DESCRIPTION = 3;
const IF_SPEED = 8;
const IF_TSRESOL = 9;
const IF_FILTER = 11;
const IF_FCSLEN = 13;
const IF_TSOFFSET = 14;
const IF_HARDWARE = 15;

/** Other options that reports show, with the way their value is written. */
const SHOWN: ReadonlyMap<number, readonly [name: string, format: keyof typeof FORMATS]> = new Map([
  [4, ["if_IPv4addr", "ipv4"]],
  [5, ["if_IPv6addr", "ipv6"]],
  [6, ["if_MACaddr", "hex"]],
  [7, ["if_EUIaddr", "hex"]],
  [IF_SPEED, ["if_speed", "u64"]],
  [IF_TSRESOL, ["if_tsresol", "resolution"]],
  [10, ["if_tzone", "hex"]],
  [IF_FILTER, ["if_filter", "filter"]],
  [12, ["if_os", "text"]],
  [IF_FCSLEN, ["if_fcslen", "u8"]],
  [IF_TSOFFSET, ["if_tsoffset", "i64"]],
  [16, ["if_txspeed", "u64"]],
  [17, ["if_rxspeed", "u64"]],
  [18, ["if_iana_tzname", "text"]],
]);

const FORMATS = {
  text: (option: OptionCursor) => option.text(),
  hex: (option: OptionCursor) => hex(valueOf(option), ":"),
  ipv4: (option: OptionCursor) =>
    option.length === 8
      ? `${valueOf(option).subarray(0, 4).join(".")} ${valueOf(option).subarray(4).join(".")}`
      : undefined,
  ipv6: (option: OptionCursor) =>
    option.length === 17
      ? `${hex(valueOf(option).subarray(0, 16), "").match(/.{4}/g)!.join(":")}/${
        option.bytes[option.at + 16]
      }`
      : undefined,
  u8: (option: OptionCursor) => option.length === 1 ? `${option.bytes[option.at]}` : undefined,
  u64: (option: OptionCursor) => option.length === 8 ? `${option.u64()}` : undefined,
  i64: (option: OptionCursor) => option.length === 8 ? `${option.i64()}` : undefined,
  resolution(option: OptionCursor) {
    const value = option.bytes[option.at];
    if (option.length !== 1 || value === undefined) return undefined;
    return value < 0x80 ? `10^-${value} s` : `2^-${value & 0x7f} s`;
  },
  filter: (option: OptionCursor) =>
    option.bytes[option.at] === 0
      ? decodeText(option.bytes, option.at + 1, option.at + option.length)
      : `type ${option.bytes[option.at]}, ${option.length - 1} bytes`,
} satisfies Record<string, (option: OptionCursor) => string | undefined>;

function valueOf(option: OptionCursor): Uint8Array {
  return option.bytes.subarray(option.at, option.at + option.length);
}

function hex(bytes: Uint8Array, separator: string): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}

/** What the reader keeps of an interface. */
export class PcapngInterface {
  readonly description: CaptureInterface;
  readonly clock: PcapngClock;
  /** Longest captured length that is believed, in bytes. */
  readonly longest: number;

  constructor(description: CaptureInterface, resolution: number, offset: bigint) {
    this.description = description;
    this.clock = new PcapngClock(resolution, offset);
    this.longest = longestFrame(description.linkType);
  }
}

/**
 * Reads the options of an interface description. Of an option that may be there once, the first
 * counts.
 *
 * @param option Opened on the block's option list.
 * @returns The interface, or what is wrong with the options.
 */
export function readInterface(
  fixed: { id: number; section: number; linkType: number; snapLength: number },
  option: OptionCursor,
): PcapngInterface | string {
  const texts = new Map<number, string>();
  const comments: string[] = [];
  const options: { name: string; value: string }[] = [];
  let resolution: number | undefined;
  let offset: bigint | undefined;
  let fcsLength: number | undefined;
  while (option.next()) {
    const { code, length } = option;
    if (code === IF_FILTER && length < 1) return "option if_filter is empty";
    if (code === OPTION_COMMENT) comments.push(option.text());
    else if (code === IF_NAME || code === IF_DESCRIPTION || code === IF_HARDWARE) {
      if (!texts.has(code)) texts.set(code, option.text());
    } else if (code === IF_TSRESOL && length === 1) resolution ??= option.bytes[option.at]!;
    else if (code === IF_TSOFFSET && length === 8) offset ??= option.i64();
    else if (code === IF_FCSLEN && length === 1) fcsLength ??= option.bytes[option.at]!;
    const shown = SHOWN.get(code);
    const value = shown && FORMATS[shown[1]](option);
    if (shown && value !== undefined) options.push({ name: shown[0], value });
  }
  if (option.problem !== undefined) return option.problem;
  const name = texts.get(IF_NAME);
  const description = texts.get(IF_DESCRIPTION);
  const hardware = texts.get(IF_HARDWARE);
  return new PcapngInterface(
    {
      ...fixed,
      implied: false,
      label: name ?? description ?? hardware ?? "unknown",
      comments,
      options,
      pseudoHeaderLength: pseudoHeaderLength(fixed.linkType),
      timeDigits: timeDigits(resolution ?? DEFAULT_RESOLUTION),
      ...name !== undefined && { name },
      ...description !== undefined && { description },
      ...hardware !== undefined && { hardware },
      ...fcsLength !== undefined && {
        fcsLength: fcsLength < 8 ? fcsLength : Math.floor(fcsLength / 8),
      },
    },
    resolution ?? DEFAULT_RESOLUTION,
    offset ?? 0n,
  );
}
