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
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = done ? "" : lines.pop()!;
      yield lines.filter((line) => line);
      if (rest.length > MAX_LINE) throw new Error("a line is too long");
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
