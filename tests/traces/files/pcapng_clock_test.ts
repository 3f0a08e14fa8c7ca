/**
 * Timestamps of every resolution, against big integers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { PcapngClock } from "../../../traces/files/pcapng_clock.ts";

const MOST_EXACT = 2n ** 53n;

Deno.test("a clock is exact for every resolution", () => {
  const frame = new CaptureFrame();
  const values = [0n, 1n, 999_999n, 0xffff_ffffn, 0x1_0000_0000n, 1_700_000_000_123_456_789n];
  values.push(2n ** 64n - 1n);
  for (let seed = 1n; values.length < 300;) {
    seed = BigInt.asUintN(64, seed * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n);
    values.push(seed >> (seed & 31n));
  }
  for (let resolution = 0; resolution < 256; resolution++) {
    const units = (resolution < 128 ? 10n : 2n) ** BigInt(resolution & 127);
    for (const offset of [0n, -3n, 1_000_000_000n]) {
      const clock = new PcapngClock(resolution, offset);
      for (const value of values) {
        const seconds = value / units + offset;
        clock.convert(Number(value >> 32n), Number(value & 0xffff_ffffn), frame);
        const at = `${value} of resolution ${resolution}`;
        if (seconds < MOST_EXACT) assert.equal(BigInt(frame.seconds), seconds, at);
        assert.equal(BigInt(frame.nanoseconds), value % units * 1_000_000_000n / units, at);
      }
    }
  }
});

Deno.test("a clock tells seconds with a fraction", () => {
  assert.equal(new PcapngClock(3, 10n).seconds(0, 1500), 11.5);
  assert.equal(new PcapngClock(0x81, -1n).seconds(0, 3), 0.5);
});
