/** What envelopes hold, as the intake hands it on: one line per call. */
import assert from "node:assert/strict";
import type {
  FrameSecurity,
  Hearing,
  RadioListener,
} from "../../../gateway/nodes/radio/hearing.ts";
import { RadioIntake } from "../../../gateway/nodes/radio/radio_intake.ts";
import { RadioNode } from "../../../gateway/nodes/radio/radio_node.ts";
import { WpanLink } from "../../../traces/flows/wpan.ts";
import { RadioFlag, RadioLink, type RadioRecord } from "../../../traces/sensors/radio_envelope.ts";
import type { DeviceId } from "../../../traces/sensors/sensor_decoder.ts";
import { RadioSource, record } from "../../support/radio.ts";
import { wpanSensors } from "../../traces/samples/sensor_session.ts";
import { bytesOf, ipv6, udp } from "../../traces/support/packets.ts";
import {
  firstFragment,
  hex,
  join,
  macFrame,
  type MacSecurity,
  nextFragment,
  withFcs,
} from "../../traces/support/wpan_frames.ts";

const EXTENDED = "00124b0001020304";
const KEY = hex("231d39c1d7cc1ab1aee224cd096db932");
const DOOR = hex("40 1a 01");

class Recorder implements RadioListener {
  readonly told: string[] = [];

  advertisement({ rssi, channel }: Hearing, address: number) {
    this.told.push(`advertisement of ${address.toString(16)} at ${rssi} dBm on ${channel}`);
  }

  macPayload(
    { rssi, channel }: Hearing,
    device: DeviceId,
    data: Uint8Array,
    ...[start, end, { secured, counter }]: [number, number, FrameSecurity]
  ) {
    const what = data.subarray(start, end).toHex();
    const how = secured ? "secured" : "plain";
    this.told.push(`${what} of ${device}, ${how} ${counter}, at ${rssi} dBm on ${channel}`);
  }

  closed({ channel }: Hearing, device: DeviceId, reason: string) {
    this.told.push(`closed of ${device}: ${reason}, on ${channel}`);
  }

  beacon({ rssi, channel }: Hearing, pan: number, coordinator: DeviceId) {
    this.told.push(`beacon of ${coordinator} in ${pan.toString(16)} at ${rssi} dBm on ${channel}`);
  }

  associationRequest({ rssi, channel }: Hearing, device: DeviceId) {
    this.told.push(`association request of ${device} at ${rssi} dBm on ${channel}`);
  }
}

/** A node and what its envelopes say. */
class Intake {
  readonly node = new RadioNode("attic", "edgewire", 0);
  readonly problems: string[] = [];
  readonly intake: RadioIntake;
  readonly #recorder = new Recorder();
  readonly #source = new RadioSource("attic");

  constructor(keys: { key: Uint8Array; source?: bigint }[] = []) {
    this.intake = new RadioIntake(this.#recorder, keys, (_, text) => this.problems.push(text));
  }

  /** @returns what was told of the records */
  take(...records: RadioRecord[]): string[] {
    const { told } = this.#recorder;
    const before = told.length;
    this.intake.take(this.node, "id", this.#source.envelope(...records), { at: 1000, time: 0 });
    return told.slice(before);
  }

  /** Frames of 802.15.4. */
  hear(frame: Uint8Array, more: Partial<RadioRecord> = {}): string[] {
    return this.take(
      record(frame, { linkType: RadioLink.WpanNoFcs, rssi: -70, channel: 15, ...more }),
    );
  }
}

const keyed = () => new Intake([{ key: KEY, source: BigInt(`0x${EXTENDED}`) }]);

function sealed(security: Partial<MacSecurity>, payload = DOOR, version = 1): Uint8Array {
  return macFrame({
    ...{ version, source: EXTENDED, destination: 0, compression: version < 2, payload },
    security: { level: 5, key: KEY, counter: 10, ...security },
  });
}

/** UDP over uncompressed IPv6, behind the dispatch byte. */
function datagram(payload: Uint8Array, port = 7000): Uint8Array {
  const linkLocal = (last: number) => [0xfe, 0x80, ...new Array<number>(13).fill(0), last];
  const ends = { source: linkLocal(1), destination: linkLocal(2) };
  return ipv6({ ...ends, next: 17 }, udp(ends, port, port, payload));
}

const overUdp = (payload: Uint8Array, port?: number) => bytesOf(0x41, datagram(payload, port));

const plain = (payload: Uint8Array) =>
  macFrame({ source: 1, destination: 0, compression: true, payload });

Deno.test("secured is what an integrity code proves, and nothing else has a counter", () => {
  const intake = keyed();
  const said = (frame: Uint8Array) => intake.hear(frame).map((text) => text.replace(/, at .*/, ""));
  for (const level of [1, 2, 3, 5, 6, 7]) {
    assert.deepEqual(said(sealed({ level, counter: 10 + level })), [
      `401a01 of 00124B0001020304, secured ${10 + level}`,
    ]);
  }
  const none = { level: 0, key: new Uint8Array(16), counter: 0x7fffffff };
  for (const version of [1, 2]) {
    for (const keyIdMode of [0, 1]) {
      assert.deepEqual(said(sealed({ ...none, keyIdMode }, DOOR, version)), [
        "401a01 of 00124B0001020304, plain -1",
      ], `version ${version}, key id mode ${keyIdMode}`);
    }
  }
  // A frame of 2003 does not name its level: another is assumed, which has a code.
  const long = join(DOOR, new Uint8Array(12));
  assert.match(said(sealed(none, long, 0)).join(), /^closed of .*: wrong key,/);
  assert.deepEqual(said(sealed({ level: 4, counter: 0xfffffffe })), [
    "401a01 of 00124B0001020304, plain -1",
  ]);
  assert.match(said(sealed({ level: 5, key: hex("00".repeat(16)) })).join(), /^closed/);
  assert.deepEqual(said(plain(DOOR)), ["401a01 of 1234-0001, plain -1"]);
});

Deno.test("of level 4, whatever comes out without the key is never secured", () => {
  const intake = keyed();
  const told: string[] = [];
  for (let i = 0; i < 2000; i++) {
    const key = new Uint8Array(16).fill(i);
    key[0] = i >>> 8;
    told.push(...intake.hear(sealed({ level: 4, key, counter: 0xfffffffe })));
  }
  assert.ok(told.length > 0, "some hit the first byte");
  assert.deepEqual(told.filter((text) => !text.includes(", plain -1, ")), []);
});

Deno.test("a frame cut short hands on nothing, and is not malformed", () => {
  const cut = { flags: RadioFlag.UnixTime | RadioFlag.Cut };
  const intake = keyed();
  const frames = [sealed({ level: 2 }), sealed({ level: 5 }), plain(DOOR), plain(overUdp(DOOR))];
  for (const [i, frame] of frames.entries()) {
    for (let missing = 0; missing < frame.length; missing++) {
      const there = frame.subarray(0, frame.length - missing);
      for (const linkType of [RadioLink.WpanNoFcs, RadioLink.WpanWithFcs]) {
        const told = intake.hear(there, { ...cut, linkType });
        assert.deepEqual(
          told.filter((text) => !text.startsWith("closed")),
          [],
          `frame ${i}, ${missing} bytes missing`,
        );
      }
    }
  }
  assert.equal(intake.node.malformed, 0);
});

Deno.test("a frame that contradicts itself counts as malformed", () => {
  const intake = new Intake();
  assert.deepEqual(intake.hear(hex("61 88 01")), []);
  assert.equal(intake.node.malformed, 1);
  // Begins like a network frame of Zigbee, and is a sensor's.
  assert.equal(intake.hear(plain(hex("44 0006 210121 01"))).length, 1);
  assert.equal(intake.node.malformed, 1);
});

Deno.test("CoAP in a datagram is no sensor, whatever its token's length", () => {
  const intake = new Intake();
  for (let token = 0; token < 8; token++) {
    const head = hex(`4${token} 01 7d34`);
    const coap = join(head, new Uint8Array(token).fill(7), hex("b1 61"));
    for (const port of [5683, 7000, 61631]) {
      assert.deepEqual(intake.hear(plain(overUdp(coap, port))), [], `token ${token}, port ${port}`);
    }
  }
  // The same four bytes are a request and a temperature: the port tells.
  for (const port of [5683, 61631]) {
    assert.deepEqual(intake.hear(plain(overUdp(hex("4002ca09"), port))), []);
  }
  assert.deepEqual(intake.hear(plain(overUdp(hex("4002ca09")))), [
    "4002ca09 of 1234-0001, plain -1, at -70 dBm on 15",
  ]);
});

Deno.test("datagrams are a sensor's when they read as such, and their frame names who sent it", () => {
  const intake = new Intake();
  for (const odd of ["40 02ca", "40 fe01", "40 02ca09 fe", "41 02ca09 00112233", "43 02ca09"]) {
    assert.deepEqual(intake.hear(plain(overUdp(hex(odd)))), [], odd);
  }
  const nobody = macFrame({ destination: 0, payload: overUdp(DOOR) });
  assert.deepEqual(intake.hear(nobody), [], "no source address");
  const unset = macFrame({ source: 0xfffe, destination: 0, compression: true, payload: DOOR });
  assert.deepEqual(intake.hear(unset), [], "a short address that is none");
});

Deno.test("a secured datagram: its own frame's security; fragments of others do not join it", () => {
  const bytes = datagram(hex("40 1a 01 02 ca09 03 bf13"));
  const [head, rest] = [bytes.subarray(0, 48), bytes.subarray(48)];
  const first = firstFragment(bytes.length, 7, bytesOf(0x41, head));
  const next = nextFragment(bytes.length, 7, 48, rest);
  const intake = keyed();
  assert.deepEqual(intake.hear(sealed({ counter: 2 }, overUdp(DOOR))), [
    "401a01 of 00124B0001020304, secured 2, at -70 dBm on 15",
  ]);
  intake.hear(sealed({ counter: 3 }, first));
  assert.deepEqual(intake.hear(sealed({ counter: 4 }, next)), [
    "401a0102ca0903bf13 of 00124B0001020304, secured 4, at -70 dBm on 15",
  ]);
  const forged = (part: Uint8Array) => sealed({ level: 0, counter: 9 }, part);
  intake.hear(forged(first));
  assert.deepEqual(intake.hear(sealed({ counter: 5 }, next)), []);
  assert.deepEqual(intake.hear(forged(next)), [
    "401a0102ca0903bf13 of 00124B0001020304, plain -1, at -70 dBm on 15",
  ]);
});

Deno.test("link types that an envelope has not are not read, and told once", () => {
  const intake = new Intake();
  const ethernet = join(
    hex("020202020202 010101010101 86dd"),
    datagram(DOOR),
  );
  const tap = join(hex("0000 0400"), plain(DOOR));
  const others: [Uint8Array, number][] = [[ethernet, 1], [tap, WpanLink.Tap], [plain(DOOR), 0]];
  for (const [frame, linkType] of others) {
    assert.deepEqual(intake.hear(frame, { linkType }), [], `link type ${linkType}`);
  }
  assert.equal(intake.intake.unknownLinks, 3);
  assert.equal(intake.node.unknownLinks, 3);
  assert.equal(intake.node.malformed, 3);
  assert.deepEqual(intake.problems, [
    "radio envelope: link type 1 is none of 187, 195, 230, 251",
  ]);
  assert.equal(intake.hear(plain(DOOR)).length, 1);
});

Deno.test("a frame has nothing of the one before it", () => {
  const intake = keyed();
  const nobody = macFrame({ destination: 0, payload: overUdp(DOOR) });
  const told = intake.take(
    ...[sealed({ counter: 77 }), plain(DOOR), nobody].map((frame) =>
      record(frame, { linkType: RadioLink.WpanNoFcs })
    ),
  );
  assert.deepEqual(told, [
    "401a01 of 00124B0001020304, secured 77, at 127 dBm on 255",
    "401a01 of 1234-0001, plain -1, at 127 dBm on 255",
  ]);
});

Deno.test("each report of an event has its own RSSI; one that has none takes the record's", () => {
  const report = (address: string, rssi: string) =>
    hex(`03 01 ${address} 08 07 16d2fc 40 02d007 ${rssi}`);
  const parameters = join(
    hex("02 03"),
    ...[report("060504030201", "d8"), report("161514131211", "7f"), report("262524232221", "c4")],
  );
  const event = join(hex("04 3e"), [parameters.length], parameters);
  const heard = (more: Partial<RadioRecord>) => new Intake().take(record(event, more));
  assert.deepEqual(heard({}), [
    "advertisement of 10203040506 at -40 dBm on 255",
    "advertisement of 111213141516 at 127 dBm on 255",
    "advertisement of 212223242526 at -60 dBm on 255",
  ]);
  assert.deepEqual(heard({ rssi: -55, channel: 38 }), [
    "advertisement of 10203040506 at -40 dBm on 38",
    "advertisement of 111213141516 at -55 dBm on 38",
    "advertisement of 212223242526 at -60 dBm on 38",
  ]);
});

Deno.test("the channel of 802.15.4 frames of every kind", () => {
  const intake = keyed();
  const [beacon, request, readings, , , , wrongKey] = wpanSensors();
  const told = [beacon!, request!, readings!, wrongKey!].flatMap((frame) =>
    intake.hear(withFcs(frame), { linkType: RadioLink.WpanWithFcs, channel: 26, rssi: -81 })
  );
  assert.deepEqual(told, [
    "beacon of 1A62-0000 in 1a62 at -81 dBm on 26",
    "association request of 00124B0001020304 at -81 dBm on 26",
    "400005016402ca0903bf13 of 1234-0001, plain -1, at -81 dBm on 26",
    "closed of 00124B0001020304: wrong key, on 26",
  ]);
});
