import assert from "node:assert/strict";
import { KeyLogFollower } from "../../../traces/live/key_log_follower.ts";

function line(n: number): string {
  return `CLIENT_TRAFFIC_SECRET_0 ${n.toString(16).padStart(64, "0")} ${"ab".repeat(32)}`;
}

Deno.test("key log: whole new lines that are a key log's, in small pieces", async () => {
  const path = await Deno.makeTempFile();
  try {
    const append = (text: string) => Deno.writeTextFileSync(path, text, { append: true });
    const next = (from: KeyLogFollower) =>
      from.next().map((piece) => new TextDecoder().decode(piece));
    append(`${line(1)}\n`);
    const keys = new KeyLogFollower(path);
    assert.deepEqual(next(keys), [], "what is old is of connections that can't be decrypted");
    append(`${line(2)}\n${line(3).slice(0, 50)}`);
    assert.deepEqual(next(keys), [`${line(2)}\n`]);
    append(`${line(3).slice(50)}\r\nroot:x:0:0\n# comment\n`);
    assert.deepEqual(next(keys), [`${line(3)}\n`]);
    append(Array.from({ length: 1000 }, (_, n) => `${line(n)}\n`).join(""));
    const pieces = next(keys);
    assert.ok(pieces.length > 1 && pieces.every(({ length }) => length < 20_000));
    assert.equal(pieces.join("").split("\n").length, 1001);
    Deno.writeTextFileSync(path, `${line(7)}\n`);
    assert.deepEqual(next(keys), [`${line(7)}\n`], "a file that was begun anew");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("key log: a file that is not there yet", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const keys = new KeyLogFollower(`${folder}/keys`);
    assert.deepEqual(keys.next(), []);
    Deno.writeTextFileSync(`${folder}/keys`, `${line(1)}\n`);
    assert.equal(keys.next().length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
