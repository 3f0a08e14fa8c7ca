/**
 * What the decoder keeps between frames has bounds, and is given back when a conversation is
 * forgotten.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Conversation } from "../../../traces/flows/conversation.ts";
import { Endpoints } from "../../../traces/flows/endpoints.ts";
import { Datagram } from "../../../traces/flows/fragments.ts";
import { Handshakes } from "../../../traces/flows/mqtt_handshakes.ts";
import { Observer } from "../../../traces/flows/observer.ts";
import { OpenPieces, Pieces } from "../../../traces/flows/pieces.ts";
import { StreamContext } from "../../../traces/flows/stream_context.ts";
import { WebSocketStream } from "../../../traces/flows/websocket_stream.ts";
import { ZigbeeKeys } from "../../../traces/flows/zigbee_keys.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { allFields } from "../../../traces/wire/field.ts";

Deno.test("beyond 256 PDUs in pieces the one begun first is given up until it begins anew", () => {
  const open = new OpenPieces();
  const all = Array.from({ length: 257 }, () => new Pieces(8));
  for (const pieces of all) {
    open.begin(pieces);
    pieces.add(Uint8Array.of(1, 2, 3), 0, 3);
  }
  assert.equal(all[0]!.length, 0);
  assert.equal(all[0]!.add(Uint8Array.of(4), 0, 1), false);
  assert.equal(all[1]!.add(Uint8Array.of(4), 0, 1), true);
  open.begin(all[0]!);
  assert.equal(all[0]!.add(Uint8Array.of(4), 0, 1), true);
  assert.equal(all[1]!.length, 0);
});

Deno.test("a datagram takes no more bytes than any may have", () => {
  const datagram = new Datagram();
  const part = new Uint8Array(0x4000);
  assert.equal(datagram.add(0, part, 0, part.length, 1), true);
  assert.equal(datagram.add(0x4000, part, 0, part.length, 2), true);
  assert.equal(datagram.add(0x8000, part, 0, 1, 3), false);
});

Deno.test("keys given for one PAN are kept once, and no more than 64", () => {
  const keys = new ZigbeeKeys([]);
  for (let i = 0; i < 200; i++) keys.give({ key: new Uint8Array(16).fill(i >> 1), pan: 7 });
  assert.equal(keys.ofPan(7).length, 64);
});

Deno.test("handshakes say when one had to be forgotten", () => {
  const handshakes = new Handshakes();
  for (let id = 1; id <= 8192; id++) handshakes.begin(id, 1, 0, 1, 0);
  assert.equal(handshakes.forgot, false);
  handshakes.begin(8193, 1, 0, 1, 0);
  assert.equal(handshakes.forgot, true);
  assert.equal(handshakes.publishes, 8192);
});

Deno.test("what an unfinished WebSocket message holds is given back with its conversation", () => {
  const context = new StreamContext(new Observer());
  const stream = new WebSocketStream(context);
  const d = new Dissection(allFields().length);
  const frame = Uint8Array.of(0x01, 3, 0x61, 0x62, 0x63);
  d.begin(frame, 0, frame.length, frame.length);
  stream.read(d, new Conversation(0, "tcp", new Endpoints()), 1);
  assert.equal(context.budget.waiting, 3);
  stream.release();
  assert.equal(context.budget.waiting, 0);
});
