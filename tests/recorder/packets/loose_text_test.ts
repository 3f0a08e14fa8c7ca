import assert from "node:assert/strict";
import { LooseText } from "../../../gateway/recorder/packets/loose_text.ts";

function masked(text: string, cuts: readonly number[] = []): string {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const masker = new LooseText();
  masker.begin();
  [0, ...cuts].forEach((from, at) => masker.mask(bytes, from, cuts[at] ?? bytes.length));
  return String.fromCharCode(...bytes);
}

const CASES: readonly [text: string, expected: string][] = [
  [
    "GET /ws?token=abc&x=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer abc\r\nCookie: a=b; c=d\r\n\r\n",
    "GET /ws?token=***&x=1 HTTP/1.1\r\nHost: a\r\nAuthorization: **********\r\nCookie: ********\r\n\r\n",
  ],
  [
    'POST / HTTP/1.1\nX-Api-Key:abc\nAccept: */*\n\n{"ssid":"home","password" : "a\\"b","n":5}',
    'POST / HTTP/1.1\nX-Api-Key:***\nAccept: */*\n\n{"ssid":"home","password" : "****","n":5}',
  ],
  ["user=me&password=abc\0rest token=a%20b", "user=me&password=***\0rest token=*****"],
  ['{"pass":1234,"x":"token"}', '{"pass":****,"x":"token"}'],
  ["\x16\x03\x01\xff\0token\0=abc token", "\x16\x03\x01\xff\0token\0=abc token"],
  ["WWW-Authenticate: Basic\r\nkeep: it", "WWW-Authenticate: Basic\r\nkeep: it"],
];

Deno.test("secrets in text of any kind, in one piece, in every two, and byte by byte", () => {
  for (const [text, expected] of CASES) {
    assert.equal(masked(text), expected);
    for (let cut = 0; cut <= text.length; cut++) assert.equal(masked(text, [cut]), expected);
    assert.equal(masked(text, Array.from(text).map((_, at) => at).slice(1)), expected);
    assert.equal(masked(expected), expected, "once more");
  }
});
