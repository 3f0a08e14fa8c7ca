/**
 * What beacons say is what the decoder of sensors reads.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Content } from "../../firmware/simulated/beacons/beacon.ts";
import { BtHomeBeacon, sealBtHome } from "../../firmware/simulated/beacons/bthome_beacon.ts";
import {
  type BeaconKind,
  deviceLevel,
  DISTINCT_KINDS,
  makeBeacons,
} from "../../firmware/simulated/device_catalogue.ts";
import type { Device } from "../../firmware/simulated/radio_world.ts";
import { Random } from "../../firmware/simulated/random.ts";
import { makeWpanDevices } from "../../firmware/simulated/wpan_house.ts";
import { parseDeviceId } from "../../traces/sensors/device_id.ts";
import { readingName } from "../../traces/sensors/measure.ts";
import { type DeviceId, SensorDecoder } from "../../traces/sensors/sensor_decoder.ts";
import { SensorKey } from "../../traces/sensors/sensor_packet.ts";
import type { SensorReport } from "../../traces/sensors/sensor_report.ts";
import { AesCcm } from "../../traces/wire/aes_ccm.ts";

const KINDS: BeaconKind[] = [
  ...DISTINCT_KINDS,
  "ruuvi-air",
  "bthome-soil",
  "ibeacon",
  "eddystone",
];

function keysOf(devices: readonly Device[]): Map<DeviceId, SensorKey> {
  return new Map(
    devices.flatMap(({ address, key }) =>
      key === undefined
        ? []
        : [[parseDeviceId(address)!, new SensorKey(Uint8Array.fromHex(key))] as const]
    ),
  );
}

function assertSays(report: SensorReport, content: Content, what: string) {
  assert.equal(report.format, content.format, what);
  assert.deepEqual(report.problems, [], what);
  assert.deepEqual(report.findings, [], what);
  assert.equal(report.sequence, content.number, what);
  const read = new Map(report.readings.map((reading) => [readingName(reading), reading.value]));
  for (const [name, value] of Object.entries(content.values)) {
    const got = read.get(name);
    if (typeof value === "number" && typeof got === "number") {
      assert.ok(Math.abs(got - value) < 1e-9, `${what}: ${name} is ${value}, read as ${got}`);
    } else assert.equal(got, value, `${what}: ${name}`);
  }
}

for (const kind of KINDS) {
  Deno.test(`${kind}: a hundred measurements are read as they were measured`, () => {
    const [device] = makeBeacons({ devices: 1, seed: 5, start_ms: 1.8e12, kinds: [kind] });
    const address = parseDeviceId(device!.address) as number;
    const decoder = new SensorDecoder({ keys: keysOf([device!]) });
    for (let i = 0; i < 100; i++) {
      for (const content of device!.beacon.measure(5)) {
        const { data } = content;
        assert.ok(content.extended || data.length <= 31, `${data.length} bytes`);
        const report = decoder.advertisement(address, data, 0, data.length, 5000 * i);
        assertSays(report, content, `${device!.name}, measurement ${i}`);
        assert.equal(report.sealing, device!.key === undefined ? "plain" : "opened");
      }
    }
  });
}

Deno.test("without the key, and with another, nothing is read of what is encrypted", () => {
  const made = makeBeacons({ devices: KINDS.length, seed: 1, start_ms: 1.8e12, kinds: KINDS });
  const encrypting = made.filter(({ key }) => key !== undefined);
  assert.ok(encrypting.length >= 4);
  const other = new SensorKey(new Uint8Array(16).fill(7));
  for (const { address, beacon } of encrypting) {
    const id = parseDeviceId(address) as number;
    const [{ data }] = beacon.measure(1) as [Content];
    const keys = new Map([[id, other]]);
    for (const [decoder, sealing] of [[{}, "no key"], [{ keys }, "refused"]] as const) {
      const report = new SensorDecoder(decoder).advertisement(id, data, 0, data.length, 0);
      assert.equal(report.sealing, sealing, address);
      const names = report.readings.map(({ measure }) => measure.name);
      assert.ok(!names.includes("temperature") && !names.includes("battery"), names.join());
    }
  }
});

Deno.test("BTHome is encrypted as its documentation's example", () => {
  const ccm = new AesCcm(Uint8Array.fromHex("231d39c1d7cc1ab1aee224cd096db932"));
  const objects = Uint8Array.fromHex("02ca0903bf13");
  const sealed = sealBtHome(ccm, 0x5448e68f80a5, 0x41, objects, 0x33221100);
  assert.equal(Uint8Array.from(sealed).toHex(), "41a47266c95f730011223378237214");
});

Deno.test("counters of one start go on in the next, so that no gateway takes them for replays", () => {
  const last = (start_ms: number, measurements: number) => {
    const [device] = makeBeacons({ devices: 1, seed: 1, start_ms, kinds: ["bthome-door"] });
    let content = device!.beacon.measure(1)[0]!;
    for (let i = 1; i < measurements; i++) content = device!.beacon.measure(1)[0]!;
    return content.number;
  };
  // A measurement per second for a minute, then it is started again.
  assert.ok(last(1.8e12, 60) < last(1.8e12 + 61_000, 1));
});

Deno.test("a packet id counts measurements and wraps", () => {
  const beacon = new BtHomeBeacon(1, new Random(1), { numbers: {}, packetId: true });
  const ids = Array.from({ length: 600 }, () => beacon.measure(1)[0]!.number);
  ids.slice(1).forEach((id, i) => assert.equal(id, (ids[i]! + 1) % 256));
});

Deno.test("payloads of the 802.15.4 sensors are read as they were measured", () => {
  for (const device of makeWpanDevices({ seed: 2, start_ms: 1.8e12 })) {
    const decoder = new SensorDecoder();
    const id = parseDeviceId(device.address)!;
    for (let i = 0; i < 50; i++) {
      const [content] = device.beacon.measure(5) as [Content];
      const { data, format } = content;
      if (format !== "BTHome v2") continue;
      assert.equal(data[0], 0x40);
      const report = decoder.macPayload(id, data, 0, data.length, 5000 * i);
      assertSays(report, content, device.name);
    }
  }
});

Deno.test("addresses and names are unique, also of many devices, and do not depend on the seed", () => {
  const list = (seed: number) =>
    makeBeacons({ devices: 3000, seed, start_ms: 0 }).map(({ address, name, key }) => [
      address,
      name,
      key,
    ]);
  assert.deepEqual(list(1), list(2));
  assert.equal(new Set(list(1).map(([address]) => address)).size, 3000);
  assert.equal(new Set(list(1).map(([, name]) => name)).size, 3000);
  assert.equal(deviceLevel("A4:C1:38:00:00:01"), "A4C138000001");
  assert.equal(deviceLevel("1A62/0001"), "1A62-0001");
});
