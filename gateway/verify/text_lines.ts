/**
 * Lines of text, of bounded length, from bytes that come in pieces.
 *
 * @module
 */
import type { ByteSource } from "../../traces/files/byte_source.ts";

const PIECE_BYTES = 256 << 10;
/** Longer ones are passed over: MQTT allows payloads of 256 MB, which nobody writes into a line. */
const MAX_LINE = 32 << 20;

/**
 * Tells each line, without its end; the last one also where it has none.
 *
 * @param onLine `isLast`: it has no end, so that it may be cut.
 * @returns How many were too long.
 * @throws If the input can't be read.
 */
export async function readLines(
  source: ByteSource,
  onLine: (line: string, isLast: boolean) => void,
  signal: AbortSignal,
): Promise<number> {
  const piece = new Uint8Array(PIECE_BYTES);
  const decoder = new TextDecoder();
  let rest = "";
  let tooLong = 0;
  let isSkipping = false;
  while (!signal.aborted) {
    const count = await source.read(piece);
    if (count === 0) break;
    const lines = decoder.decode(piece.subarray(0, count), { stream: true }).split("\n");
    const last = lines.pop()!;
    for (const line of lines) {
      if (!isSkipping) onLine((rest + line).replace(/\r$/, ""), false);
      rest = "";
      isSkipping = false;
    }
    if (!isSkipping) rest += last;
    if (rest.length <= MAX_LINE) continue;
    tooLong++;
    rest = "";
    isSkipping = true;
  }
  if (rest !== "") onLine(rest, true);
  return tooLong;
}
