/** Writes records into a ring as fast as it can, until it is told to stop. */
import { Kind, NO_BOUNDARY, type RingMemory } from "../../gateway/recorder/ring_layout.ts";
import { RingWriter } from "../../gateway/recorder/ring_writer.ts";

const scope = self as unknown as {
  onmessage: (event: { data: { memory: RingMemory; stop: SharedArrayBuffer } }) => void;
  postMessage: (records: number) => void;
};

scope.onmessage = ({ data: { memory, stop } }) => {
  const stopped = new Int32Array(stop);
  const ring = new RingWriter(memory);
  const data = new Uint8Array(600);
  let length = 1;
  while (Atomics.load(stopped, 0) === 0) {
    length = length * 48271 % 0x7fffffff;
    const bytes = data.subarray(0, length % 600).fill(ring.records);
    if (length % 7 === 0) {
      ring.begin(Kind.Blob, 0, 0, 0, "", bytes.length, 0, 0, bytes.length, 0);
    } else {
      const { records: n } = ring;
      ring.begin(Kind.Bytes, 0, n, n & 0xff, "", bytes.length, n, 0, bytes.length, NO_BOUNDARY);
    }
    ring.add(bytes);
    ring.end();
  }
  scope.postMessage(ring.records);
};
