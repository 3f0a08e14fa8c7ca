import assert from "node:assert/strict";
import {
  packetLinkType,
  type RadioFrame,
  radioPacket,
  rfChannel,
} from "../../../gateway/recorder/packets/radio_packets.ts";
import { RadioFlag, RadioLink } from "../../../traces/sensors/radio_envelope.ts";
import { RUUVI_EVENT } from "../../support/radio.ts";
import { testWith } from "../../support/tools.ts";
import { ad, address, advertisingPdu, packet } from "../../traces/support/ble_frames.ts";
import { wpanFcs16 } from "../../../traces/wire/wpan_fcs.ts";
import { ownProblems, tsharkFields, tsharkValues } from "./capture_check.ts";

const AIR = packet(advertisingPdu(0x40, address("c0:00:5e:00:53:01"), ad(1, 6), ad(9, [104, 105])));
const MAC = Uint8Array.fromHex("418801cdabffff00000102030405");
const fcs = wpanFcs16(MAC, 0, MAC.length);
const MAC_FCS = Uint8Array.from([...MAC, fcs & 255, fcs >> 8]);
const EVENT = Uint8Array.fromHex(RUUVI_EVENT);
const { Checked, Wrong, Cut } = RadioFlag;

function frame(linkType: number, data: Uint8Array, more: Partial<RadioFrame> = {}): RadioFrame {
  return { linkType, rssi: -60, channel: 37, flags: Checked, lqi: 255, data, ...more };
}
const ble = (data: Uint8Array, more: Partial<RadioFrame> = {}) =>
  radioPacket(frame(RadioLink.BleLinkLayer, data, more));
const wpan = (data: Uint8Array, more: Partial<RadioFrame> = {}) =>
  radioPacket(frame(RadioLink.WpanWithFcs, data, { channel: 15, lqi: 200, ...more }));
const hci = (data: Uint8Array, more: Partial<RadioFrame> = {}) =>
  radioPacket(frame(RadioLink.HciH4, data, { rssi: 127, channel: 255, ...more }));

Deno.test("BLE: pseudo header with RF channel, signal, reference address, CRC", () => {
  const head = (more: Partial<RadioFrame>, data = AIR) => ble(data, more).data.slice(0, 10).toHex();
  assert.equal(head({}), "00c48000" + "d6be898e" + "130c");
  assert.equal(head({ channel: 38, flags: 0 }), "0cc48000" + "d6be898e" + "1300");
  assert.equal(head({ channel: 39, flags: Checked | Wrong }), "27c48000" + "d6be898e" + "1304");
  assert.equal(head({ rssi: 127 }), "00808000" + "d6be898e" + "110c");
  const other = AIR.with(0, 1);
  assert.equal(head({ channel: 8 }, other), "09c48000" + "00000000" + "030c");
  assert.deepEqual(ble(AIR).data.slice(10), AIR);
  assert.equal(ble(AIR, { channel: 255 }).note, "radio channel unknown");
  assert.equal(head({ channel: 255 }), "00c48000" + "d6be898e" + "530c");
});

Deno.test("RF channels of all indices: each once, advertising on 0, 12 and 39", () => {
  const all = Array.from({ length: 40 }, (_, index) => rfChannel(index));
  assert.equal(new Set(all).size, 40);
  assert.deepEqual([0, 10, 11, 36, 37, 38, 39].map(rfChannel), [1, 11, 13, 38, 0, 12, 39]);
});

Deno.test("802.15.4: TAP with FCS type, RSS, channel, LQI; unknown ones left out", () => {
  const whole = wpan(MAC_FCS);
  assert.equal(
    whole.data.toHex(),
    "00002400" + "0000010001000000" + "01000400" + "000070c2" + "030003000f000000" +
      "0a000100c8000000" + MAC_FCS.toHex(),
  );
  const bare = wpan(MAC, { linkType: RadioLink.WpanNoFcs, rssi: 127, channel: 255, lqi: 255 });
  assert.equal(bare.data.toHex(), "00000c00" + "0000010000000000" + MAC.toHex());
  assert.equal(bare.note, "FCS was right");
  assert.equal(wpan(MAC, { linkType: 230, flags: Checked | Wrong }).note, "FCS was wrong");
});

Deno.test("HCI: events come from the controller, commands go to it; unknown link types stay", () => {
  assert.equal(hci(EVENT).data.toHex(), `00000001${RUUVI_EVENT}`);
  assert.equal(hci(Uint8Array.of(1, 3, 12, 0)).data.toHex(), "0000000001030c00");
  assert.deepEqual(radioPacket(frame(147, MAC)), { linkType: 147, data: MAC, length: MAC.length });
  assert.deepEqual([187, 251, 195, 230, 147].map(packetLinkType), [201, 256, 283, 283, 147]);
});

Deno.test("short frames say their length on the air, and why", () => {
  const noCrc = ble(AIR.subarray(0, -3));
  assert.deepEqual([noCrc.length, noCrc.note], [10 + AIR.length, "came without its CRC"]);
  const cut = ble(AIR.subarray(0, 9), { flags: Cut });
  assert.deepEqual([cut.length, cut.note], [10 + AIR.length, "frame cut short"]);
  assert.equal(wpan(MAC, { flags: Cut }).length, wpan(MAC).data.length + 2);
  assert.equal(hci(EVENT.subarray(0, 20)).length, 4 + EVENT.length);
});

testWith(["tshark"], "tshark dissects what radios heard", async () => {
  const packets = [
    ble(AIR),
    ble(AIR, { channel: 5, rssi: 127 }),
    ble(AIR.with(AIR.length - 1, 0), { flags: Checked | Wrong }),
    wpan(MAC_FCS),
    wpan(MAC, { linkType: RadioLink.WpanNoFcs }),
    hci(EVENT),
  ];
  const lines = await tsharkFields(packets, [
    ...["_ws.malformed", "btle_rf.channel", "btle_rf.signal_dbm", "btle.advertising_address"],
    ...["btle_rf.flags.crc_valid", "wpan-tap.rss", "wpan-tap.ch_num", "wpan-tap.lqi"],
    ...["wpan.dst16", "wpan.fcs_ok", "hci_h4.direction", "bthci_evt.bd_addr"],
  ]);
  assert.deepEqual(lines.map((line) => line.join("|")), [
    "|0|-60|c0:00:5e:00:53:01|1|||||||",
    "|6||c0:00:5e:00:53:01|1|||||||",
    "|0|-60|c0:00:5e:00:53:01|0|||||||",
    "|||||-60|15|200|0xffff|1||",
    "|||||-60|15|200|0xffff|1||",
    "||||||||||0x01|cd:d4:fa:52:7a:f2",
  ]);
  const names = await tsharkValues(packets, "btcommon.eir_ad.entry.device_name");
  assert.deepEqual(names, ["hi", "hi", "hi"]);
  const problems = await ownProblems(packets);
  assert.deepEqual(problems.filter((problem) => !problem.startsWith("3:")), []);
  assert.equal(problems.length, 1, "a CRC that is wrong");
});

testWith(["tshark"], "no frame cut short is called malformed", async () => {
  const prefixes = (whole: Uint8Array, make: (data: Uint8Array) => ReturnType<typeof ble>) =>
    Array.from({ length: whole.length }, (_, length) => make(whole.subarray(0, length)));
  const packets = [
    ...prefixes(AIR, (data) => ble(data, { flags: Cut })),
    ...prefixes(MAC_FCS, (data) => wpan(data, { flags: Cut })),
    ...prefixes(EVENT, (data) => hci(data, { flags: Cut })),
    ble(AIR.subarray(0, -3)),
    ble(AIR, { flags: Cut }),
  ];
  assert.deepEqual(await tsharkValues(packets, "_ws.malformed"), []);
});
