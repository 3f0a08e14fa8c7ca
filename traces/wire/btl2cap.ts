/**
 * L2CAP in basic mode, and its signalling as far as LE uses it (Core 6.0, Vol 3, Part A, 3 and 4).
 *
 * @module
 */
import { attributeProtocol } from "./btatt.ts";
import { securityManager } from "./btsmp.ts";
import type { Dissection } from "./dissection.ts";
import { bytes, define, hex16, hex8, none, protocol, uint16 } from "./field.ts";
import { hexText } from "./hex_text.ts";
import { type Layout, read, rest, u16 } from "./layout.ts";
import { rule } from "./problem.ts";

const BTL2CAP = protocol("btl2cap", "L2CAP", "Bluetooth L2CAP Protocol");

const COMMAND_NAMES = {
  0x01: "command reject",
  0x02: "connection request",
  0x03: "connection response",
  0x04: "configuration request",
  0x05: "configuration response",
  0x06: "disconnection request",
  0x07: "disconnection response",
  0x08: "echo request",
  0x09: "echo response",
  0x0a: "information request",
  0x0b: "information response",
  0x12: "connection parameter update request",
  0x13: "connection parameter update response",
  0x14: "LE credit based connection request",
  0x15: "LE credit based connection response",
  0x16: "flow control credit",
} as const;

/** Fixed channels (2.1, table 2.1). */
const Channel = {
  Signalling: 0x0001,
  Attributes: 0x0004,
  LeSignalling: 0x0005,
  SecurityManager: 0x0006,
  ClassicSecurityManager: 0x0007,
} as const;

const F = define({
  "btl2cap.length": uint16("Length"),
  "btl2cap.cid": hex16("Channel", {
    names: {
      [Channel.Signalling]: "signalling",
      2: "connectionless",
      [Channel.Attributes]: "attributes",
      [Channel.LeSignalling]: "LE signalling",
      [Channel.SecurityManager]: "security manager",
      [Channel.ClassicSecurityManager]: "BR/EDR security manager",
    },
  }),
  "btl2cap.length.bad": none("Length too short"),
  "btl2cap.payload": bytes("Payload"),
  "btl2cap.command": none("Command"),
  "btl2cap.cmd_code": hex8("Code", { names: COMMAND_NAMES }),
  "btl2cap.cmd_ident": hex8("Identifier"),
  "btl2cap.cmd_length": uint16("Length"),
  "btl2cap.data": bytes("Data"),
  "btl2cap.rej_reason": hex16("Reason"),
  "btl2cap.psm": hex16("PSM"),
  "btl2cap.le_psm": hex16("PSM"),
  "btl2cap.scid": hex16("Source channel"),
  "btl2cap.dcid": hex16("Destination channel"),
  "btl2cap.result": hex16("Result"),
  "btl2cap.move_result": hex16("Result"),
  "btl2cap.status": hex16("Status"),
  "btl2cap.info_type": hex16("Information type"),
  "btl2cap.min_interval": uint16("Least interval", { unit: " * 1.25 ms" }),
  "btl2cap.max_interval": uint16("Greatest interval", { unit: " * 1.25 ms" }),
  "btl2cap.slave_latency": uint16("Latency"),
  "btl2cap.timeout_multiplier": uint16("Timeout", { unit: " * 10 ms" }),
  "btl2cap.option_mtu": uint16("MTU"),
  "btl2cap.mps": uint16("MPS"),
  "btl2cap.initial_credits": uint16("Initial credits"),
  "btl2cap.credits": uint16("Credits"),
  "btl2cap.le_result": hex16("Result"),
});

const COMMANDS: Readonly<Record<number, Layout>> = {
  0x01: [u16(F["btl2cap.rej_reason"])],
  0x02: [u16(F["btl2cap.psm"]), u16(F["btl2cap.scid"])],
  0x03: [
    u16(F["btl2cap.dcid"]),
    u16(F["btl2cap.scid"]),
    u16(F["btl2cap.result"]),
    u16(F["btl2cap.status"]),
  ],
  0x04: [u16(F["btl2cap.dcid"])],
  0x05: [u16(F["btl2cap.scid"])],
  0x06: [u16(F["btl2cap.dcid"]), u16(F["btl2cap.scid"])],
  0x07: [u16(F["btl2cap.dcid"]), u16(F["btl2cap.scid"])],
  0x08: [rest(F["btl2cap.data"])],
  0x09: [rest(F["btl2cap.data"])],
  0x0a: [u16(F["btl2cap.info_type"])],
  0x0b: [u16(F["btl2cap.info_type"])],
  0x12: [
    u16(F["btl2cap.min_interval"]),
    u16(F["btl2cap.max_interval"]),
    u16(F["btl2cap.slave_latency"]),
    u16(F["btl2cap.timeout_multiplier"]),
  ],
  0x13: [u16(F["btl2cap.move_result"])],
  0x14: [
    u16(F["btl2cap.le_psm"]),
    u16(F["btl2cap.scid"]),
    u16(F["btl2cap.option_mtu"]),
    u16(F["btl2cap.mps"]),
    u16(F["btl2cap.initial_credits"]),
  ],
  0x15: [
    u16(F["btl2cap.dcid"]),
    u16(F["btl2cap.option_mtu"]),
    u16(F["btl2cap.mps"]),
    u16(F["btl2cap.initial_credits"]),
    u16(F["btl2cap.le_result"]),
  ],
  0x16: [u16(F["btl2cap.cid"]), u16(F["btl2cap.credits"])],
};

const TOO_LONG = rule(
  "btl2cap",
  "error",
  "length is greater than what there is",
  "Core 6.0, Vol 3, Part A, 3.1",
);

/** Reads one whole L2CAP PDU, which is what is left of the layer. */
export function l2cap(d: Dissection): void {
  const entry = d.layer(BTL2CAP);
  const at = d.pos;
  const length = d.u16le(F["btl2cap.length"]);
  const bad = d.failed === 0 && length + 2 > d.limit - d.pos;
  if (bad) {
    d.putNone(F["btl2cap.length.bad"], at, 2);
    d.problem(TOO_LONG, at, `${length} announced, ${d.limit - d.pos - 2} there`);
  }
  const channel = d.u16le(F["btl2cap.cid"]);
  if (d.failed !== 0) return;
  if (!bad) d.lengthOf(entry, length + 4);
  if (d.columns) {
    d.protocolColumn = "L2CAP";
    d.infoColumn = `channel ${hexText(channel, 4)}, ${length} bytes`;
  }
  d.narrow(length);
  switch (channel) {
    case Channel.Signalling:
    case Channel.LeSignalling:
      signalling(d);
      break;
    case Channel.Attributes:
      attributeProtocol(d);
      break;
    case Channel.SecurityManager:
    case Channel.ClassicSecurityManager:
      securityManager(d);
      break;
    default:
      d.bytes(d.limit - d.pos, F["btl2cap.payload"]);
  }
  d.widen();
}

function signalling(d: Dissection): void {
  while (d.failed === 0 && d.pos < d.limit) {
    const at = d.pos;
    d.putNone(F["btl2cap.command"], at, Math.min(d.left, 4 + Math.max(0, d.peek(2))));
    d.push();
    const code = d.u8(F["btl2cap.cmd_code"]);
    d.u8(F["btl2cap.cmd_ident"]);
    const length = d.u16le(F["btl2cap.cmd_length"]);
    d.narrow(length);
    if (d.columns) {
      d.infoColumn = COMMAND_NAMES[code as keyof typeof COMMAND_NAMES] ?? `command ${code}`;
    }
    const layout = COMMANDS[code];
    if (layout !== undefined) read(d, layout);
    d.widen();
    d.pop();
  }
}
