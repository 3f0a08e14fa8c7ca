/**
 * Frames of the Linux Bluetooth monitor that carry no HCI packet, LINKTYPE_BLUETOOTH_LINUX_MONITOR
 * (254): two numbers, big-endian (adapter, opcode), then as BlueZ's monitor writes it.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import {
  boolean,
  define,
  ether,
  hex16,
  hex32,
  hex8,
  protocol,
  string,
  uint16,
  uint8,
} from "./field.ts";
import {
  address,
  bits,
  call,
  type Layout,
  paddedText,
  read,
  text,
  u16,
  u32,
  u8,
} from "./layout.ts";

const HCI_MON = protocol("hci_mon", "HCI_MON", "Bluetooth Linux Monitor Transport");

/** What a monitor frame is about. */
export const MonitorOpcode = {
  NewIndex: 0,
  DeleteIndex: 1,
  Command: 2,
  Event: 3,
  AclSent: 4,
  AclReceived: 5,
  ScoSent: 6,
  ScoReceived: 7,
  IsoSent: 18,
  IsoReceived: 19,
} as const;

const NAMES = [
  "new index",
  "delete index",
  "HCI command",
  "HCI event",
  "ACL sent",
  "ACL received",
  "SCO sent",
  "SCO received",
  "open index",
  "close index",
  "index info",
  "vendor diagnostic",
  "system note",
  "user logging",
  "control open",
  "control close",
  "control command",
  "control event",
  "ISO sent",
  "ISO received",
];

const F = define({
  "hci_mon.adapter_id": uint16("Adapter"),
  "hci_mon.opcode": uint16("Opcode", { names: NAMES }),
  "hci_mon.type": hex8("Type"),
  "hci_mon.bus": hex8("Bus"),
  "hci_mon.bd_addr": ether("Device address"),
  "hci_mon.adapter_name": string("Adapter name"),
  "hci_mon.manufacturer": hex16("Manufacturer"),
  "hci_mon.system_note": string("Note"),
  "hci_mon.priority": uint8("Priority"),
  "hci_mon.ident_length": uint8("Length of the identifier"),
  "hci_mon.ident": string("Identifier"),
  "hci_mon.cookie": hex32("Cookie"),
  "hci_mon.format": hex16("Format"),
  "hci_mon.version": uint8("Version"),
  "hci_mon.version_minor": uint16("Revision"),
  "hci_mon.flags": hex32("Flags"),
  "hci_mon.flags.trusted_socket": boolean("Trusted socket"),
  "hci_mon.command_length": uint8("Length of the command"),
  "hci_mon.command": string("Command"),
  "hci_mon.event": hex16("Event"),
});

const LAYOUTS: Readonly<Record<number, Layout>> = {
  0: [
    u8(F["hci_mon.bus"]),
    u8(F["hci_mon.type"]),
    address(F["hci_mon.bd_addr"]),
    text(F["hci_mon.adapter_name"], 8),
  ],
  10: [address(F["hci_mon.bd_addr"]), u16(F["hci_mon.manufacturer"])],
  12: [call((d) => paddedText(d, d.limit - d.pos, F["hci_mon.system_note"]))],
  13: [
    u8(F["hci_mon.priority"]),
    call((d) => d.text(d.u8(F["hci_mon.ident_length"]), F["hci_mon.ident"])),
  ],
  14: [
    u32(F["hci_mon.cookie"]),
    u16(F["hci_mon.format"]),
    u8(F["hci_mon.version"]),
    u16(F["hci_mon.version_minor"]),
    u32(F["hci_mon.flags"]),
    bits(F["hci_mon.flags.trusted_socket"], 0x01),
    call((d) => paddedText(d, d.u8(F["hci_mon.command_length"]), F["hci_mon.command"])),
  ],
  15: [u32(F["hci_mon.cookie"])],
  16: [u32(F["hci_mon.cookie"]), u16(F["hci_mon.opcode"])],
  17: [u32(F["hci_mon.cookie"]), u16(F["hci_mon.event"])],
};

/**
 * Reads the header, and what follows if it is no HCI packet.
 *
 * @returns adapter in the upper 16 bits, opcode in the lower; -1 when the frame is too short
 */
export function monitorFrame(d: Dissection): number {
  const at = d.pos;
  const adapter = d.u16();
  const opcode = d.u16();
  if (d.failed !== 0) return -1;
  d.layer(HCI_MON);
  d.put(F["hci_mon.adapter_id"], adapter, at, 2);
  d.put(F["hci_mon.opcode"], opcode, at + 2, 2);
  if (d.columns) {
    d.protocolColumn = "HCI_MON";
    d.infoColumn = `adapter ${adapter}, ${NAMES[opcode] ?? `opcode ${opcode}`}`;
  }
  const layout = LAYOUTS[opcode];
  if (layout !== undefined) read(d, layout);
  return (adapter << 16 | opcode) >>> 0;
}
