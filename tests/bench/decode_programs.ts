/**
 * The two decoders under test, each as its user starts it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { measure, type Run } from "./decode_process.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** Eight fields of each kind of capture. */
export const FIELDS = {
  tcp: [
    ...["frame.number", "frame.time_epoch", "ip.src", "tcp.stream"],
    ...["tcp.len", "websocket.opcode", "mqtt.msgtype", "mqtt.topic"],
  ],
  ble: [
    ...["frame.number", "frame.time_epoch", "btle_rf.channel", "btle_rf.signal_dbm"],
    ...["btle.advertising_header.pdu_type", "btle.advertising_address"],
    ...["btcommon.eir_ad.entry.type", "btcommon.eir_ad.entry.company_id"],
  ],
  wpan: [
    ...["frame.number", "frame.time_epoch", "wpan.frame_type", "wpan.seq_no"],
    ...["wpan.dst_pan", "wpan.src16", "wpan.dst16", "wpan.fcs_ok"],
  ],
} as const;

export type Kind = keyof typeof FIELDS;

export function summary(file: string): Promise<Run> {
  return edgewire(file, "--summary");
}

export function fields(file: string, kind: Kind): Promise<Run> {
  return edgewire(file, "--format", "fields", "--fields", FIELDS[kind].join(","));
}

function edgewire(file: string, ...args: string[]): Promise<Run> {
  const run = ["run", "--no-prompt", "--allow-read", "--allow-write"];
  return measure(Deno.execPath(), [...run, MAIN, "decode", file, ...args]);
}

export function tshark(file: string, kind: Kind): Promise<Run> {
  const asked = FIELDS[kind].flatMap((field) => ["-e", field]);
  return measure("tshark", ["-n", "-r", file, "-T", "fields", ...asked]);
}

/** undefined when it is not installed. */
export async function tsharkVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("tshark", { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).match(/^TShark.*?([\d.]+)/)?.[1];
  } catch {
    return undefined;
  }
}
