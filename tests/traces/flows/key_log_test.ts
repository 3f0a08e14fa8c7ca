/** Key logs: what is read, what is counted as bad. */
import assert from "node:assert/strict";
import { KeyLog } from "../../../traces/flows/key_log.ts";
import { hex } from "../support/rfc8448.ts";

const RANDOM = "ab".repeat(32);
const MASTER = "12".repeat(48);
const TRAFFIC = "34".repeat(32);

Deno.test("KeyLog reads each kind of line, with LF and CR LF", () => {
  const keys = new KeyLog();
  keys.add([
    "# a comment",
    "",
    `CLIENT_RANDOM ${RANDOM} ${MASTER}\r`,
    `CLIENT_EARLY_TRAFFIC_SECRET ${RANDOM} ${TRAFFIC}\r`,
    `CLIENT_HANDSHAKE_TRAFFIC_SECRET ${RANDOM} ${TRAFFIC}`,
    `SERVER_HANDSHAKE_TRAFFIC_SECRET ${RANDOM.toUpperCase()} ${TRAFFIC.toUpperCase()}`,
    `CLIENT_TRAFFIC_SECRET_0 ${RANDOM} ${MASTER}`,
    `SERVER_TRAFFIC_SECRET_0 ${RANDOM} ${TRAFFIC}`,
    `EXPORTER_SECRET ${RANDOM} ${TRAFFIC}`,
    `ECH_CONFIG ${RANDOM} 00`,
  ].join("\n"));
  assert.equal(keys.badLines, 0);
  assert.equal(keys.size, 1);
  const traffic = hex(TRAFFIC);
  assert.deepEqual(keys.find(hex(RANDOM)), {
    master: hex(MASTER),
    clientEarly: traffic,
    clientHandshake: traffic,
    serverHandshake: traffic,
    clientTraffic: hex(MASTER),
    serverTraffic: traffic,
  });
  assert.equal(keys.find(hex("cd".repeat(32))), undefined);
});

Deno.test("KeyLog takes bytes, several logs, and a last line without end", () => {
  const keys = new KeyLog();
  keys.add(new TextEncoder().encode(`CLIENT_RANDOM ${RANDOM} ${MASTER}`));
  keys.add(`CLIENT_TRAFFIC_SECRET_0 ${RANDOM} ${TRAFFIC}`);
  assert.deepEqual(keys.find(hex(RANDOM)), { master: hex(MASTER), clientTraffic: hex(TRAFFIC) });
});

Deno.test("KeyLog forgets the oldest beyond its bound", () => {
  const keys = new KeyLog(3);
  const random = (n: number) => n.toString(16).padStart(64, "0");
  for (let n = 0; n < 10; n++) keys.add(`CLIENT_RANDOM ${random(n)} ${MASTER}`);
  assert.equal(keys.size, 3);
  assert.equal(keys.find(hex(random(6))), undefined);
  assert.deepEqual(keys.find(hex(random(9))), { master: hex(MASTER) });
});

Deno.test("KeyLog counts bad lines and goes on", () => {
  const keys = new KeyLog();
  keys.add(`CLIENT_RANDOM ${RANDOM}\nno key log\nCLIENT_RANDOM xyz 00\n\0\xff\n`);
  keys.add(`CLIENT_RANDOM ${RANDOM} ${MASTER}\n`);
  assert.equal(keys.badLines, 4);
  assert.equal(keys.size, 1);
});

Deno.test("KeyLog knows sessions by their id", () => {
  const keys = new KeyLog();
  keys.add(`RSA Session-ID:0102 Master-Key:${MASTER}\n`);
  assert.deepEqual(keys.findSession(hex("0102")), hex(MASTER));
  assert.equal(keys.findSession(hex("0103")), undefined);
});
