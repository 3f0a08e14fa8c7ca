/** Radio frames of every link type as records of an envelope. */
import assert from "node:assert/strict";
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { LeftOut } from "../../../traces/replay/left_out.ts";
import { RadioRecords } from "../../../traces/replay/radio_records.ts";
import { RadioFlag, RadioLink } from "../../../traces/sensors/radio_envelope.ts";
import { advertisingReport } from "../../support/radio.ts";
import {
  bleSession,
  fromNordicSniffer,
  fromOlderNordicSniffer,
  withPpi,
  withRadioHeader,
} from "../samples/ble_session.ts";
import { fromMonitor, hciSession, withDirection } from "../samples/hci_session.ts";
import * as ble from "../support/ble_frames.ts";
import {
  float32,
  join,
  le16,
  macFrame,
  tap,
  tapTlv,
  withFcs,
  withFcs32,
} from "../support/wpan_frames.ts";

const records = new RadioRecords();

/** What becomes of a frame: a record with its bytes as text, or why there is none. */
function read(linkType: number, data: Uint8Array, more: Partial<CaptureFrame> = {}) {
  const frame = Object.assign(new CaptureFrame(), {
    linkType,
    data,
    start: 0,
    capturedLength: data.length,
    length: data.length,
    ...more,
  });
  const result = records.read(frame);
  if (result !== true) return result;
  const { linkType: link, rssi, channel, lqi, flags, data: bytes, start, end } = records.record;
  return { link, rssi, channel, lqi, flags, frame: bytes.subarray(start, end).toHex() };
}

const ADVERTISEMENT = ble.packet(
  ble.advertisingPdu(0x42, ble.address("c0:53:00:5e:00:03"), 2, 1, 6),
);
const ON_AIR = ADVERTISEMENT.toHex();
/** Signal valid, CRC checked. */
const CHECKED = 0x0403;
const CRC_VALID = 0x0800;
const CODED = 0x8000;

Deno.test("LINKTYPE 256: RF channels are indices, CRC and signal as far as they are known", () => {
  const read256 = (rf: number, flags: number) =>
    read(256, ble.withRadio(rf, -71, flags, ADVERTISEMENT));
  const expected = { link: RadioLink.BleLinkLayer, lqi: 255, frame: ON_AIR };
  const { Checked, Wrong } = RadioFlag;
  assert.deepEqual(read256(0, CHECKED | CRC_VALID), {
    ...expected,
    rssi: -71,
    channel: 37,
    flags: Checked,
  });
  assert.deepEqual(read256(12, CHECKED), {
    ...expected,
    rssi: -71,
    channel: 38,
    flags: Checked | Wrong,
  });
  assert.deepEqual(read256(39, 1), { ...expected, rssi: 127, channel: 39, flags: 0 });
  assert.equal(read256(39, CHECKED | CRC_VALID | CODED), LeftOut.Coded);
  assert.equal(read(256, ADVERTISEMENT.subarray(0, 5)), LeftOut.Unreadable);
});

Deno.test("one session in each form of BLE capture gives the same frames", () => {
  const frames = (
    linkType: number,
    wrap: (packet: ReturnType<typeof bleSession>[number], i: number) => Uint8Array,
  ) =>
    bleSession().map((packet, i) => {
      const result = read(linkType, wrap(packet, i));
      return typeof result === "object" ? result.frame : result;
    });
  const plain = frames(251, ({ bytes }) => bytes);
  assert.equal(plain.filter((frame) => frame === LeftOut.Connection).length, 11);
  assert.equal(plain.length, 22);
  assert.deepEqual(frames(256, (packet) => withRadioHeader(packet)), plain);
  assert.deepEqual(frames(192, (packet) => withPpi(packet)), plain);
  assert.deepEqual(frames(272, fromNordicSniffer), plain);
  assert.deepEqual(frames(272, fromOlderNordicSniffer), plain);
});

Deno.test("HCI: what the controller heard, in each form", () => {
  const event = advertisingReport("CDD4FA527AF2", "020106", -68);
  const expected = {
    link: RadioLink.HciH4,
    rssi: 127,
    channel: 255,
    lqi: 255,
    flags: 0,
    frame: event.toHex(),
  };
  assert.deepEqual(read(187, event), expected);
  assert.deepEqual(read(187, event, { flags: 1 }), expected);
  assert.equal(read(187, event, { flags: 2 }), LeftOut.NotHeard);
  assert.deepEqual(read(201, join([0, 0, 0, 1], event)), expected);
  assert.equal(read(201, join([0, 0, 0, 0], event)), LeftOut.NotHeard);
  assert.deepEqual(read(254, join([0, 0, 0, 3], event.subarray(1))), expected);
  assert.equal(read(254, join([0, 0, 0, 2], event.subarray(1))), LeftOut.NotHeard);
  const forms = hciSession().map((packet) => [
    read(187, packet.bytes),
    read(201, withDirection(packet)),
    read(254, fromMonitor(packet)),
  ]);
  for (const [h4, direction, monitor] of forms) {
    assert.deepEqual(direction, h4);
    assert.deepEqual(monitor, h4);
  }
});

Deno.test("802.15.4: header of the PHY, TAP with signal, channel, quality and check sequence", () => {
  const mac = macFrame(
    { type: 1, destination: 0xffff, source: 1, pan: 0x1234, payload: Uint8Array.of(1, 2) } as never,
  );
  const checked = withFcs(mac);
  const unknown = { rssi: 127, channel: 255, lqi: 255, flags: 0 };
  const withCheck = { link: RadioLink.WpanWithFcs, frame: checked.toHex() };
  const without = { link: RadioLink.WpanNoFcs, frame: mac.toHex() };
  assert.deepEqual(read(195, checked), { ...unknown, ...withCheck });
  assert.deepEqual(read(230, mac), { ...unknown, ...without });
  const phy = join([0, 0, 0, 0, 0xa7, checked.length], checked);
  assert.deepEqual(read(215, phy), { ...unknown, ...withCheck });
  const heard = [
    tapTlv(1, float32(-87.4)),
    tapTlv(3, join(le16(15), [0])),
    tapTlv(10, Uint8Array.of(200)),
  ];
  const reception = { rssi: -87, channel: 15, lqi: 200, flags: 0 };
  const fcs = (type: number) => tapTlv(0, Uint8Array.of(type));
  assert.deepEqual(read(283, tap([fcs(1), ...heard], checked)), { ...reception, ...withCheck });
  assert.deepEqual(read(283, tap(heard, mac)), { ...reception, ...without });
  const long = withFcs32(mac);
  const right = { ...reception, ...without, flags: RadioFlag.Checked };
  assert.deepEqual(read(283, tap([fcs(2), ...heard], long)), right);
  long[0]! ^= 1;
  const result = read(283, tap([fcs(2), ...heard], long));
  assert.equal(typeof result === "object" && result.flags, RadioFlag.Checked | RadioFlag.Wrong);
  assert.equal(read(283, Uint8Array.of(9, 9, 9)), LeftOut.Unreadable);
});

Deno.test("a frame that the capture cut short says so; others are no radio frames", () => {
  const cut = read(251, ADVERTISEMENT, { capturedLength: 10, length: ADVERTISEMENT.length });
  assert.deepEqual(cut && typeof cut === "object" && [cut.flags, cut.frame], [
    RadioFlag.Cut,
    ON_AIR.slice(0, 20),
  ]);
  assert.equal(read(1, ADVERTISEMENT), false);
});
