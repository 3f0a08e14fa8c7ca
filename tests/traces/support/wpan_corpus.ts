/**
 * IEEE 802.15.4 frames of every kind that is decoded, for comparing with tshark and for fuzzing.
 *
 * @module
 */
import { zigbeeKeyHash } from "../../../traces/wire/zigbee_keys.ts";
import {
  type Address,
  apsData,
  be16,
  firstFragment,
  float32,
  headerIe,
  hex,
  join,
  le16,
  le32,
  le64,
  type MacFrame,
  macFrame,
  nestedIe,
  nextFragment,
  payloadIe,
  recoverableFragment,
  tap,
  tapTlv,
  transportKey,
  withFcs,
  withFcs32,
  zigbeeNwk,
  zigbeeSecure,
  type ZigbeeSecurityHeader,
} from "./wpan_frames.ts";

const LONG_A = "0011223344556677";
const LONG_B = "8899aabbccddeeff";
const SHORTS = { destination: 0x2222, source: 0x1111, compression: true };
const LONGS = { destination: LONG_B, source: LONG_A, compression: true };

/** The MAC key of secured frames, with index 0 and 1. */
export const MAC_KEY = hex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
/** The trust centre link key that every Zigbee 3.0 network starts with. */
export const TRUST_CENTRE_KEY = hex("5a6967426565416c6c69616e63653039");
const NETWORK_KEY = hex("00112233445566778899aabbccddeeff");
const LINK_KEY = hex("0f0e0d0c0b0a09080706050403020100");

/** Every frame version and type with every combination of addresses, without FCS. */
export function addressingFrames(): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const payloads: Record<number, string> = { 0: "ff cf 00 00 00 22 8c", 3: "04" };
  for (const version of [0, 1, 2, 3]) {
    for (const type of [0, 1, 2, 3, 4, 6, 7]) {
      for (const destination of [undefined, 0x1111, LONG_A] as Address[]) {
        for (const source of [undefined, 0x2222, LONG_B] as Address[]) {
          for (const compression of [false, true]) {
            const payload = hex(payloads[type] ?? "0102030405");
            const addresses = { destination, source, compression, pan: 0x1234, sourcePan: 0x5678 };
            frames.push(macFrame({ version, type, ...addresses, payload }));
          }
        }
      }
    }
  }
  return frames;
}

/** Reserved modes, suppressed sequence numbers, multipurpose frames without security. */
export function unusualFrames(): Uint8Array[] {
  const rest = hex("01 34 12 11 11 22 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 00 3f");
  const frames = [0x0441, 0x4801, 0x8941, 0x0161, 0x2161, 0x6161, 0x2901, 0xa901, 0xe101]
    .map((control) => join(le16(control), rest));
  for (let i = 0; i < 16; i++) frames.push(join([0x05 | i << 4], rest));
  for (const high of [0x00, 0x01, 0x04, 0x05, 0x08, 0x40, 0x10, 0x30]) {
    frames.push(join([0xad, high], rest));
  }
  frames.push(macFrame({ version: 2, suppressed: true, destination: 1, source: 2, payload: rest }));
  return frames;
}

/** All levels and key identifier modes, long and short senders, wrong keys, slot numbers. */
export function securedFrames(): Uint8Array[] {
  const frames = [macFrame({
    ...{ type: 3, version: 1, sequence: 9, pan: 0x4321, ...LONGS },
    ...{ open: hex("02"), payload: hex("22 22 00") },
  })];
  const text = hex("48656c6c6f20576f726c64");
  for (const version of [1, 2]) {
    for (const source of [LONG_A, 0x2222] as Address[]) {
      for (let level = 0; level < 8; level++) {
        for (const keyIdMode of [0, 1, 2, 3]) {
          const sender = source === LONG_A ? LONG_A : LONG_B;
          const keySource = hex("0102030405060708").slice(0, [0, 0, 4, 8][keyIdMode]);
          const key = { key: MAC_KEY, keyIdMode, keySource, keyIndex: keyIdMode === 0 ? 0 : 1 };
          const addresses = { source, destination: 0x1111, compression: true, pan: 0x4321 };
          const security = { level, counter: 5 + level, sender, ...key };
          frames.push(macFrame({ version, ...addresses, payload: text, security }));
        }
      }
    }
  }
  for (let level = 1; level < 8; level++) frames.push(...otherSecured(level, text));
  return frames;
}

function otherSecured(level: number, text: Uint8Array): Uint8Array[] {
  const security = { level, key: MAC_KEY, counter: 77, keyIdMode: 1, keyIndex: 1 };
  const wrong = { ...security, key: hex("00".repeat(16)) };
  const base = { source: LONG_A, destination: LONG_B };
  return [
    macFrame({ version: 2, ...base, payload: text, security: { ...security, asn: 0 } }),
    macFrame({ version: 2, ...SHORTS, payload: text, security: { ...security, asn: 0 } }),
    macFrame({ type: 3, version: 2, ...base, payload: hex("04"), security }),
    macFrame({ type: 3, version: 1, ...base, open: hex("01"), payload: hex("8e"), security }),
    macFrame({ version: 1, ...base, payload: hex("1122"), security: wrong }),
    macFrame({
      ...{ version: 1, source: 0x9999, destination: LONG_B, payload: text },
      security: { ...security, sender: LONG_A },
    }),
    macFrame({ version: 1, ...base, security }),
  ];
}

/** Frames with TAP headers of every TLV. */
export function tapFrames(): Uint8Array[] {
  const asn = 0x1234567890;
  const frame = macFrame({ ...SHORTS, payload: hex("ff0102") });
  const security = { level: 5, key: MAC_KEY, counter: 0, asn, keyIdMode: 1, keyIndex: 1 };
  const slotted = macFrame({
    ...{ version: 2, source: LONG_A, destination: LONG_B, payload: hex("48656c6c6f") },
    security,
  });
  const start = 1_700_000_000_123_456_789n;
  const channel = tapTlv(3, hex("0f0000"));
  return [
    tap([
      ...[tapTlv(0, hex("01")), tapTlv(1, float32(-71.5)), tapTlv(2, hex("90d00300")), channel],
      ...[tapTlv(10, hex("c8")), tapTlv(7, le64(BigInt(asn)))],
    ], withFcs(slotted)),
    tap([tapTlv(0, hex("02")), tapTlv(1, float32(-80))], withFcs32(frame)),
    tap([tapTlv(1, float32(0.25))], frame),
    tap([
      ...[tapTlv(5, le64(start + 2_120_000n)), tapTlv(6, le64(start + 4_120_000n))],
      ...[tapTlv(8, le64(start)), tapTlv(9, Uint8Array.from(le32(10000)))],
    ], frame),
    tap([
      ...[tapTlv(4, hex("000001")), tapTlv(4, hex("010601")), tapTlv(4, hex("010901"))],
      ...[tapTlv(11, float32(2405000))],
      tapTlv(12, join(float32(902200), float32(200), le16(129))),
    ], frame),
    tap([tapTlv(13, hex("00010203")), tapTlv(99, hex("010203"))], frame),
    tap([join(le16(0), le16(1), hex("01ffffff"))], withFcs(frame)),
    tap([tapTlv(0, hex("05"))], frame),
    hex("01000400ff"),
    hex("0000ff00aabb"),
  ];
}

/** Header IEs, payload IEs, nested IEs. */
export function ieFrames(): Uint8Array[] {
  const payload = hex("ff02030405");
  const [payloadIes, plain] = [headerIe(0x7e), headerIe(0x7f)];
  const made = (headerIes: Uint8Array, rest: Uint8Array, more: Partial<MacFrame> = {}) =>
    macFrame({ version: 2, ...SHORTS, headerIes, payload: rest, ...more });
  const inHeader = (id: number, content: string) =>
    made(join(headerIe(id, hex(content)), plain), payload);
  const inPayload = (id: number, content: Uint8Array, more: Partial<MacFrame> = {}) =>
    made(payloadIes, join(payloadIe(id, content), payloadIe(15), payload), more);
  const nested = (...ies: Uint8Array[]) => inPayload(1, join(...ies));
  const slots = "01 0807 8000 4808 6004 2003 e803 9808 9001 c000 6009";
  return [
    inHeader(0x1e, "0a00"),
    made(headerIe(0x1e, hex("f68f")), hex(""), { type: 2 }),
    made(headerIe(0x1e, hex("0050")), hex(""), { type: 2 }),
    ...["0102 0304", "0102 03f4 0506"].map((content) => inHeader(0x1a, content)),
    ...["0102", "0102 0304"].map((content) => inHeader(0x1d, content)),
    inHeader(0x29, "00f15365"),
    made(payloadIes, hex("")),
    nested(nestedIe(0x1a, hex("0102030405 07"))),
    nested(
      nestedIe(0x1a, hex("0102030405 07")),
      nestedIe(0x1c, hex("00")),
      nestedIe(9, hex("00"), true),
      nestedIe(0x1b, hex("01 00 6500 02 0000 0000 0f 0100 0200 01")),
    ),
    nested(
      nestedIe(0x1c, hex(`${slots} 1027 2800`)),
      nestedIe(0x1c, hex(`${slots} 102700 280001`)),
      nestedIe(9, hex("00 0102030405"), true),
      nestedIe(0x33, hex("aabb")),
    ),
    inPayload(1, nestedIe(0x1a, hex("0102030405 07")), { type: 0 }),
    inPayload(2, hex("112233 aabbcc")),
    inPayload(2, hex("1b194a 4100 fb")),
    inPayload(5, hex("c9")),
    inPayload(3, hex("01 aabb")),
    inPayload(1, nestedIe(0x1a, hex("0102"))),
  ];
}

/** All MAC commands, beacons of several kinds. */
export function commandFrames(): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const base = { type: 3, version: 1, source: LONG_A, destination: LONG_B };
  for (let id = 0; id < 0x30; id++) {
    for (const payload of ["", "8e", "223300", "0102030405060708090a"]) {
      frames.push(macFrame({ ...base, open: Uint8Array.of(id), payload: hex(payload) }));
    }
  }
  for (let id = 0; id < 0x28; id++) {
    frames.push(macFrame({ ...base, version: 2, payload: join([id], hex("8e0300")) }));
  }
  frames.push(macFrame({
    ...{ ...base, destination: 0xffff, pan: 0xffff, sourcePan: 1 },
    ...{ open: hex("08"), payload: hex("3412 0000 0f feff 00") },
  }));
  const beacons = [
    "ff cf 00 00",
    "ff cf 80 01 2222",
    "12 34 83 05 1111 13 2222 24 3333 31 12 1111 0102030405060708 00 22 84 0102030405060708 " +
    "ffffff 00",
    "ff cf 00 00 00 22 84 0102030405060708",
    "ff cf 00 00 00 21 84 010203 04",
    "ff cf 00 00 02 83 41424344454647480000000000000000 01",
    "ff cf 00 00 05 01",
    "21 00 00",
  ];
  for (const beacon of beacons) {
    for (const source of [0x0000, LONG_A] as Address[]) {
      frames.push(macFrame({ type: 0, version: 0, source, payload: hex(beacon) }));
    }
  }
  const payload = hex("00 22 84 0102030405060708 ffffff 00");
  frames.push(macFrame({ type: 0, version: 2, source: 0, payload }));
  return frames;
}

/** Preamble, start of frame and length before the frames of the air. */
export function phyFrames(): Uint8Array[] {
  return [...addressingFrames().slice(130, 190), ...commandFrames().slice(0, 20)].map((frame) => {
    const sent = withFcs(frame);
    return join(hex("00000000 a7"), [sent.length], sent);
  });
}

const REPORT = hex("18 05 0a 0000 29 3408");

/** Zigbee: headers, all commands, fragments, keys that are given, sent, and derived. */
export function zigbeeFrames(): Uint8Array[] {
  const mac = (payload: Uint8Array) => macFrame({ version: 0, ...SHORTS, payload });
  const network = (counter: number, hidden = false): ZigbeeSecurityHeader => ({
    ...{ key: NETWORK_KEY, keyId: 1, counter, sender: LONG_A, hidden },
  });
  const nwk = (payload: Uint8Array, security?: ZigbeeSecurityHeader) =>
    mac(zigbeeNwk({
      ...{ destination: 2, source: 1, payload },
      ...(security === undefined ? {} : { security }),
    }));
  const secureAps = (key: Uint8Array, sender: string, hidden = false) =>
    zigbeeSecure(hex("60 01 0204 0401 01 05"), REPORT, {
      ...{ key, keyId: 0, counter: 3, sender, hidden },
    });
  const frames = [
    nwk(apsData(0x402, 0x104, 1, REPORT)),
    nwk(apsData(0x402, 0x104, 1, REPORT), network(5)),
    nwk(zigbeeSecure(hex("21 05"), transportKey(NETWORK_KEY, LONG_B, LONG_A), {
      ...{ key: zigbeeKeyHash(TRUST_CENTRE_KEY, 0), keyId: 2, counter: 9, sender: LONG_A },
    })),
    nwk(apsData(0x402, 0x104, 2, REPORT), network(6)),
    nwk(apsData(0x402, 0x104, 3, REPORT), network(7, true)),
    nwk(secureAps(TRUST_CENTRE_KEY, LONG_A, true), network(9)),
    nwk(secureAps(TRUST_CENTRE_KEY, LONG_A), network(9)),
    nwk(secureAps(LINK_KEY, LONG_A), network(9)),
    nwk(zigbeeSecure(
      hex("21 06"),
      join(hex("05 04"), LINK_KEY, hex(LONG_B).reverse(), hex(LONG_A).reverse()),
      { key: zigbeeKeyHash(TRUST_CENTRE_KEY, 2), keyId: 3, counter: 10, sender: LONG_A },
    )),
    nwk(secureAps(LINK_KEY, LONG_A, true), network(9)),
  ];
  for (const command of NWK_COMMANDS) {
    for (const security of [undefined, network(20)]) {
      frames.push(mac(zigbeeNwk({
        ...{ type: 1, destination: 0xfffc, source: 1, payload: hex(command) },
        ...(security === undefined ? {} : { security }),
      })));
    }
  }
  for (const command of APS_COMMANDS) frames.push(nwk(join(hex("01 33"), hex(command))));
  frames.push(...zigbeeHeaders(mac));
  return frames;
}

function zigbeeHeaders(mac: (payload: Uint8Array) => Uint8Array): Uint8Array[] {
  const base = { destination: 2, source: 1, payload: apsData(0x402, 0x104, 1, REPORT) };
  const fragment = (head: string, part: Uint8Array) =>
    mac(zigbeeNwk({ ...base, payload: join(hex(head), part) }));
  const frames = [
    mac(zigbeeNwk({ ...base, flags: 0x100, extra: hex("5d") })),
    mac(zigbeeNwk({ ...base, flags: 0x400, extra: hex("02 00 1111 2222") })),
    mac(zigbeeNwk({ ...base, flags: 0x2800, extra: hex("0102030405060708") })),
    mac(zigbeeNwk({ ...base, source64: LONG_A })),
    mac(hex("4802 0200 0100 1e 05")),
    mac(hex("4802 0200")),
    mac(hex("0800 0200 0100 1e 05")),
    fragment("c0 01 0204 0401 01 44 01 03", REPORT.slice(0, 3)),
    fragment("c0 01 0204 0401 01 44 02 01", REPORT.slice(3, 5)),
    fragment("c0 01 0204 0401 01 44 02 02", REPORT.slice(5)),
    fragment("82 01 0204 0401 01 44 01 00 ff", hex("")),
    macFrame({
      ...{ version: 0, destination: 0xffff, source: LONG_A, pan: 0xffff, sourcePan: 1 },
      payload: hex("0b00 0b 0204 0401 18 05 0a 0000 29 3408"),
    }),
  ];
  for (let control = 0; control < 256; control += 4) {
    const payload = join([control & 0x5c | control >>> 6], hex("01 0204 0401 02 07 18 05 0a 01"));
    frames.push(mac(zigbeeNwk({ ...base, payload })));
  }
  return frames;
}

const NWK_COMMANDS = [
  ...["01 00 05 3412 01", "01 28 05 3412 01 0102030405060708", "01 18 05 fcff 00"],
  ...["02 30 05 0100 0200 02 0102030405060708 1112131415161718", "02 00 05 0100 0200 02"],
  ...["03 0c 3412", "03 13 3412 08", "04 e0", "04 20", "05 02 1111 2222", "06 8e", "07 3412 00"],
  ...["08 62 0100 13 0200 77", "09 02 0102030405060708 1111 2222", "0b 08 00", "0c 00 07"],
  ...["0a 01 0102030405060708 05 3333", "0d 01 02 1111 05 2222 fb", "0e 0102", "08 63 0100 13"],
];
const LINK = "11".repeat(16);
const APS_COMMANDS = [
  ...[`01 ${LINK}${LINK}`, `05 01 ${LINK}00${LINK}`, `05 03${LINK}${LINK.slice(14)}`],
  ...[`05 04${LINK}${LINK}`, "06 0102030405060708 3412 01", "07 0102030405060708", "08 01"],
  ...["08 02 0102030405060708", "09 01", `0a 00 01${LINK}${LINK}`, `0b 01${LINK}${LINK}`],
  ...[`0c${LINK}0101010101`, `0f 04 0102030405060708${LINK}`, "10 00 04 0102030405060708"],
  ...[
    "0e 0102030405060708 0001 0204 0401 01 05 18 05 0a",
    "11 22",
    `03 ${LINK}${LINK}`,
    "05 01 1122",
  ],
];

/** Green Power and Lightweight Mesh. */
export function otherFrames(): Uint8Array[] {
  const power = ["0c 01020304 20", "8c 30 01020304 05000000 20 aabbccdd", "0d e0 01"]
    .concat("8c 38 01020304 05000000 20 aabbccdd", "8c 08 01020304 20 aabb");
  const mesh = ["01 05 0100 0200 11 aabb", "02 05 0100 0200 11 aabb01020304"]
    .concat("00 05 0100 0200 00 00", "08 05 0100 0200 11 0102 aa");
  return [
    ...power.map((payload) =>
      macFrame({ version: 0, destination: 0xffff, pan: 0xffff, payload: hex(payload) })
    ),
    ...mesh.map((payload) =>
      macFrame({ version: 0, destination: LONG_B, source: LONG_A, payload: hex(payload) })
    ),
  ];
}

/** A CoAP GET of /temp/a with a payload, as UDP carries it. */
export const COAP = hex("42 01 1234 aabb b4 74656d70 01 61 11 32 ff 68656c6c6f");

/** 6LoWPAN: all modes of IPHC, next headers, HC1, mesh, broadcast, fragments. */
export function sixlowpanFrames(): Uint8Array[] {
  const mac = (payload: Uint8Array, addresses: Partial<MacFrame> = SHORTS) =>
    macFrame({ version: 1, ...addresses, payload });
  const frames: Uint8Array[] = [];
  for (const addresses of [LONGS, SHORTS]) {
    for (let mode = 0; mode < 16; mode++) {
      const flow = [hex("d50a5678"), hex("4a5678"), hex("d5"), hex("")][mode >>> 2]!;
      const hops = (mode & 3) === 0 ? [33] : [];
      const rest = hex("1633 1633 000d beef 01020304 05");
      frames.push(
        mac(
          join(be16(0x6033 | mode << 8 & 0x300 | mode >>> 2 << 11), flow, [17], hops, rest),
          addresses,
        ),
      );
    }
    for (let mode = 0; mode < 256; mode++) frames.push(mac(addressMode(mode), addresses));
  }
  frames.push(...nextHeaders().map((payload) => mac(payload, LONGS)));
  for (let encoding = 0; encoding < 256; encoding += 2) {
    frames.push(mac(join([0x42, encoding], hex("40"), new Uint8Array(60).fill(0x5a))));
  }
  for (let encoding = 0; encoding < 8; encoding++) {
    const rest = hex("40 a1b2c3d4e5f60718293a4b5c6d7e8f90");
    frames.push(mac(join([0x42, 0xfb, encoding << 5], rest)));
  }
  const udp = join(hex("7e33 f3 5a beef"), COAP);
  for (const header of ["b5 1111 2222", "bf 20 1111 2222 50 07", "50 07"]) {
    frames.push(mac(join(hex(header), udp)));
  }
  frames.push(...fragmented().map((payload) => mac(payload)));
  frames.push(mac(hex("42 fd 40 0102")), mac(hex("ea 03 80000000")), mac(hex("3f0102")));
  return frames;
}

/** Bits of `mode`: CID, SAC, SAM (2), M, DAC, DAM (2). */
function addressMode(mode: number): Uint8Array {
  const [stateful, sam] = [(mode & 0x40) !== 0, mode >>> 4 & 3];
  const [group, context, dam] = [(mode & 8) !== 0, (mode & 4) !== 0, mode & 3];
  const inline = [16, 8, 2, 0];
  const source = stateful && sam === 0 ? 0 : inline[sam]!;
  const toGroup = context ? dam === 0 ? 6 : 0 : [16, 6, 4, 1][dam]!;
  const destination = group ? toGroup : context && dam === 0 ? 0 : inline[dam]!;
  return join(
    be16(0x7a00 | mode),
    (mode & 0x80) !== 0 ? [0x12] : [],
    [58],
    Uint8Array.from({ length: source }, (_, i) => 0x21 + i),
    Uint8Array.from({ length: destination }, (_, i) => 0x41 + i),
    hex("8000 0000 00010001"),
  );
}

function nextHeaders(): Uint8Array[] {
  const after = (chain: string) => join(hex(`7e33 ${chain}`), COAP);
  const ports = ["16331633", "163355", "551633", "5a"];
  return [
    ...ports.map((port, i) => join(hex("7e33"), [0xf0 | i], hex(port), hex("beef"), COAP)),
    ...ports.map((port, i) => join(hex("7e33"), [0xf4 | i], hex(port), COAP)),
    hex("7e33 e0 11 06 050200000100 1633 1633 0010 beef 0102030405060708"),
    after("e1 06 050200000100 f3 5a beef"),
    after("e1 03 010100 f3 5a beef"),
    after("e1 05 0101000000 f0 16331633 beef"),
    after("e5 00 000801020304 f3 5a beef"),
    after("e3 06 000000000000 e7 06 010400000000 f3 5a beef"),
    after("e3 04 00000000 f3 5a beef"),
    after("ee 7e33 f3 5a beef"),
    hex("7e33 ee 7a33 3a 8000beef01020304"),
    hex("7e33 e0 3b 06 050200000100 aabb"),
    hex("7e33 e1 20 0502"),
    hex("7e33 c0 01 02"),
  ];
}

/** One datagram in three fragments, in and out of order, and in recoverable ones. */
function fragmented(): Uint8Array[] {
  const body = join(COAP.slice(0, -6), [0xff], new Uint8Array(200).fill(0x61));
  const compressed = join(hex("7e33 f0 1633 1633 beef"), body);
  const size = 48 + body.length;
  const parts = (tag: number) => [
    firstFragment(size, tag, compressed.slice(0, 9 + 16)),
    nextFragment(size, tag, 64, body.slice(16, 96)),
    nextFragment(size, tag, 144, body.slice(96)),
  ];
  return [
    ...parts(7),
    ...parts(8).reverse(),
    firstFragment(80, 12, hex("ff01")),
    recoverableFragment(3, 0, compressed.length, compressed.slice(0, 90)),
    recoverableFragment(3, 1, 90, compressed.slice(90, 150)),
    recoverableFragment(3, 2, 150, compressed.slice(150)),
  ];
}

/** All of the above that go with link type 230 (no FCS). */
export function allWpanFrames(): Uint8Array[] {
  return [
    ...addressingFrames(),
    ...unusualFrames(),
    ...securedFrames(),
    ...ieFrames(),
    ...commandFrames(),
    ...zigbeeFrames(),
    ...otherFrames(),
    ...sixlowpanFrames(),
  ];
}
