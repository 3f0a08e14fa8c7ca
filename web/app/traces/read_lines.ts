/** Longest line that is waited for, characters: a frame of 64 KiB is much less. */
const MAX_LINE = 32 << 20;

/**
 * Lines of a body as it comes, in batches: those that one read completed.
 *
 * @throws {Error} when a line is longer than any frame's, or the body breaks off
 */
export async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  /** The line that is not at its end; parts are joined once. */
  let parts: string[] = [];
  let length = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      const text = decoder.decode(value, { stream: !done });
      const lines = text.split("\n");
      const rest = lines.pop()!;
      if (lines.length > 0) {
        lines[0] = parts.join("") + lines[0]!;
        parts = [];
        length = 0;
        yield lines.filter((line) => line !== "");
      }
      parts.push(rest);
      length += rest.length;
      if (length > MAX_LINE) throw new Error("a line is too long");
      if (done) {
        if (length > 0) yield [parts.join("")];
        return;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
