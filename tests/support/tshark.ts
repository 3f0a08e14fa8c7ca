/**
 * What the real tshark says of a capture, with its own settings: nothing is decoded "as".
 *
 * @module
 */
import assert from "node:assert/strict";
import { HopLine, HOPS, readHopLines } from "../../traces/files/hop_line.ts";

const FIELD = "\x1f";
const REPEAT = "\x1e";
/** Checksums are looked at too. Those that the kernel leaves to the hardware are wrong on loopback. */
const CHECKS = ["tcp.check_checksum", "ip.check_checksum"].flatMap((
  name,
) => ["-o", `${name}:TRUE`]);
/** Whom tshark sees in ports that the system may give to any of our clients. */
export const OTHERS = ["ams", "cbsp", "ecatf", "enip", "irc", "pcp", "pmproxy"].flatMap((name) => [
  "--disable-protocol",
  name,
]);
/** `_ws.expert.severity` from here on is a warning or an error. */
const WARNING = 0x600000;

/**
 * All values of each field, of each frame that passes a display filter.
 *
 * @param more arguments
 */
export async function tsharkRows(
  path: string,
  fields: readonly string[],
  filter = "",
  more: readonly string[] = [],
): Promise<string[][][]> {
  const { code, stdout, stderr } = await new Deno.Command("tshark", {
    args: [
      ...["-n", "-r", path, ...OTHERS, ...more, "-T", "fields"],
      ...["-E", "occurrence=a", "-E", `separator=${FIELD}`, "-E", `aggregator=${REPEAT}`],
      ...(filter === "" ? [] : ["-Y", filter]),
      ...fields.flatMap((field) => ["-e", field]),
    ],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).split("\n");
  lines.pop();
  return lines.map((line) =>
    line.split(FIELD).map((values) => values === "" ? [] : values.split(REPEAT))
  );
}

/** What is encrypted on the air, and stays so: no fault of the file. */
const ENCRYPTED = "No encryption key set";

/** What tshark is asked of each frame, once for each file. */
const ASKED = [
  ...["frame.number", "frame.interface_name", "frame.protocols", "frame.time_epoch"],
  ...["frame.comment", "_ws.expert.message", "_ws.expert.severity", "_ws.malformed"],
];

/** By path; a start of tshark takes longer than what it reads here. */
const known = new Map<string, Promise<string[][][]>>();

/** Those fields of all frames of a file, which does not change any more. */
function asked(path: string): Promise<string[][][]> {
  const rows = known.get(path) ?? tsharkRows(path, ASKED, "", CHECKS);
  known.set(path, rows);
  return rows;
}

/** Protocols that tshark finds in each frame, outermost first, and the frame's interface. */
export async function tsharkLayers(
  path: string,
): Promise<{ interface: string; layers: string[] }[]> {
  return (await asked(path)).map(([, name, protocols]) => ({
    interface: name![0]!,
    layers: protocols![0]!.split(":"),
  }));
}

/** What tshark warns of: frame, interface, and what it says. */
export async function tsharkWarnings(path: string): Promise<string[]> {
  return (await asked(path)).flatMap((row) => {
    const [number, name, , , , messages, severities, malformed] = row;
    const warnings = messages!.filter((message, i) =>
      Number(severities![i]) >= WARNING && !message.startsWith(ENCRYPTED)
    ).concat(malformed!);
    return warnings.length === 0 ? [] : [`${number} ${name}: ${warnings.join("; ")}`];
  });
}

/** One line of a packet's comment, and its packet. */
export interface HopPacket {
  frame: number;
  interface: string;
  protocols: string;
  id: string;
  hop: string;
  out: boolean;
  channel: string;
  seq: number;
  sinceUs: number;
  lost: number;
  synthetic: boolean;
  before: boolean;
  time: number;
}

/** The lines of the packets that pass a display filter. */
export async function tsharkHops(path: string, filter = ""): Promise<HopPacket[]> {
  const found: HopPacket[] = [];
  const line = new HopLine();
  const rows = filter === "" ? await asked(path) : await tsharkRows(path, ASKED, filter);
  for (const row of rows) {
    const [frame, name, protocols, time] = row.map(([value]) => value ?? "");
    for (const comment of row[4]!) {
      readHopLines(comment.replaceAll("\\n", "\n"), line, () => {
        const { id, out, channel, seq, sinceUs, lost, synthetic, before } = line;
        found.push({
          frame: Number(frame),
          interface: name!,
          protocols: protocols!,
          time: Number(time),
          hop: HOPS[line.hop]!,
          ...{ id, out, channel, seq, sinceUs, lost, synthetic, before },
        });
      });
    }
  }
  return found;
}
