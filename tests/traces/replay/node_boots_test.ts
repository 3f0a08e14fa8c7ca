/** Envelopes of a capture as nodes that boot anew send them: boot ids, batch numbers, times. */
import assert from "node:assert/strict";
import { NodeClock } from "../../../gateway/nodes/radio/node_clock.ts";
import { NodeBoots } from "../../../traces/replay/node_boots.ts";
import { ReplayClock } from "../../../traces/replay/replay_clock.ts";
import { RadioEnvelope, RadioFlag } from "../../../traces/sensors/radio_envelope.ts";
import { RadioSource, record } from "../../support/radio.ts";

const START_US = 1.76e15;
const LENGTH_US = 60e6;
const FRAME = new Uint8Array([4, 0x3e, 0]);

function boots(speed = 1): NodeBoots {
  const clock = new ReplayClock(START_US, START_US + LENGTH_US, speed);
  return new NodeBoots(clock, (settable) => new NodeClock({ settable }));
}

/** Header of an envelope, and the times and flags of its records. */
function read(payload: Uint8Array) {
  const envelope = new RadioEnvelope();
  assert.ok(envelope.open(payload));
  const records = [];
  while (envelope.next()) records.push({ ...envelope.record });
  assert.equal(envelope.problem, null);
  return { ...envelope.header, times: records.map(({ time }) => time), all: records };
}

Deno.test("boot ids change consistently, batch numbers stay", () => {
  const node = boots();
  const source = new RadioSource("attic", 77);
  source.batch = 5;
  const first = source.envelope(record(FRAME));
  const before = node.renew("attic", first, START_US);
  const second = source.envelope(record(FRAME));
  assert.equal(node.renew("attic", second, START_US + 1e6), undefined);
  const boot = read(first).boot;
  assert.notEqual(boot, 77);
  assert.equal(read(second).boot, boot);
  assert.deepEqual([read(before!).boot, read(before!).batch], [boot, 4]);
  assert.deepEqual([read(first).batch, read(second).batch], [5, 6]);
  const status = node.renewStatus("attic", new TextEncoder().encode('{"boot":77,"x":1}'));
  assert.deepEqual(JSON.parse(new TextDecoder().decode(status)), { boot, x: 1 });
  // Another node, and a reboot, have boot ids of their own.
  const other = new RadioSource("cellar", 77).envelope(record(FRAME));
  assert.ok(node.renew("cellar", other, START_US + 2e6));
  const rebooted = new RadioSource("attic", 78).envelope(record(FRAME));
  const again = node.renew("attic", rebooted, START_US + 3e6);
  assert.equal(read(again!).batch, 2 ** 32 - 1);
  assert.equal(new Set([boot, read(other).boot, read(rebooted).boot]).size, 3);
});

Deno.test("what is no envelope, and no status with a boot id, stays as it is", () => {
  const node = boots();
  const text = new TextEncoder().encode("no envelope, but long enough for one");
  assert.equal(node.renew("attic", text.slice(), START_US), undefined);
  for (const status of ["", "offline", '{"state":"offline"}', "null"]) {
    const bytes = new TextEncoder().encode(status);
    assert.equal(node.renewStatus("attic", bytes), bytes);
  }
});

/** When each frame was sent and heard the first time, ms: every 500 ms, some waited in a queue. */
function* firstTime(): Generator<{ heard: number; sent: number }> {
  for (let heard = 0; heard < 60_000; heard += 500) {
    const waits = heard > 20_000 && heard < 30_000;
    yield { heard, sent: waits ? 30_000 + heard / 1000 : heard + 3 + heard % 7 };
  }
}

for (const unix of [true, false]) {
  for (const speed of [1, 20, Infinity]) {
    const name = `frames with ${unix ? "Unix time" : "time since boot"} at speed ${speed}`;
    Deno.test(`${name}: the gateway finds the times of the first time`, () => {
      const renewed = boots(speed);
      const source = new RadioSource("attic", 77);
      const flags = unix ? RadioFlag.UnixTime : 0;
      // The node's clock is wrong.
      const nodeEpoch = unix ? START_US / 1000 - 5_000_000 : 1234;
      const original = new NodeClock({ settable: unix });
      const replayed = new NodeClock({ settable: false });
      const before: number[] = [];
      const after: number[] = [];
      let arrival = 1e6;
      for (const { heard, sent } of firstTime()) {
        const time = Math.round((nodeEpoch + heard) * 1000);
        const payload = source.envelope(record(FRAME, { time, flags }));
        before.push(original.at(time / 1000, START_US / 1000 + sent));
        const clock = renewed.renew("attic", payload, START_US + sent * 1000);
        const now = 1e6 + sent / speed;
        if (clock !== undefined) replayed.at(read(clock).times[0]! / 1000, now);
        // At full speed messages come as fast as they can.
        arrival = Math.max(now, arrival + 0.1);
        assert.equal(read(payload).all[0]!.flags & RadioFlag.UnixTime, 0);
        after.push(replayed.at(read(payload).times[0]! / 1000, arrival));
      }
      const gaps = (times: number[]) => times.map((at) => at - times[0]!);
      const expected = gaps(before);
      gaps(after).forEach((gap, i) => {
        assert.ok(Math.abs(gap - expected[i]!) < 5, `frame ${i}: ${gap} ms, was ${expected[i]} ms`);
      });
    });
  }
}
