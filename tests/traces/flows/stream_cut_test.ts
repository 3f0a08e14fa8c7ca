import assert from "node:assert/strict";
import mqtt, { type Packet } from "mqtt-packet";
import { HttpStream } from "../../../traces/flows/http_stream.ts";
import { MqttStream } from "../../../traces/flows/mqtt_stream.ts";
import type { StreamContext } from "../../../traces/flows/stream_context.ts";
import type { StreamProtocol } from "../../../traces/flows/stream_protocol.ts";
import { WebSocketStream } from "../../../traces/flows/websocket_stream.ts";
import { octets, StreamRun, valuesOf } from "../support/stream_run.ts";
import { BINARY, frame, TEXT } from "../support/websocket_frames.ts";

const MASK = [1, 2, 3, 4];
const publish = (payload: string): Uint8Array =>
  Uint8Array.from(mqtt.generate({ cmd: "publish", topic: "t", payload, qos: 0 } as Packet));

/** A protocol, a message of it, the one behind it, and a field with its value in the latter. */
const CASES: readonly [
  (context: StreamContext) => StreamProtocol,
  Uint8Array,
  Uint8Array,
  string,
  string,
][] = [
  [
    (context) => new HttpStream(context),
    octets("POST /first HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\n", "x".repeat(40)),
    octets("GET /second HTTP/1.1\r\n\r\n"),
    "http.request.uri",
    "/second",
  ],
  [(context) => new MqttStream(context), publish("a".repeat(60)), publish("b"), "mqtt.msg", "62"],
  [
    (context) => new WebSocketStream(context),
    frame(BINARY, new Uint8Array(200), { mask: MASK }),
    frame(TEXT, "second", { mask: MASK }),
    "websocket.payload.text",
    "second",
  ],
];

for (const [make, first, second, field, value] of CASES) {
  const name = make(new StreamRun(make).context).name;

  Deno.test(`${name}: a segment cut by the snap length, at every byte`, () => {
    for (let captured = 0; captured < first.length; captured++) {
      const run = new StreamRun(make);
      const cut = run.find({ side: 0, bytes: first, captured });
      if (cut.layers.length > 0) assert.ok(cut.layers.length <= 3, cut.layers.join());
      const found = run.find({ side: 0, bytes: second });
      assert.deepEqual(valuesOf([found], field), [value], `${captured} bytes captured`);
      assert.equal(run.context.budget.waiting, 0);
    }
  });

  Deno.test(`${name}: a message over segments that are cut, at every byte of the first`, () => {
    const half = first.length >> 1;
    for (let captured = 0; captured <= half; captured++) {
      const run = new StreamRun(make);
      run.feed({ side: 0, bytes: first.subarray(0, half), captured });
      run.feed({ side: 0, bytes: first.subarray(half) });
      run.feed({ side: 0, bytes: second });
      // Where the message ends is known when its length was captured; else the next is looked for.
      if (captured < 60 && name === "http") continue;
      const found = run.found();
      if (captured >= 8) assert.deepEqual(valuesOf([found], field), [value], `${captured} bytes`);
    }
  });
}
