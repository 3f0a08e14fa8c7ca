import assert from "node:assert/strict";
import {
  requestHead,
  responseHead,
  switchingProtocols,
} from "../../../gateway/recorder/packets/http_upgrade.ts";
import { TcpConversation } from "../../../gateway/recorder/packets/tcp_conversation.ts";
import {
  closePayload,
  frameHeader,
  Opcode,
} from "../../../gateway/recorder/packets/websocket_frame.ts";
import { testWith } from "../../support/tools.ts";
import { ownProblems, raw, tsharkFields } from "./capture_check.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const ascii = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("frame headers: lengths of 7, 16 and 64 bits, mask and FIN", () => {
  const cases: [Parameters<typeof frameHeader>, string][] = [
    [[Opcode.Text, 0, false], "8100"],
    [[Opcode.Text, 125, false], "817d"],
    [[Opcode.Binary, 126, false], "827e007e"],
    [[Opcode.Binary, 65_535, false], "827effff"],
    [[Opcode.Binary, 65_536, false], "827f0000000000010000"],
    [[Opcode.Binary, 2 ** 32 + 5, false], "827f0000000100000005"],
    [[Opcode.Text, 5, true], "818500000000"],
    [[Opcode.Text, 300, true, false], "01fe012c00000000"],
    [[Opcode.Continuation, 1, false, true], "8001"],
    [[Opcode.Ping, 0, true], "898000000000"],
  ];
  for (const [parameters, hex] of cases) assert.equal(frameHeader(...parameters).toHex(), hex);
});

Deno.test("payload of a Close frame", () => {
  assert.equal(closePayload(1001, "bye").toHex(), "03e9627965");
  assert.equal(closePayload(4408).toHex(), "1138");
  for (const code of [0, 1005, 1006, 1015]) assert.equal(closePayload(code, "x").length, 0);
  const long = closePayload(1000, "ä".repeat(100));
  assert.equal(long.length, 124, "whole characters alone, in 125 bytes");
  assert.equal(ascii(long.subarray(2)), "ä".repeat(61));
});

Deno.test("an upgrade: names in capitals, secrets as stars of the same length", () => {
  const request = requestHead({
    target: "/ws?room=attic&token=abc123&Access_Token=xy&key=k%20y&x",
    headers: [
      ["host", "gateway.example"],
      ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["authorization", "Bearer abc.def"],
      ["proxy-authorization", "abc"],
      ["cookie", "edgewire_80=s3cret; theme=dark"],
      ["sec-websocket-protocol", "edgewire.v1, tok-123, mqtt"],
      ["x-api-key", "12345"],
      ["referer", "http://gateway.example/?token=abc#token=abc"],
      ["user-agent", "a\r\nInjected: 1"],
      ["accept", "*/*"],
    ],
  });
  assert.deepEqual(ascii(request).split("\r\n"), [
    "GET /ws?room=attic&token=******&Access_Token=**&key=***** HTTP/1.1".replace(
      " HTTP",
      "&x HTTP",
    ),
    "Host: gateway.example",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Authorization: Bearer *******",
    "Proxy-Authorization: ***",
    "Cookie: edgewire_80=******; theme=****",
    "Sec-WebSocket-Protocol: edgewire.v1, *******, mqtt",
    "X-Api-Key: *****",
    "Referer: http://gateway.example/?token=***#token=***",
    "User-Agent: a??Injected: 1",
    "Accept: */*",
    "",
    "",
  ]);
});

Deno.test("the answers: Sec-WebSocket-Accept of RFC 6455, 1.3; refusals", () => {
  assert.deepEqual(ascii(switchingProtocols("dGhlIHNhbXBsZSBub25jZQ==", "mqtt")).split("\r\n"), [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    "Sec-WebSocket-Protocol: mqtt",
    "",
    "",
  ]);
  assert.equal(
    ascii(responseHead({ status: 401, headers: [["set-cookie", "a=b; HttpOnly"]] })),
    "HTTP/1.1 401 Unauthorized\r\nSet-Cookie: a=*; HttpOnly\r\n\r\n",
  );
});

testWith(["tshark"], "tshark and our decoder read a WebSocket conversation", async () => {
  const packets: Uint8Array[] = [];
  const tcp = new TcpConversation({
    client: { host: "10.0.0.1", port: 50_000 },
    server: { host: "10.0.0.2", port: 80 },
  });
  const sink = ({ packet }: { packet: Uint8Array }) => void packets.push(packet.slice());
  const send = (side: "client" | "server", opcode: number, payload: Uint8Array, fin = true) =>
    tcp.data(side, [frameHeader(opcode, payload.length, side === "client", fin), payload], sink);
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const headers = Object.entries({
    "host": "gateway.example",
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-key": key,
    "sec-websocket-version": "13",
    "sec-websocket-protocol": "edgewire.v1",
  });
  tcp.handshake(sink);
  tcp.data("client", [requestHead({ target: "/ws?token=abc", headers })], sink);
  tcp.data("server", [switchingProtocols(key, "edgewire.v1")], sink);
  send("client", Opcode.Text, utf8('{"type":"ping","id":1}'));
  send("server", Opcode.Text, utf8(`"${"x".repeat(70_000)}"`));
  send("server", Opcode.Text, utf8('["first",'), false);
  send("server", Opcode.Continuation, utf8('"second"]'));
  send("client", Opcode.Binary, new Uint8Array(300));
  send("server", Opcode.Ping, utf8("p"));
  send("client", Opcode.Pong, utf8("p"));
  send("client", Opcode.Close, closePayload(1001, "away"));
  send("server", Opcode.Close, closePayload(1001));
  tcp.close("server", sink);

  const names = ["opcode", "mask", "payload_length", "payload.close.status_code"];
  const found = await tsharkFields(raw(packets), [
    ...["_ws.malformed", "tcp.analysis.flags", "http.request.uri", "http.response.code"],
    ...names.map((name) => `websocket.${name}`),
  ]);
  assert.ok(found.every(([malformed, flags]) => malformed === "" && flags === ""));
  assert.equal(found[3]![2], "/ws?token=***");
  assert.equal(found[4]![3], "101");
  assert.deepEqual(found.map((line) => line.slice(4).join("|")).filter((line) => line !== "|||"), [
    ...["1|1|22|", "1|0|127|", "1|0|9|", "0|0|9|", "2|1|126|", "9|0|1|", "10|1|1|"],
    ...["8|1|6|1001", "8|0|2|1001"],
  ]);
  assert.deepEqual(await ownProblems(raw(packets)), []);
});
