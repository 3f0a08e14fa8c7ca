/** What a decode holds in memory, of captures that would fill it. */
import assert from "node:assert/strict";
import { PcapWriter } from "../../traces/files/pcap_writer.ts";
import { PcapngWriter } from "../../traces/files/pcapng_writer.ts";
import { type MeasuredDecode, measuredDecode } from "./measured_decode.ts";

/** Packets in a piece of a capture. */
const PACKETS = 1000;

type Pieces = Iterable<Uint8Array<ArrayBuffer>>;

/** Each packet begins a connection, with a host of its own. */
function* connections(count: number): Pieces {
  const packet = new Uint8Array(54);
  packet.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6]);
  packet.set([10, 0, 0, 1, 10, 0, 0, 2, 0x30, 0x39, 0x07, 0x5b, 0, 0, 0, 1], 26);
  packet.set([0, 0, 0, 0, 0x50, 2, 0xff, 0xff], 42);
  const view = new DataView(packet.buffer);
  const writer = new PcapWriter({ linkType: 1 });
  for (let n = 1; n <= count; n++) {
    view.setUint32(30, 0x0b000000 + n);
    writer.packet({ seconds: 1_700_000_000, nanoseconds: 0 }, packet);
    if (n % PACKETS === 0) yield writer.take().slice();
  }
}

/** Of frames that are large. */
function* large(count: number): Pieces {
  const writer = new PcapngWriter();
  writer.section();
  writer.interface({ linkType: 147 });
  const data = new Uint8Array(260_000);
  for (let n = 1; n <= count; n++) {
    writer.packet({ interface: 0, time: { seconds: n, nanoseconds: 0 }, data });
    yield writer.take().slice();
  }
}

function told({ text }: MeasuredDecode): Record<string, unknown>[] {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("a million connections need little memory", async () => {
  const held: number[] = [];
  for (const count of [20_000, 100_000]) {
    const args = ["-", "--format", "json", "--summary"];
    const decode = await measuredDecode({ args }, connections(count));
    const [first, last] = told(decode) as [
      { summary: { frames: number } },
      { end: { kind: string } },
    ];
    assert.equal(last.end.kind, "complete");
    assert.equal(first.summary.frames, count);
    held.push(decode.mostHeld);
  }
  const [few, many] = held as [number, number];
  assert.ok(few < 100e6, `${few} bytes are held`);
  const more = (many - few) / 80_000 * 1_000_000;
  assert.ok(more < 5e6, `memory would grow by ${more} bytes`);
});

Deno.test("the newest frames of a trace that does not fit into memory", async () => {
  const count = 600;
  const tree = { choose: "newest", rows: 2 } as const;
  const decode = await measuredDecode({ args: ["-", "--format", "ndjson"], tree }, large(count));
  const [skipped, one, two, end] = told(decode) as [
    unknown,
    { frame: { number: number } },
    { frame: { number: number } },
    { end: { kind: string; frames: number; bytes: number } },
  ];
  assert.deepEqual(skipped, { skipped: count - 2 });
  assert.deepEqual([one.frame.number, two.frame.number], [count - 1, count]);
  assert.deepEqual([end.end.kind, end.end.frames], ["complete", count]);
  assert.ok(end.end.bytes > 150e6, `the trace has ${end.end.bytes} bytes`);
  assert.ok(decode.mostHeld < 100e6, `${decode.mostHeld} bytes are held`);
});
