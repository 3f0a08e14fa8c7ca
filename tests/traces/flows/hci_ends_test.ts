/**
 * What ACL packets say of both ends of their connection, learnt from commands and events before them:
 * against expected values, and every field against tshark.
 *
 * @module
 */
import assert from "node:assert/strict";
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { allFields } from "../../../traces/wire/field.ts";
import { testWith } from "../../support/tools.ts";
import { NO_HINTS, tsharkFields } from "../compare/tshark_run.ts";
import {
  acl,
  ad,
  address,
  command,
  event,
  l2capPdu,
  le,
  type Part,
} from "../support/ble_frames.ts";
import { BluetoothRun } from "../support/bluetooth_run.ts";
import { bytesOf, u32 } from "../support/packets.ts";

const H4_DIRECTION = 201;
const LOCAL = address("00:00:5e:00:53:01");
const PEER = address("00:00:5e:00:53:02");
const OTHER = address("00:00:5e:00:53:03");
const HANDLE = 0x0040;
const LE_HANDLE = 0x0041;

const sent = (bytes: Uint8Array) => bytesOf(u32(0), bytes);
const received = (bytes: Uint8Array) => bytesOf(u32(1), bytes);

function name(text: string, length = 248): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...bytes, ...Array.from({ length: length - bytes.length }, () => 0)];
}

function named(type: number, text: string): number[] {
  return ad(type, [...new TextEncoder().encode(text)]);
}

/** Extended inquiry response or other data, filled up with zeros. */
function filled(data: number[], length: number): number[] {
  return [...data, ...Array.from({ length: length - data.length }, () => 0)];
}

const complete = (opcode: number, ...parts: Part[]) =>
  received(event(0x0e, 1, le(opcode, 2), 0, ...parts));
const out = (handle = HANDLE) => sent(acl(handle, 0, l2capPdu(4, 0x0a, 1, 0)));
const back = (handle = HANDLE) => received(acl(handle, 2, l2capPdu(4, 0x0b, 7)));

const connected = (handle: number, peer: number[]) =>
  received(event(0x03, 0, le(handle, 2), peer, 1, 0));
const extendedReport = (data: number[]) => [
  ...[0x13, 0, 1, ...OTHER, 1, 0, 0xff, 127, 0xc8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[data.length, ...data],
];

const SESSION: Uint8Array[] = [
  out(),
  complete(0x1009, LOCAL),
  out(),
  complete(0x0c14, name("Gateway")),
  received(event(0x2f, 1, PEER, 1, 0, 0, 0, 0, 0, 0, 0xc0, filled(named(9, "Lamp"), 240))),
  sent(command(0x0405, PEER, le(0xcc18, 2), 1, 0, 0, 0, 1)),
  connected(HANDLE, PEER),
  out(),
  back(),
  received(event(0x12, 0, PEER, 1)),
  received(event(0x12, 0x0c, PEER, 0)),
  received(event(0x07, 0, PEER, name("Lämp 2"))),
  out(),
  back(),
  received(event(0x14, 0, le(HANDLE, 2), 2, le(800, 2))),
  received(event(0x14, 0x12, le(HANDLE, 2), 0, le(0, 2))),
  back(),
  sent(command(0x0c52, 0, filled(named(9, "Hall"), 240))),
  out(),
  received(event(0x05, 0, le(HANDLE, 2), 0x13)),
  out(),
  sent(command(0x0409, OTHER, 0)),
  connected(HANDLE, OTHER),
  back(),
  received(event(0x3e, 0x02, 1, 0, 1, OTHER, named(8, "Sens").length, named(8, "Sens"), 0xc8)),
  out(),
  received(event(0x3e, 0x0d, 2, extendedReport(named(9, "Sensor")), extendedReport([2, 1, 6]))),
  out(),
  received(
    event(0x3e, 0x01, 0, le(LE_HANDLE, 2), 0, 1, PEER, le(24, 2), le(0, 2), le(42, 2), 0),
  ),
  sent(command(0x2008, 7, filled(named(8, "Hall2"), 31))),
  out(LE_HANDLE),
  sent(command(0x2037, 1, 3, 0, 6, named(9, "Hall"))),
  back(LE_HANDLE),
];

Deno.test("HCI: names, roles and mode of both ends", () => {
  const run = new BluetoothRun();
  const found = SESSION.map((frame) => run.decode(H4_DIRECTION, frame).values);
  const has = (frame: number, wanted: Record<string, string | undefined>) => {
    for (const [field, value] of Object.entries(wanted)) {
      assert.equal(found[frame - 1]!.get(`bthci_acl.${field}`), value, `${frame}, ${field}`);
    }
  };
  has(1, { "src.bd_addr": "00:00:00:00:00:00", "src.name": "", "src.role": "0", mode: "-1" });
  has(3, { "src.bd_addr": "00:00:5e:00:53:01", "last_change_in_frame.role": undefined });
  has(8, { "src.name": "Gateway", "dst.name": "Lamp", "src.role": "1", "dst.role": "2" });
  has(8, { mode: "0", "last_change_in_frame.mode": "7", "last_change_in_frame.role": "6" });
  has(9, { "src.name": "Lamp", "dst.name": "Gateway", "src.role": "2", "dst.role": "1" });
  has(13, { "dst.name": "Lämp 2", "src.role": "2", "last_change_in_frame.role": "10" });
  has(17, { mode: "2", "last_change_in_frame.mode": "15" });
  has(19, { "src.name": "Hall" });
  has(24, { "src.name": "", "src.role": "1", "dst.role": "2", "last_change_in_frame.mode": "23" });
  has(28, { "dst.name": "Sensor" });
  has(31, { "src.name": "Hall2", "dst.name": "Lämp 2", mode: "-1" });
});

Deno.test("HCI: without a direction there are no ends", () => {
  const run = new BluetoothRun();
  run.decode(187, connected(HANDLE, PEER).subarray(4));
  const { values } = run.decode(187, out().subarray(4));
  assert.equal(values.get("bthci_acl.dst.bd_addr"), "00:00:00:00:00:00");
  assert.equal(values.get("bthci_acl.dst.role"), "0");
  assert.equal(values.get("bthci_acl.mode"), "0");
});

Deno.test("HCI: of many devices the oldest are forgotten", () => {
  const run = new BluetoothRun();
  const device = (i: number) => [...le(i, 2), 0x5e, 0x00, 0x00, 0x00];
  for (let i = 0; i < 3000; i++) run.decode(187, event(0x07, 0, device(i), name(`D${i}`)));
  const peerName = (i: number) => {
    run.decode(H4_DIRECTION, connected(HANDLE, device(i)));
    return run.decode(H4_DIRECTION, out()).values.get("bthci_acl.dst.name");
  };
  assert.equal(peerName(0), "");
  assert.equal(peerName(2999), "D2999");
});

testWith(["tshark"], "HCI: fields of ACL packets are those of tshark", async () => {
  const fields = allFields().filter(({ name, type }) =>
    type !== "protocol" && name.startsWith("bthci_acl.")
  ).map(({ name }) => name);
  const writer = new PcapWriter({ linkType: H4_DIRECTION });
  for (const frame of SESSION) writer.packet({ seconds: 1, nanoseconds: 0 }, frame);
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    await Deno.writeFile(path, writer.take());
    const { frames } = await tsharkFields(path, fields, NO_HINTS);
    const run = new BluetoothRun();
    for (const [i, frame] of SESSION.entries()) {
      const { values } = run.decode(H4_DIRECTION, frame);
      for (const [column, field] of fields.entries()) {
        const theirs = frames[i]![column]!.join(",");
        assert.equal(values.get(field) ?? "", theirs, `frame ${i + 1}, ${field}`);
      }
    }
  } finally {
    await Deno.remove(path);
  }
});
