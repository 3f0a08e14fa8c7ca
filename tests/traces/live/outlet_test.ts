/** A disk that is full: what is written stays a good capture. */
import assert from "node:assert/strict";
import { FileOutlet, noWireshark, type OutletFile } from "../../../traces/live/outlet.ts";
import { Recording } from "../../../traces/live/recording.ts";
import { newSection, packet } from "./fake_gateway.ts";
import { readCapture } from "./read_capture.ts";

/** Takes so many bytes in all. */
class FullDisk implements OutletFile {
  content = new Uint8Array(0);
  readonly #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  write(bytes: Uint8Array): Promise<number> {
    const part = bytes.subarray(0, Math.min(this.#room - this.content.length, 50));
    if (part.length === 0) return Promise.reject(new Error("No space left on device"));
    this.content = Uint8Array.of(...this.content, ...part);
    return Promise.resolve(part.length);
  }

  truncate(length: number): Promise<void> {
    this.content = this.content.slice(0, length);
    return Promise.resolve();
  }

  seek(offset: number): Promise<number> {
    assert.equal(offset, this.content.length);
    return Promise.resolve(offset);
  }

  close() {}
}

/** A section and packets, each a chunk of its own. */
function* chunksOf(packets: number): Generator<Uint8Array<ArrayBuffer>> {
  const writer = newSection();
  yield writer.take();
  for (let n = 1; n <= packets; n++) yield packet(writer, n);
}

async function record(file: OutletFile, packets: number): Promise<Recording> {
  const recording = new Recording(new FileOutlet("trace.pcapng", file), () => {});
  const stream = {
    status: 200,
    location: undefined,
    chunks: ReadableStream.from(chunksOf(packets)),
    localPort: undefined,
  };
  const { signal } = new AbortController();
  await assert.rejects(
    recording.run(stream, undefined, signal),
    /trace\.pcapng can't be written: No space left/,
  );
  return recording;
}

Deno.test("the file ends behind a whole packet, with statistics where they fit", async () => {
  const lengths = [...chunksOf(4)].map(({ length }) => length);
  const whole = (count: number) => lengths.slice(0, 1 + count).reduce((sum, n) => sum + n, 0);
  for (let room = whole(2); room < whole(3); room += 7) {
    const file = new FullDisk(room);
    const recording = await record(file, 4);
    const { end, frames, statistics } = await readCapture(file.content);
    assert.deepEqual([end, frames.length], ["complete", 2], `with room for ${room} bytes`);
    assert.equal(recording.packets, 2, "what is lost is not counted");
    assert.equal(recording.bytes, file.content.length);
    if (statistics.length > 0) assert.deepEqual(statistics[0], ["room", 2n, 0n]);
    else assert.ok(room - whole(2) < 100, "there was room for statistics");
  }
});

Deno.test("what cannot be made shorter gets nothing behind half a packet", async () => {
  const [section, first] = [...chunksOf(1)].map(({ length }) => length);
  const file = new FullDisk(section! + first! - 10);
  const { write, close } = file;
  await record({ write: write.bind(file), close: close.bind(file) }, 1);
  assert.equal(file.content.length, section! + first! - 10);
});

Deno.test("without Wireshark: a compiled program says how to pipe", () => {
  assert.match(noWireshark(true), /edgewire trace \| wireshark -k -i -/);
  assert.match(noWireshark(false), /apt-get install wireshark/);
});
