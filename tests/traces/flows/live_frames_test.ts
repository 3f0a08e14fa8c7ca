/**
 * Frames that come from no file: what an observer is told of their contents, for who follows devices.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import type { Conversation, Side } from "../../../traces/flows/conversation.ts";
import { addressText } from "../../../traces/flows/endpoint_text.ts";
import { liveInterface } from "../../../traces/flows/live_interface.ts";
import { Observer } from "../../../traces/flows/observer.ts";
import type { WpanKey } from "../../../traces/flows/wpan.ts";
import type { WpanClosed } from "../../../traces/flows/wpan_observer.ts";
import type { Dissection } from "../../../traces/wire/dissection.ts";
import type { WpanFrame } from "../../../traces/wire/wpan_frame.ts";
import {
  ad,
  address,
  advertisingPdu,
  event,
  extendedPdu,
  le,
  packet,
  withRadio,
} from "../support/ble_frames.ts";
import { ipv6, udp } from "../support/packets.ts";
import * as made from "../support/wpan_frames.ts";

const { hex, macFrame } = made;

const LE = 251;
const LE_RADIO = 256;
const H4 = 187;
const WPAN_FCS = 195;
const WPAN = 230;
const SENSOR = "c0:00:5e:00:53:01";
const OTHER = "c0:00:5e:00:53:02";
/** Flags of a radio header of an auxiliary PDU: dewhitened, signal valid, 0 ADV, 1 CHAIN. */
const aux = (kind: number) => 0x0003 | 1 << 7 | kind << 12;

/** Writes down what it is told, as text. */
class Ear extends Observer {
  readonly heard: string[] = [];
  /** Frames of 802.15.4 that it was told of. */
  frames = 0;

  override advertisement(...[high, low]: Parameters<Observer["advertisement"]>) {
    this.heard.push(`advertisement of ${mac(high, low)}`);
  }

  override advertisingData(
    d: Dissection,
    ...[start, end, high, low, type, rssi, channel, pduType]: Tail<"advertisingData">
  ) {
    const data = d.data.subarray(start, end).toHex();
    this.heard.push(
      `${data} of ${mac(high, low)}/${type} at ${rssi} on ${channel}, PDU ${pduType}`,
    );
  }

  override wpanPayload(d: Dissection, frame: WpanFrame, start: number, end: number, safe: boolean) {
    const from = frame.sourceMode === 3
      ? frame.source64Lo.toString(16)
      : frame.source16.toString(16);
    const data = d.data.subarray(start, end).toHex();
    this.heard.push(`${data} of ${from}, ${safe ? "secured" : "plain"}`);
  }

  override wpanClosed(_: Dissection, frame: WpanFrame, reason: WpanClosed) {
    this.heard.push(`closed, counter ${frame.frameCounter}: ${reason}`);
  }

  override wpanBeacon(_: Dissection, frame: WpanFrame) {
    this.heard.push(`beacon of ${frame.sourcePan.toString(16)}`);
  }

  override wpanCommand(_: Dissection, frame: WpanFrame, command: number) {
    this.heard.push(`command ${command} of ${frame.source64Lo.toString(16)}`);
  }

  override wpanFrame() {
    this.frames++;
  }

  override udpPayload(d: Dissection, of: Conversation, side: Side, start: number, end: number) {
    this.heard.push(`${d.data.subarray(start, end).toHex()} from ${addressText(of, side)}`);
  }
}

type Tail<Name extends "advertisingData"> = Parameters<Observer[Name]> extends
  [unknown, ...infer Rest] ? Rest : never;

function mac(high: number, low: number): string {
  return (high * 2 ** 32 + low).toString(16).padStart(12, "0");
}

class Receiver {
  readonly ear = new Ear();
  readonly #decoder: CaptureDecoder;
  readonly #frame = new CaptureFrame();
  readonly #nodes = [liveInterface(1, "kitchen", LE), liveInterface(2, "cellar", LE)];

  constructor(wpanKeys: readonly (Uint8Array | WpanKey)[] = []) {
    this.#decoder = new CaptureDecoder({ observer: this.ear, wpanKeys });
  }

  /** @param node 0 or 1 @param time s @param length on the air @returns what the observer was told */
  hear(
    linkType: number,
    bytes: Uint8Array,
    ...[node = 0, time = 1, length = bytes.length]: [node?: number, time?: number, length?: number]
  ): string[] {
    const frame = this.#frame;
    frame.number++;
    frame.interface = this.#nodes[node];
    frame.linkType = linkType;
    frame.seconds = time;
    // Not at the beginning of its buffer, as in a batch.
    frame.data = Uint8Array.from([9, 9, 9, ...bytes, 9]);
    frame.start = 3;
    frame.capturedLength = bytes.length;
    frame.length = length;
    const before = this.ear.heard.length;
    this.#decoder.decode(frame);
    return this.ear.heard.slice(before);
  }
}

Deno.test("advertising data of a packet from the air", () => {
  const receiver = new Receiver();
  const pdu = advertisingPdu(0x42, address(SENSOR), ad(0x01, 6));
  const told = ["advertisement of c0005e005301", "020106 of c0005e005301/1 at 127 on 255, PDU 2"];
  assert.deepEqual(receiver.hear(LE, packet(pdu)), told);
  assert.deepEqual(receiver.hear(LE, packet(pdu, undefined, undefined, 1)), [], "CRC is wrong");
  assert.deepEqual(
    receiver.hear(LE_RADIO, withRadio(0, -40, 3, packet(pdu)))[1],
    "020106 of c0005e005301/1 at -40 on 37, PDU 2",
  );
  const request = advertisingPdu(0x43, address(OTHER), address(SENSOR));
  assert.deepEqual(receiver.hear(LE, packet(request)), []);
  const empty = advertisingPdu(0x42, address(SENSOR));
  assert.deepEqual(receiver.hear(LE, packet(empty)), ["advertisement of c0005e005301"]);
});

Deno.test("advertising data with a structure that is not whole is told of all the same", () => {
  const pdu = advertisingPdu(0x42, address(SENSOR), [2, 1, 6, 9, 0xff]);
  assert.equal(
    new Receiver().hear(LE, packet(pdu))[1],
    "02010609ff of c0005e005301/1 at 127 on 255, PDU 2",
  );
});

const first = (data: number[], of: string | undefined = SENSOR) =>
  extendedPdu(0x47, {
    ...(of === undefined ? {} : { advertiser: address(of) }),
    dataInfo: 0x1001,
    auxPointer: [5, 0, 0],
    data,
  });
const last = (data: number[], more = false) =>
  extendedPdu(0x07, { dataInfo: 0x1001, ...(more ? { auxPointer: [6, 0, 0] } : {}), data });

Deno.test("a chain is told of once, joined, with what is known of its first part", () => {
  for (const named of [true, false]) {
    const receiver = new Receiver();
    const hear = (rf: number, rssi: number, kind: number, pdu: Uint8Array) =>
      named
        ? receiver.hear(LE_RADIO, withRadio(rf, rssi, aux(kind), packet(pdu)))
        : receiver.hear(LE, packet(pdu));
    assert.deepEqual(hear(6, -50, 0, first([2, 1, 6, 3, 9])), ["advertisement of c0005e005301"]);
    assert.deepEqual(hear(7, -51, 1, last([0x45], true)), []);
    const at = named ? "-50 on 5" : "127 on 255";
    assert.deepEqual(hear(8, -52, 1, last([0x57])), [
      `02010603094557 of c0005e005301/1 at ${at}, PDU 7`,
    ]);
    if (named) assert.deepEqual(hear(8, -52, 1, last([0x57])), [], "its begin is missing");
  }
});

Deno.test("a chain of one receiver is not continued by another, nor by what comes late", () => {
  const receiver = new Receiver();
  receiver.hear(LE_RADIO, withRadio(6, -50, aux(0), packet(first([3, 9, 0x45]))));
  const end = withRadio(8, -52, aux(1), packet(last([0x57])));
  assert.deepEqual(receiver.hear(LE_RADIO, end, 1), []);
  assert.deepEqual(receiver.hear(LE_RADIO, end, 0, 5), [], "four seconds later");
});

Deno.test("the address may stand in the primary advertisement alone", () => {
  const receiver = new Receiver();
  const primary = extendedPdu(0x47, {
    advertiser: address(SENSOR),
    dataInfo: 0x1001,
    auxPointer: [5, 0, 0],
  });
  receiver.hear(LE_RADIO, withRadio(0, -60, 3, packet(primary)));
  const whole = withRadio(6, -50, aux(0), packet(last([2, 1, 6])));
  assert.deepEqual(receiver.hear(LE_RADIO, whole), [
    "020106 of c0005e005301/1 at -60 on 37, PDU 7",
  ]);
  assert.deepEqual(receiver.hear(LE_RADIO, whole), [
    "020106 of 000000000000/255 at -50 on 5, PDU 7",
  ]);
});

Deno.test("each report of an HCI event with its own address and signal strength", () => {
  const report = (of: string, data: number[], rssi: number) => [
    ...[0, 1, ...address(of), data.length, ...data, rssi & 255],
  ];
  const two = event(0x3e, 2, 2, report(SENSOR, ad(1, 6), -40), report(OTHER, ad(1, 4), -41));
  assert.deepEqual(new Receiver().hear(H4, two), [
    "advertisement of c0005e005301",
    "020106 of c0005e005301/1 at -40 on 255, PDU 0",
    "advertisement of c0005e005302",
    "020104 of c0005e005302/1 at -41 on 255, PDU 0",
  ]);
});

/** An extended report. @param status 0 complete, 1 more follows, 2 truncated */
function extendedReport(of: string, status: number, data: number[]): Uint8Array {
  return event(
    0x3e,
    ...[0x0d, 1, le(status << 5, 2), 1, address(of)],
    ...[1, 1, 3, 0x7f, -70 & 255, le(0, 2), 0, [0, 0, 0, 0, 0, 0]],
    ...[data.length, data],
  );
}

Deno.test("advertising data in several extended reports is joined, for each advertiser by itself", () => {
  const receiver = new Receiver();
  const data = (report: Uint8Array) => receiver.hear(H4, report).slice(1);
  assert.deepEqual(data(extendedReport(SENSOR, 1, [2, 1])), []);
  assert.deepEqual(data(extendedReport(OTHER, 0, [2, 1, 4])), [
    "020104 of c0005e005302/1 at -70 on 255, PDU 7",
  ]);
  assert.deepEqual(data(extendedReport(SENSOR, 0, [6])), [
    "020106 of c0005e005301/1 at -70 on 255, PDU 7",
  ]);
  assert.deepEqual(data(extendedReport(SENSOR, 0, [2, 1, 5])), [
    "020105 of c0005e005301/1 at -70 on 255, PDU 7",
  ]);
});

const KEY = hex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
const WRONG = hex("000102030405060708090a0b0c0d0e0f");
const LONG = "00124b0001020304";
const BTHOME = hex("4002ca09");
/** A data frame with payload `BTHOME`, encrypted and with an integrity code of 4 bytes. */
const sealed = (source: string | number, counter: number, sender?: string) =>
  macFrame({
    destination: 0,
    source,
    compression: true,
    payload: BTHOME,
    security: { level: 5, key: KEY, counter, ...(sender === undefined ? {} : { sender }) },
  });

Deno.test("802.15.4: payloads, plain and opened", () => {
  const receiver = new Receiver([KEY]);
  const plain = macFrame({ destination: 0, source: 0x4321, compression: true, payload: BTHOME });
  assert.deepEqual(receiver.hear(WPAN, plain), ["4002ca09 of 4321, plain"]);
  assert.deepEqual(receiver.hear(WPAN_FCS, made.withFcs(plain)), ["4002ca09 of 4321, plain"]);
  const broken = made.withFcs(plain);
  broken[broken.length - 1]! ^= 1;
  assert.deepEqual(receiver.hear(WPAN_FCS, broken), [], "FCS is wrong");
  assert.equal(receiver.ear.frames, 3);
  assert.deepEqual(receiver.hear(WPAN, sealed(LONG, 7)), ["4002ca09 of 1020304, secured"]);
});

Deno.test("802.15.4: secured is what has an integrity code that fits a key, all of it", () => {
  const at = (level: number) =>
    macFrame({
      ...{ destination: 0, source: LONG, compression: true, payload: BTHOME },
      security: { level, key: KEY, counter: 7 },
    });
  for (const level of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const told = new Receiver([KEY]).hear(WPAN, at(level));
    const how = level % 4 === 0 ? "plain" : "secured";
    assert.deepEqual(told, [`4002ca09 of 1020304, ${how}`], `level ${level}`);
  }
  for (const level of [0, 1, 2, 4, 5, 6]) {
    const whole = at(level);
    for (let missing = 1; missing < 12; missing++) {
      const told = new Receiver([KEY]).hear(WPAN, whole.subarray(0, -missing), 0, 1, whole.length);
      assert.deepEqual(told, [], `level ${level}, ${missing} bytes missing`);
    }
  }
});

Deno.test("802.15.4: why a payload stays closed", () => {
  const hear = (keys: (Uint8Array | WpanKey)[], frame: Uint8Array) =>
    new Receiver(keys).hear(WPAN, frame);
  assert.deepEqual(hear([], sealed(LONG, 7)), ["closed, counter 7: no key"]);
  assert.deepEqual(hear([WRONG], sealed(LONG, 7)), ["closed, counter 7: wrong key"]);
  assert.deepEqual(hear([KEY], sealed(0x4321, 7, LONG)), ["closed, counter 7: no address"]);
  const changed = sealed(LONG, 7);
  changed[changed.length - 6]! ^= 1;
  assert.deepEqual(hear([KEY], changed), ["closed, counter 7: wrong key"]);
});

Deno.test("802.15.4: a key for one sender opens frames of that one", () => {
  const opened = ["4002ca09 of 1020304, secured"];
  const source = 0x00124b0001020304n;
  for (const given of [source, hex(LONG)]) {
    const receiver = new Receiver([WRONG, { key: KEY, source: given }]);
    assert.deepEqual(receiver.hear(WPAN, sealed(LONG, 7)), opened);
  }
  const stranger = sealed("00124b0001020305", 7);
  assert.deepEqual(new Receiver([{ key: KEY, source }]).hear(WPAN, stranger), [
    "closed, counter 7: no key",
  ]);
  assert.deepEqual(
    new Receiver([KEY, { key: WRONG, source }]).hear(WPAN, sealed(LONG, 7)),
    opened,
    "keys for any sender come after",
  );
});

Deno.test("802.15.4: a key's extended address serves for frames with a short one", () => {
  const key = { key: KEY, source: 0x00124b0001020304n, pan: 0x1234, short: 0x4321 };
  const frame = sealed(0x4321, 7, LONG);
  assert.deepEqual(new Receiver([key]).hear(WPAN, frame), ["4002ca09 of 4321, secured"]);
  assert.deepEqual(new Receiver([{ ...key, pan: 0x1235 }]).hear(WPAN, frame), [
    "closed, counter 7: no key",
  ]);
});

Deno.test("802.15.4: an extended address for a key has eight bytes", () => {
  assert.throws(() => new Receiver([{ key: KEY, source: hex("0102") }]), RangeError);
});

Deno.test("802.15.4: beacons and commands", () => {
  const receiver = new Receiver();
  const beacon = macFrame({ type: 0, source: 0, sourcePan: 0xbeef, open: hex("ffcf 00 00") });
  assert.deepEqual(receiver.hear(WPAN, beacon), ["beacon of beef"]);
  const association = macFrame({
    type: 3,
    destination: 0,
    source: LONG,
    sourcePan: 0xffff,
    open: hex("01"),
    payload: hex("8e"),
  });
  assert.deepEqual(receiver.hear(WPAN, association), ["command 1 of 1020304"]);
});

Deno.test("UDP over 6LoWPAN: the payload, and who sent it", () => {
  const linkLocal = (last: number) => [0xfe, 0x80, ...new Array<number>(13).fill(0), last];
  const ends = { source: linkLocal(1), destination: linkLocal(2) };
  const datagram = ipv6({ ...ends, next: 17 }, udp(ends, 7000, 7001, BTHOME));
  const payload = made.join([0x41], datagram);
  const frame = macFrame({ destination: 2, source: 1, compression: true, payload });
  const told = new Receiver().hear(WPAN, frame);
  assert.equal(told.length, 2, told.join("; "));
  assert.match(told[0]!, /of 1, plain$/);
  assert.equal(told[1], "4002ca09 from fe80::1");
});
