/** Bytes that wait to be decoded, in memory and in a file. */
import assert from "node:assert/strict";
import { DecodeSpool } from "../../gateway/http/decode_spool.ts";

const PIECES = [...Array(50).keys()].map((n) => new Uint8Array(100).fill(n));
const ALL = PIECES.flatMap((piece) => [...piece]);

async function takeAll(spool: DecodeSpool): Promise<number[]> {
  const bytes: number[] = [];
  for (let piece = await spool.take(); piece !== undefined; piece = await spool.take()) {
    bytes.push(...piece);
  }
  return bytes;
}

Deno.test("what is in memory comes before what is in the file", async () => {
  const spool = new DecodeSpool(1000);
  for (const piece of PIECES) await spool.push(piece);
  spool.end();
  assert.deepEqual(await takeAll(spool), ALL);
  spool.close();
});

Deno.test("without a file more is in memory, or who adds waits", async () => {
  const { makeTempFile } = Deno;
  const { error } = console;
  const errors: unknown[] = [];
  Deno.makeTempFile = () => Promise.reject(new Error("read-only file system"));
  console.error = (line) => errors.push(line);
  try {
    const growing = new DecodeSpool(1000, "grow");
    for (const piece of PIECES) await growing.push(piece);
    growing.end();
    assert.deepEqual(await takeAll(growing), ALL);

    const bounded = new DecodeSpool(1000, "wait");
    let added = 0;
    const adding = (async () => {
      for (const piece of PIECES) {
        await bounded.push(piece);
        added++;
      }
      bounded.end();
    })();
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(added, 10, "pieces of 100 bytes in memory");
    assert.deepEqual(await takeAll(bounded), ALL);
    await adding;
  } finally {
    Deno.makeTempFile = makeTempFile;
    console.error = error;
  }
  const once = "decode: no temporary file: read-only file system";
  assert.deepEqual(errors, [once, once]);
});
