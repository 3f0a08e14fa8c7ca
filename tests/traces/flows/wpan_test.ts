/**
 * IEEE 802.15.4 frames, byte by byte: fields, rules broken, what one frame tells about another.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Observer } from "../../../traces/flows/observer.ts";
import { Wpan, type WpanOptions, ZIGBEE_NWK_SECRET } from "../../../traces/flows/wpan.ts";
import { valueText } from "../../../traces/report/value.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { conclude } from "../../../traces/wire/failure.ts";
import { allFields, fieldOf } from "../../../traces/wire/field.ts";
import type { WpanFrame } from "../../../traces/wire/wpan_frame.ts";
import { Random } from "../support/random.ts";
import * as corpus from "../support/wpan_corpus.ts";
import * as made from "../support/wpan_frames.ts";

const { hex } = made;

class Bench {
  readonly d = new Dissection(allFields().length);
  readonly wpan: Wpan;
  /** IPv6 packets handed on. */
  readonly packets: string[] = [];

  constructor(options: Partial<WpanOptions> = {}) {
    this.d.want.fill(1, 1);
    this.d.columns = true;
    this.wpan = new Wpan({
      ipv6: (d) => this.packets.push(d.data.slice(d.pos, d.end).toHex()),
      ...options,
    });
  }

  decode(bytes: Uint8Array, linkType = 230, captured = bytes.length): this {
    this.d.begin(bytes, 0, captured, bytes.length);
    this.d.frame++;
    this.wpan.decode(this.d, linkType);
    conclude(this.d);
    return this;
  }

  values(name: string): string[] {
    const { tree } = this.d;
    const found: string[] = [];
    for (let i = 0; i < tree.count; i++) {
      if (fieldOf(tree.id[i]!).name === name) found.push(valueText(this.d, i));
    }
    return found;
  }

  get protocols(): string {
    const ids = [...this.d.layers.subarray(0, this.d.layerCount)];
    return ids.map((id) => fieldOf(id).name).join(":");
  }

  get rules(): string[] {
    return this.d.problems.map(({ rule }) => rule.text);
  }
}

Deno.test("a data frame of 2006 with FCS", () => {
  const bench = new Bench().decode(
    hex(
      "6188" + // data, acknowledgment requested, PAN compression, both short, version 0
        "2a" + // sequence number 42
        "3412" + "2222" + "1111" + // PAN, destination, source
        "aabbcc" + "9d63",
    ),
    195,
  );
  assert.deepEqual(bench.values("wpan.fcf"), ["0x8861"]);
  assert.deepEqual(bench.values("wpan.seq_no"), ["42"]);
  assert.deepEqual(bench.values("wpan.dst_pan"), ["0x1234"]);
  assert.deepEqual(bench.values("wpan.addr16"), ["0x2222", "0x1111"]);
  assert.deepEqual(bench.values("wpan.src_pan"), []);
  assert.equal(bench.protocols, "wpan:data");
  assert.equal(bench.d.sourceColumn, "0x1111");
});

Deno.test("a frame with a wrong FCS keeps its payload closed", () => {
  const frame = made.macFrame({ destination: 1, source: 2, payload: hex("7e33f05a") });
  const bench = new Bench().decode(made.join(frame, hex("0000")), 195);
  assert.deepEqual(bench.values("wpan.fcs_ok"), ["0"]);
  assert.deepEqual(bench.rules, ["frame check sequence is wrong"]);
  assert.equal(bench.d.problems[0]!.rule.clause, "IEEE 802.15.4-2015, 7.2.10");
  assert.equal(bench.d.problems[0]!.offset, frame.length);
  assert.equal(bench.protocols, "wpan:data");
});

Deno.test("what breaks a rule is named with its clause", () => {
  const broken = (bytes: Uint8Array, linkType = 230) => new Bench().decode(bytes, linkType).rules;
  assert.deepEqual(broken(hex("4104 01")), ["destination addressing mode is reserved"]);
  assert.deepEqual(broken(hex("0148 01")), ["source addressing mode is reserved"]);
  assert.deepEqual(broken(hex("61b8 01")), ["frame version is reserved"]);
  assert.deepEqual(broken(hex("4108 01 3412 1111 aa")), [
    "PAN ID is compressed although there are not two addresses",
  ]);
  assert.deepEqual(broken(hex("6189 3412 1111 2222 aa")), [
    "sequence number is suppressed in a frame of version 0 or 1",
  ]);
  const command = made.macFrame({ type: 3, source: 1, destination: 2, open: hex("01 8e") });
  assert.deepEqual(broken(command), ["this command is not sent with such addresses"]);
  const unknown = made.macFrame({ type: 3, source: 1, destination: 2, open: hex("77") });
  assert.deepEqual(broken(unknown), ["command identifier is not assigned"]);
  assert.deepEqual(broken(hex("01000400"), 283), [
    "TAP header has an unknown version or is longer than the frame",
  ]);
  assert.deepEqual(broken(hex("0000 0800 0000 0900"), 283)[0], "TLV is longer than the header");
});

Deno.test("a multipurpose frame has an auxiliary security header", () => {
  // Long frame control: security, both addresses short, PAN identifier.
  const head = hex("ad03 05 3412 1111 2222");
  const bench = new Bench().decode(made.join(head, hex("05 07000000 aabb 01020304")));
  assert.deepEqual(bench.values("wpan.aux_sec.frame_counter"), ["7"]);
  assert.deepEqual(bench.values("wpan.mic"), ["01020304"]);
});

Deno.test("keys: the right one, a wrong one, none, and an unknown sender", () => {
  const security = { level: 6, key: corpus.MAC_KEY, counter: 7, keyIdMode: 1, keyIndex: 3 };
  const base = { destination: 2, payload: hex("ff0102") };
  const frame = made.macFrame({ ...base, source: "0011223344556677", security });
  const open = new Bench({ keys: [{ key: corpus.MAC_KEY }] }).decode(frame);
  assert.deepEqual(open.values("data.data"), ["ff0102"]);
  assert.deepEqual(open.values("wpan.key_number"), ["0"]);
  assert.equal(open.d.sources[1]!.name, "Decrypted IEEE 802.15.4 payload");
  const wrong = new Bench({ keys: [{ key: new Uint8Array(16), index: 3 }] }).decode(frame);
  assert.deepEqual(wrong.rules, ["integrity code is wrong with every key given"]);
  const other = new Bench({ keys: [{ key: corpus.MAC_KEY, index: 4 }] }).decode(frame);
  assert.match(other.rules[0]!, /^no key is given/);
  const sender = "0011223344556677";
  const short = made.macFrame({ ...base, source: 9, security: { ...security, sender } });
  const unknown = new Bench({ keys: [{ key: corpus.MAC_KEY }] }).decode(short);
  assert.match(unknown.rules[0]!, /^extended address of the sender is not known/);
});

Deno.test("an association tells whose short address it is", () => {
  const bench = new Bench({ keys: [{ key: corpus.MAC_KEY }] });
  const [parent, child] = ["8899aabbccddeeff", "0011223344556677"];
  bench.decode(made.macFrame({
    ...{ type: 3, destination: child, source: parent, compression: true, pan: 0x4321 },
    open: hex("02 2222 00"),
  }));
  const security = { level: 5, key: corpus.MAC_KEY, counter: 1, sender: child };
  bench.decode(made.macFrame({
    ...{ destination: 1, source: 0x2222, compression: true, pan: 0x4321 },
    ...{ payload: hex("ff01"), security },
  }));
  assert.deepEqual(bench.values("wpan.src64"), ["00:11:22:33:44:55:66:77"]);
  assert.deepEqual(bench.values("wpan.src64.origin"), ["1"]);
  assert.deepEqual(bench.values("data.data"), ["ff01"]);
});

Deno.test("a Zigbee network key out of the capture file", () => {
  const key = hex("00112233445566778899aabbccddeeff");
  const sender = "0011223344556677";
  const payload = made.zigbeeNwk({
    ...{ destination: 2, source: 1, security: { key, keyId: 1, counter: 5, sender } },
    payload: made.apsData(0x402, 0x104, 1, hex("18 05 0a 0000 29 3408")),
  });
  const frame = made.macFrame({
    ...{ version: 0, destination: 2, source: 1, compression: true, payload },
  });
  const bench = new Bench();
  assert.equal(bench.decode(frame).protocols, "wpan:zbee_nwk:data");
  bench.wpan.addSecrets(ZIGBEE_NWK_SECRET, made.join(key, made.le16(0x1234)));
  assert.equal(bench.decode(frame).protocols, "wpan:zbee_nwk:zbee_aps:zbee_zcl");
  assert.deepEqual(bench.values("zbee_aps.cluster"), ["0x0402"]);
  bench.wpan.addSecrets(ZIGBEE_NWK_SECRET, hex("0102"));
  bench.wpan.addSecrets(1, key);
});

Deno.test("IPHC becomes the IPv6 packet it stands for", () => {
  const payload = made.join(hex("7e33 f3 5a beef"), hex("01020304"));
  const bench = new Bench().decode(made.macFrame({
    ...{ destination: 0x2222, source: "0011223344556677", compression: true, payload },
  }));
  assert.deepEqual(bench.packets, [
    "60000000" + "000c" + "11" + "40" +
    "fe80000000000000" + "0211223344556677" + // the sender's EUI-64 with its local bit turned over
    "fe80000000000000" + "000000fffe002222" +
    "f0b5" + "f0ba" + "000c" + "beef" + "01020304",
  ]);
  assert.equal(bench.protocols, "wpan:6lowpan");
});

Deno.test("a context learned later fills prefixes in", () => {
  const payload = made.join(hex("7ef7 10 3a"), hex("8000"));
  const frame = made.macFrame({ destination: 2, source: 1, compression: true, payload });
  const bench = new Bench().decode(frame);
  assert.match(bench.rules[0]!, /context that is not known/);
  bench.wpan.learnContext(1, hex("20010db8000000010000000000000000"), 64, 7);
  bench.decode(frame);
  assert.match(bench.packets[1]!, /20010db800000001000000fffe000001/);
  assert.deepEqual(bench.values("6lowpan.iphc.sctx.origin"), ["7"]);
});

Deno.test("fragments in any order, some twice, some never", () => {
  const body = new Uint8Array(56).fill(0x33);
  const packet = made.join(hex("6000000000383b40"), new Uint8Array(32), body);
  const parts = [
    made.firstFragment(96, 5, made.join([0x41], packet.slice(0, 48))),
    made.nextFragment(96, 5, 48, packet.slice(48, 80)),
    made.nextFragment(96, 5, 80, packet.slice(80)),
  ];
  const bench = new Bench();
  const send = (part: Uint8Array) =>
    bench.decode(made.macFrame({ destination: 2, source: 1, compression: true, payload: part }));
  send(parts[2]!);
  send(parts[2]!);
  assert.deepEqual(bench.rules, ["fragment was received before"]);
  send(parts[0]!);
  assert.equal(bench.protocols, "wpan:6lowpan:data");
  send(parts[1]!);
  assert.deepEqual(bench.packets, [packet.toHex()]);
  assert.deepEqual(bench.values("6lowpan.fragment"), ["3", "4", "1"]);
  send(made.nextFragment(96, 6, 88, new Uint8Array(16)));
  assert.deepEqual(bench.rules, ["fragment goes beyond its datagram"]);
});

Deno.test("datagrams that never end are forgotten", () => {
  const bench = new Bench();
  for (let tag = 0; tag < 5000; tag++) {
    const payload = made.nextFragment(1000, tag, 800, new Uint8Array(60));
    bench.decode(made.macFrame({ destination: 2, source: 1, compression: true, payload }));
  }
  assert.equal(bench.packets.length, 0);
});

Deno.test("an observer gets numbers of every frame", () => {
  const seen: number[][] = [];
  const observer = new class extends Observer {
    override wpanFrame(_: Dissection, frame: WpanFrame) {
      seen.push([frame.type, frame.sourcePan, frame.source16, frame.rss, frame.lqi, frame.channel]);
    }
  }();
  const frame = made.macFrame({ destination: 2, source: 1, compression: true });
  new Bench({ observer }).decode(
    made.tap([
      ...[made.tapTlv(1, made.float32(-70)), made.tapTlv(10, hex("7f"))],
      made.tapTlv(3, hex("140000")),
    ], frame),
    283,
  );
  assert.deepEqual(seen, [[1, 0x1234, 1, -70, 127, 20]]);
});

const KEYS = {
  keys: [{ key: corpus.MAC_KEY }],
  zigbeeKeys: [{ key: corpus.TRUST_CENTRE_KEY }],
};

Deno.test("every prefix of every frame, cut by the capture and cut on the air", () => {
  const bench = new Bench(KEYS);
  for (const frame of corpus.allWpanFrames()) {
    for (let length = 0; length < frame.length; length++) {
      bench.decode(frame, 230, length);
      bench.decode(frame.subarray(0, length));
    }
  }
  for (const frame of corpus.tapFrames()) {
    for (let length = 0; length <= frame.length; length++) {
      bench.decode(frame, 283, length);
      bench.decode(frame.subarray(0, length), 283);
    }
  }
});

Deno.test("random and changed bytes", () => {
  const bench = new Bench(KEYS);
  const random = new Random(802154);
  const frames = [...corpus.allWpanFrames(), ...corpus.tapFrames(), ...corpus.phyFrames()];
  const links = [195, 215, 230, 283];
  for (let i = 0; i < 60_000; i++) {
    const bytes = random.below(4) === 0
      ? random.bytes(random.below(140))
      : random.of(frames).slice();
    for (let n = random.below(4); n > 0 && bytes.length > 0; n--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    bench.decode(
      bytes,
      random.of(links),
      random.below(3) === 0 ? random.below(bytes.length) : bytes.length,
    );
  }
});
