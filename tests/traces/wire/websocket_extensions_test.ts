import assert from "node:assert/strict";
import { agreeOnDeflate, parseExtensions } from "../../../traces/wire/websocket_extensions.ts";
import type { Rule } from "../../../traces/wire/problem.ts";

Deno.test("extensions and parameters are read as RFC 6455, 9.1 writes them", () => {
  const broken: Rule[] = [];
  const read = (text: string) => parseExtensions(text, (rule) => broken.push(rule));
  assert.deepEqual(read('a; x=1; Y ; z="q;r,s", b ,, c;d'), [
    { name: "a", parameters: [["x", "1"], ["y", ""], ["z", "q;r,s"]] },
    { name: "b", parameters: [] },
    { name: "c", parameters: [["d", ""]] },
  ]);
  assert.deepEqual(broken, []);
  assert.deepEqual(read("a b"), []);
  assert.equal(broken.length, 1);
});

Deno.test("parameters of permessage-deflate", () => {
  const agree = (text: string) => {
    const details: string[] = [];
    const chosen = parseExtensions(text, () => {});
    return [agreeOnDeflate(chosen, undefined, (_, detail) => details.push(detail)), details];
  };
  assert.deepEqual(agree("x-other"), [undefined, []]);
  assert.deepEqual(
    agree('permessage-deflate; server_no_context_takeover; client_max_window_bits="10"'),
    [{ serverNoContext: true, clientNoContext: false, serverBits: 15, clientBits: 10 }, []],
  );
  const none = { serverNoContext: false, clientNoContext: false, serverBits: 15, clientBits: 15 };
  for (
    const text of [
      "server_max_window_bits=7",
      "server_max_window_bits",
      "client_max_window_bits=08",
    ]
  ) {
    assert.deepEqual(agree(`permessage-deflate; ${text}`)[0], none);
    assert.equal((agree(`permessage-deflate; ${text}`)[1] as string[]).length, 1);
  }
});
