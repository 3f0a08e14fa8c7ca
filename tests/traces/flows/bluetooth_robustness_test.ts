/**
 * Bluetooth frames that are cut, changed or made up: always a report, never an exception.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  acl,
  ad,
  address,
  advertisingPdu,
  dataPdu,
  event,
  extendedPdu,
  l2capPdu,
  le,
  linkLayerData,
  packet,
  syncInfo,
  withNordic,
  withRadio,
} from "../support/ble_frames.ts";
import { BluetoothRun } from "../support/bluetooth_run.ts";
import { bytesOf } from "../support/packets.ts";
import { Random } from "../support/random.ts";

const SENSOR = address("c0:00:5e:00:53:01");
const PHONE = address("40:00:5e:00:53:02");
const DATA = [...ad(1, 6), ...ad(9, 0x41), ...ad(0x21, Array.from({ length: 20 }, () => 1))];
const EXTENDED = extendedPdu(0x47, {
  advertiser: SENSOR,
  target: PHONE,
  cte: 1,
  dataInfo: 0x1001,
  auxPointer: [5, 0, 0],
  syncInfo: syncInfo(0x12345678, 1),
  txPower: 1,
  data: DATA,
});
const REQUEST = advertisingPdu(0xe5, PHONE, SENSOR, linkLayerData(0x50656a91, 0x1a2b3c));
const WRITE = l2capPdu(4, 0x12, le(0x21, 2), [1, 2, 3]);

/** Link type and frame. */
const FRAMES: readonly (readonly [number, Uint8Array])[] = [
  [251, packet(advertisingPdu(0x40, SENSOR, DATA))],
  [251, packet(REQUEST)],
  [256, withRadio(5, -40, 0x0083, packet(EXTENDED))],
  [256, withRadio(5, -40, 0x1083, packet(EXTENDED))],
  [256, withRadio(1, -40, 0x0103, packet(dataPdu(2, WRITE), 0x50656a91, 0x1a2b3c))],
  [256, withRadio(1, -40, 0x0103, packet(dataPdu(1, WRITE), 0x50656a91, 0x1a2b3c))],
  [256, withRadio(1, -40, 0x0183, packet(dataPdu(3, 0x1f, DATA, DATA), 0x50656a91, 0x1a2b3c))],
  [256, withRadio(1, -40, 0x0303, packet(dataPdu(3, 0, DATA), 0x50656a91))],
  [272, withNordic(2, 1, 37, -61, 1000, packet(EXTENDED))],
  [272, withNordic(6, 3, 3, -61, 1000, packet(dataPdu(2, WRITE), 0x50656a91))],
  [187, event(0x3e, 2, 1, 0, 1, SENSOR, DATA.length, DATA, 0xc8)],
  [187, event(0x2f, 1, SENSOR, 1, 0, 4, 5, 6, 0, 0, 0xc8, DATA)],
  [187, acl(0x40, 2, WRITE)],
  [201, bytesOf(0, 0, 0, 1, event(0x3e, 1, 0, le(0x40, 2), 0, 1, SENSOR, DATA))],
  [254, bytesOf(0, 0, 0, 14, DATA)],
  [192, bytesOf(0, 1, le(16, 2), le(251, 4), le(1, 2), le(3, 2), 1, 2, 3, 0, packet(REQUEST))],
];

Deno.test("every prefix of every frame, as the whole and as what the capture kept", () => {
  const run = new BluetoothRun();
  for (const [linkType, frame] of FRAMES) {
    for (let length = 0; length <= frame.length; length++) {
      run.decode(linkType, frame.subarray(0, length));
      const found = run.decode(linkType, frame, length);
      assert.ok(!found.problems.includes("AD structure is longer than the data it is in"));
      assert.ok(!found.problems.includes("CRC is wrong"));
    }
  }
});

Deno.test("frames with changed bytes and bytes of no meaning", () => {
  const random = new Random(3);
  const run = new BluetoothRun();
  for (let i = 0; i < 6000; i++) {
    const [linkType, frame] = random.of(FRAMES);
    const bytes = i % 3 === 0
      ? Uint8Array.from({ length: random.below(80) }, () => random.below(256))
      : frame.slice();
    for (let n = random.below(4); n > 0 && bytes.length > 0; n--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const found = run.decode(linkType, bytes);
    assert.ok(run.d.pos <= run.d.end || run.d.end < 0, found.layers);
  }
});

Deno.test("links and pieces without end do not pile up", () => {
  const run = new BluetoothRun();
  const before = Deno.memoryUsage().heapUsed;
  for (let link = 0; link < 20_000; link++) {
    const body = linkLayerData(0x60000000 + link, link);
    run.decode(251, packet(advertisingPdu(0xe5, PHONE, SENSOR, body)));
    run.decode(251, packet(dataPdu(2, le(65_000, 2), 4, 0, 1), 0x60000000 + link, link));
  }
  assert.ok(Deno.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
});
