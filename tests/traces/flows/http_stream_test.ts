import assert from "node:assert/strict";
import { HttpStream } from "../../../traces/flows/http_stream.ts";
import { Observer } from "../../../traces/flows/observer.ts";
import { looksLikeHttp } from "../../../traces/wire/http.ts";
import { Random } from "../support/random.ts";
import { flat, type Found, octets, StreamRun, valuesOf } from "../support/stream_run.ts";
import { acceptOf, KEY, request, response } from "../support/websocket_frames.ts";

const head = (...lines: string[]): string => `${lines.join("\r\n")}\r\n\r\n`;
const start = (observer?: Observer): StreamRun =>
  new StreamRun((context) => new HttpStream(context), true, observer);

/** Feeds text of both sides in turn, the client first. */
function talk(...texts: string[]): Found[] {
  const run = start();
  return texts.map((text, i) => run.find({ side: i % 2 === 0 ? 0 : 1, bytes: octets(text) }));
}

Deno.test("a request and its response", () => {
  const [asked, answered] = talk(
    head("GET /a?b=c&d HTTP/1.1", "Host: h", "Cookie: x=1; y=2", "Authorization: Basic dTpw"),
    head("HTTP/1.1 200 OK", "Content-Length: 2", "X-Own: é") + "hi",
  );
  assert.deepEqual(valuesOf([asked!], "http.request.method"), ["GET"]);
  assert.deepEqual(valuesOf([asked!], "http.request.uri"), ["/a?b=c&d"]);
  assert.deepEqual(valuesOf([asked!], "http.request.uri.query.parameter"), ["b=c", "d"]);
  assert.deepEqual(valuesOf([asked!], "http.request.full_uri"), ["http://h/a?b=c&d"]);
  assert.deepEqual(valuesOf([asked!], "http.cookie_pair"), ["x=1", "y=2"]);
  assert.deepEqual(valuesOf([asked!], "http.authbasic"), ["u:p"]);
  assert.deepEqual(valuesOf([asked!], "http.request.line")[0], "Host: h\r\n");
  assert.deepEqual(valuesOf([answered!], "http.response.code"), ["200"]);
  assert.deepEqual(valuesOf([answered!], "http.response.phrase"), ["OK"]);
  assert.deepEqual(valuesOf([answered!], "http.content_length"), ["2"]);
  assert.deepEqual(valuesOf([answered!], "http.request_in"), ["1"]);
  assert.deepEqual(valuesOf([answered!], "http.response.line")[1], "X-Own: \ufffd\ufffd\r\n");
  assert.deepEqual(flat([asked!, answered!]).problems, []);
});

/** Messages with bodies, each with what has to follow it before it is complete. */
const BODIES: readonly [string, string, string][] = [
  ["Content-Length", head("POST / HTTP/1.1", "content-length:  5"), "hello"],
  [
    "chunked",
    head("POST / HTTP/1.1", "Transfer-Encoding: chunked"),
    "3;x=y\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
  ],
  [
    "chunked with trailer",
    head("POST / HTTP/1.1", "transfer-encoding: gzip, chunked"),
    "A\r\n0123456789\r\n0\r\nT: v\r\nU: w\r\n\r\n",
  ],
  ["no body", head("GET / HTTP/1.1"), ""],
];

for (const [name, first, body] of BODIES) {
  Deno.test(`fields stand where the message ends: ${name}`, () => {
    const next = head("GET /next HTTP/1.1");
    const bytes = octets(first, body, next);
    const end = first.length + body.length;
    for (let cut = 1; cut < bytes.length; cut++) {
      const run = start();
      const found = [
        run.find({ side: 0, bytes: bytes.subarray(0, cut) }),
        run.find({ side: 0, bytes: bytes.subarray(cut) }),
      ];
      const uris = found.map((one) => valuesOf([one], "http.request.uri"));
      assert.deepEqual(uris, cut < end ? [[], ["/", "/next"]] : [["/"], ["/next"]], `${cut}`);
      assert.deepEqual(flat(found).problems, []);
    }
    const run = start();
    const found = [...bytes].map((byte) => run.find({ side: 0, bytes: Uint8Array.of(byte) }));
    assert.deepEqual(valuesOf(found, "http.request.uri"), ["/", "/next"]);
    assert.deepEqual(found.findIndex(({ layers }) => layers.includes("http")), end - 1);
    assert.equal(run.context.budget.waiting, 0);
  });
}

Deno.test("a body until the end of the stream", () => {
  const run = start();
  run.feed({ side: 0, bytes: octets(head("GET / HTTP/1.1")) });
  assert.deepEqual(run.find({ side: 1, bytes: octets(head("HTTP/1.1 200 OK"), "a") }).layers, []);
  assert.deepEqual(run.find({ side: 1, bytes: octets("b") }).layers, []);
  assert.deepEqual(valuesOf([run.end(1)], "http.response.code"), ["200"]);
});

Deno.test("a message that ends before its length is a problem", () => {
  const run = start();
  run.feed({ side: 0, bytes: octets(head("POST / HTTP/1.1", "Content-Length: 9"), "abc") });
  assert.deepEqual(run.end(0).problems, ["message ends before its length"]);
});

Deno.test("responses without body: HEAD, 1xx, 204, 304, CONNECT", () => {
  const length = "Content-Length: 5";
  const found = talk(
    head("HEAD / HTTP/1.1") + head("GET / HTTP/1.1") + head("GET / HTTP/1.1") +
      head("GET / HTTP/1.1"),
    head("HTTP/1.1 200 OK", length) + head("HTTP/1.1 100 Continue") +
      head("HTTP/1.1 204 No Content", length) +
      head("HTTP/1.1 304 Not Modified", length) + head("HTTP/1.1 200 OK", length) + "hello",
  );
  assert.deepEqual(valuesOf(found, "http.response.code"), ["200", "100", "204", "304", "200"]);
  assert.deepEqual(valuesOf(found, "http.response_number"), ["1", "2", "2", "3", "4"]);
  const tunnel = start();
  tunnel.feed({ side: 0, bytes: octets(head("CONNECT h:1 HTTP/1.1", "Host: h:1")) });
  const answer = tunnel.find({ side: 1, bytes: octets(head("HTTP/1.1 200 OK", length)) });
  assert.deepEqual(valuesOf([answer], "http.response.code"), ["200"]);
  assert.equal(tunnel.conversation.protocol, undefined);
});

Deno.test("large bodies are counted and not kept", () => {
  let counted = 0;
  class Counting extends Observer {
    override httpBody(_conversation: unknown, _side: unknown, length: number) {
      counted += length;
    }
  }
  const run = start(new Counting());
  const size = 300 * 1024 * 1024;
  run.feed({ side: 0, bytes: octets(head("PUT / HTTP/1.1", `Content-Length: ${size}`)) });
  const piece = new Uint8Array(4 * 1024 * 1024);
  let last = run.found();
  for (let sent = 0; sent < size; sent += piece.length) {
    last = run.find({ side: 0, bytes: piece });
    assert.ok(run.context.budget.waiting < 100_000);
  }
  assert.deepEqual(valuesOf([last], "http.request.method"), ["PUT"]);
  assert.equal(counted, size);
});

/** Upgrade heads, and the rule that they break. */
const UPGRADES: readonly [string, Uint8Array, Uint8Array, string][] = [
  ["accept", request(), response("s3pPLMBiTxaQ9kYGzzhZRbK+xOp="), "does not fit the key"],
  [
    "subprotocol",
    request(),
    response(acceptOf(KEY), "Sec-WebSocket-Protocol: x"),
    "was not offered",
  ],
  [
    "extension",
    request(),
    response(acceptOf(KEY), "Sec-WebSocket-Extensions: permessage-deflate"),
    "extension that was not offered",
  ],
  [
    "client window",
    request("/", "Sec-WebSocket-Extensions: permessage-deflate"),
    response(
      acceptOf(KEY),
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9",
    ),
    "client_max_window_bits, which was not offered",
  ],
  [
    "server window",
    request("/", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10"),
    response(
      acceptOf(KEY),
      "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=11",
    ),
    "larger than the client asked for",
  ],
  [
    "takeover",
    request("/", "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"),
    response(acceptOf(KEY), "Sec-WebSocket-Extensions: permessage-deflate"),
    "context takeover as asked",
  ],
  [
    "window value",
    request("/", "Sec-WebSocket-Extensions: permessage-deflate"),
    response(
      acceptOf(KEY),
      "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16",
    ),
    "value it must not have",
  ],
  [
    "unknown parameter",
    request("/", "Sec-WebSocket-Extensions: permessage-deflate"),
    response(acceptOf(KEY), "Sec-WebSocket-Extensions: permessage-deflate; x"),
    "parameter it does not define",
  ],
  [
    "parameter twice",
    request("/", "Sec-WebSocket-Extensions: permessage-deflate"),
    response(
      acceptOf(KEY),
      "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ),
    "parameter twice",
  ],
  ["version", octets(replaced("Version: 13", "Version: 8")), response(), "Version is not 13"],
  ["key", octets(replaced(KEY, "short")), response(acceptOf("short")), "not 16 bytes"],
  [
    "connection",
    octets(replaced("Connection: Upgrade", "Connection: close")),
    response(),
    "say Upgr",
  ],
  ["host", octets(replaced("Host:", "Hest:")), response(), "has no Host"],
  ["method", octets(replaced("GET ", "PUT ")), response(), "not GET"],
];

function replaced(from: string, to: string): string {
  return new TextDecoder().decode(request()).replace(from, to);
}

for (const [name, asks, answers, text] of UPGRADES) {
  Deno.test(`breach of the opening handshake is named: ${name}`, () => {
    const run = start();
    run.feed({ side: 0, bytes: asks });
    const problems = [...run.d.problems];
    run.feed({ side: 1, bytes: answers });
    problems.push(...run.d.problems);
    assert.deepEqual(problems.map(({ rule }) => rule.text.includes(text)), [true]);
    assert.match(problems[0]!.rule.clause, /RFC (6455|7692), \d/);
    assert.equal(run.conversation.protocol?.name, "websocket");
  });
}

Deno.test("what is no HTTP is passed over, and HTTP found again", () => {
  const run = start();
  run.feed({ side: 0, bytes: octets(head("GET / HTTP/1.1")) });
  run.lose(0, 10);
  assert.deepEqual(run.find({ side: 0, bytes: octets([0, 1, 2]) }).problems, [
    "bytes are no HTTP head; passed over",
  ]);
  const found = run.find({ side: 0, bytes: octets(head("GET /2 HTTP/1.1")) });
  assert.deepEqual(valuesOf([found], "http.request.uri"), ["/2"]);
});

Deno.test("lines: bare LF, folded, without colon, an empty one first", () => {
  const found = talk("\r\nGET / HTTP/1.1\nHost: h\n x\nnonsense\n\n");
  assert.deepEqual(valuesOf(found, "http.request.method"), ["GET"]);
  assert.deepEqual(found[0]!.problems, [
    "header line is folded",
    "header line has no valid field name",
  ]);
});

Deno.test("HTTP is recognised by its first line", () => {
  const looks = (text: string): boolean => {
    const run = start();
    const bytes = octets(text);
    run.d.begin(bytes, 0, bytes.length, bytes.length);
    return looksLikeHttp(run.d);
  };
  assert.ok(looks("GET / HTTP/1.1\r\n"));
  assert.ok(looks("GET /a/long/path/that/goes/on"));
  assert.ok(looks("HTTP/1.1 200"));
  assert.ok(!looks("OPTIONS sip:a@b SIP/2.0\r\n"));
  assert.ok(!looks("GETTING / HTTP/1.1\r\n"));
  assert.ok(!looks("GET "));
});

Deno.test("random bytes and mutations neither throw nor run away", () => {
  const random = new Random(3);
  const talkers = [
    octets(head("POST /a HTTP/1.1", "Host: h", "Content-Length: 3"), "abc", request()),
    octets(
      head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"),
      "3\r\nabc\r\n0\r\n\r\n",
      response(),
    ),
  ];
  for (let round = 0; round < 3000; round++) {
    const run = start();
    for (const [side, bytes] of talkers.entries()) {
      const copy = Uint8Array.from(bytes);
      for (let i = 0; i < 5; i++) copy[random.below(copy.length)] = random.below(256);
      const from = random.below(copy.length);
      run.find({ side: side as 0 | 1, bytes: copy.subarray(0, from) });
      if (random.below(3) === 0) run.lose(side as 0 | 1, random.below(50));
      run.find({ side: side as 0 | 1, bytes: copy.subarray(from) });
    }
    run.end(0);
    run.end(1);
    assert.equal(run.context.budget.waiting, 0);
  }
});
