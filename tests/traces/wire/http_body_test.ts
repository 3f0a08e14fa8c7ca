import assert from "node:assert/strict";
import { BodyFraming, ChunkScanner, isTyped, readFraming } from "../../../traces/wire/http_body.ts";
import { octets } from "../support/stream_run.ts";

function framing(text: string): BodyFraming {
  const out = new BodyFraming();
  const bytes = octets(text);
  readFraming(bytes, 0, bytes.length, out);
  return out;
}

Deno.test("what decides about the body", () => {
  const request = framing("POST / HTTP/1.1\r\nCONTENT-LENGTH: 12 \r\n\r\n");
  assert.deepEqual([request.isRequest, request.contentLength, request.chunked], [true, 12, false]);
  const response = framing("HTTP/1.1 204 x\r\nTransfer-encoding: gzip , CHUNKED\r\n\r\n");
  assert.deepEqual([response.isRequest, response.status, response.chunked], [false, 204, true]);
  const wrong = framing(
    "HTTP/1.1 2\r\nContent-Length: 1a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
  );
  assert.deepEqual([wrong.status, wrong.contentLength], [0, -1]);
  assert.deepEqual([wrong.chunked, wrong.encoded], [false, true]);
  assert.equal(framing("GET / HTTP/1.1\r\nX-Content-Length: 5\r\n\r\n").contentLength, -1);
  assert.equal(
    framing(`GET / HTTP/1.1\r\nContent-Length: ${"9".repeat(30)}\r\n\r\n`).contentLength,
    -1,
  );
});

Deno.test("bytes are no content type", () => {
  const typed = (line: string) => framing(`GET / HTTP/1.1\r\n${line}\r\n\r\n`).typed;
  assert.equal(typed("Content-Type: text/plain"), true);
  assert.equal(typed("Content-Type:  Application/Octet-Stream; a=b"), false);
  assert.equal(typed("Accept: */*"), false);
  assert.equal(isTyped("text/html"), true);
  assert.equal(isTyped("application/octet-stream"), false);
});

Deno.test("the end of chunks is found however they are cut", () => {
  const bytes = octets(
    "5;name=value\r\nhello\r\n0A\r\n0123456789\r\n000\r\nA: b\r\nC: d\r\n\r\nGET /",
  );
  const length = bytes.length - 5;
  for (let cut = 0; cut <= bytes.length; cut++) {
    const scanner = new ChunkScanner();
    const first = scanner.scan(bytes, 0, cut);
    assert.equal(first, cut >= length ? length : -1);
    if (first < 0) assert.equal(scanner.scan(bytes, cut, bytes.length), length - cut);
    assert.deepEqual([scanner.done, scanner.broken, scanner.content], [true, false, 15]);
  }
});

Deno.test("a size that cannot be read ends the body there", () => {
  for (const text of ["x\r\n", "\r\n", "fffffffffffffff\r\n"]) {
    const scanner = new ChunkScanner();
    const bytes = octets(text);
    assert.ok(scanner.scan(bytes, 0, bytes.length) >= 0);
    assert.ok(scanner.broken);
  }
});
