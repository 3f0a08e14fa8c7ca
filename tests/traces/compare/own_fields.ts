/**
 * Asks our decoder for fields of all frames of a capture.
 *
 * @module
 */
import type { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import { KeyLog } from "../../../traces/flows/key_log.ts";
import { FieldColumns } from "../../../traces/report/field_columns.ts";
import { Style } from "../../../traces/report/text_style.ts";
import { valueText } from "../../../traces/report/value.ts";
import type { Keys } from "./keys.ts";
import type { FieldTable } from "./tshark_run.ts";

/** A file that is no pcap or pcapng: tshark may know its format, we don't. */
export class OtherFormat extends Error {
  override name = "OtherFormat";
}

/** @throws {OtherFormat} */
export async function ownFields(
  path: string,
  names: readonly string[],
  keys: Keys,
): Promise<FieldTable> {
  const keyLog = new KeyLog();
  if (keys.tlsKeyLog !== undefined) keyLog.add(Deno.readFileSync(keys.tlsKeyLog));
  const decoder = new CaptureDecoder({
    keyLog,
    wpanKeys: (keys.wpan ?? []).map(({ key }) => Uint8Array.fromHex(key)),
    zigbeeKeys: (keys.zigbee ?? []).map((key) => Uint8Array.fromHex(key)),
  });
  const { d } = decoder;
  const columns = new FieldColumns(names);
  columns.want(d);
  const frames: string[][][] = [];
  const onFrame = (frame: CaptureFrame) => {
    decoder.decode(frame);
    decoder.clock.shown();
    columns.find(d);
    frames.push(names.map((_, column) => {
      const values: string[] = [];
      const add = (index: number) => values.push(valueText(d, index, Style.Fields));
      columns.each(d, column, add, () => {});
      // An empty value alone can't be told from none in tshark's output.
      return values.length === 1 && values[0] === "" ? [] : values;
    }));
  };
  const reader = new CaptureReader(path, onFrame, {
    secrets: ({ type, data }) => decoder.addSecrets(type, data),
  });
  const end = await reader.read();
  if (end.kind === "unsupported" || end.kind === "not a capture") {
    throw new OtherFormat(end.message);
  }
  return { frames, complaint: end.kind === "complete" ? "" : end.kind };
}
