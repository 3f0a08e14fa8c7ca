/**
 * HCI event packets (Core 6.0, Vol 4, Part E, 5.4.4).
 *
 * @module
 */
import { bitField, putBits } from "./bit_fields.ts";
import { ERRORS } from "./bluetooth_names.ts";
import type { Dissection } from "./dissection.ts";
import { define, hex16, hex8, none, protocol, uint8 } from "./field.ts";
import { VENDOR_GROUP } from "./hci_command.ts";
import { EVENT_PARAMETERS, RETURN_PARAMETERS, STATUS_ONLY } from "./hci_event_parameters.ts";
import { leMeta, type ReportListener } from "./hci_le_event.ts";
import { COMMAND_NAMES, commandName, EVENT_NAMES } from "./hci_names.ts";
import { hexText } from "./hex_text.ts";
import { read } from "./layout.ts";
import { rule } from "./problem.ts";

const BTHCI_EVT = protocol("bthci_evt", "HCI_EVT", "Bluetooth HCI Event");

const F = define({
  "bthci_evt.code": hex8("Event", { names: EVENT_NAMES }),
  "bthci_evt.param_length": uint8("Length of the parameters"),
  "bthci_evt.num_command_packets": uint8("Commands allowed"),
  "bthci_evt.status": hex8("Status", { names: ERRORS }),
  "bthci_evt.opcode": hex16("Opcode", { names: COMMAND_NAMES }),
  "bthci_evt.opcode.ogf": hex16("Group"),
  "bthci_evt.opcode.ocf": hex16("Command"),
  "bthci_evt.ret_params": none("Return parameters"),
});

const CODE = F["bthci_evt.code"];
const LENGTH = F["bthci_evt.param_length"];

const OPCODE_BITS = [
  bitField(F["bthci_evt.opcode.ogf"], 0xfc00),
  bitField(F["bthci_evt.opcode.ocf"], 0x03ff),
];

/** Events whose parameters are read here, or remembered. */
export const EventCode = {
  ConnectionComplete: 0x03,
  DisconnectionComplete: 0x05,
  RemoteNameRequestComplete: 0x07,
  CommandComplete: 0x0e,
  CommandStatus: 0x0f,
  RoleChange: 0x12,
  ModeChange: 0x14,
  ExtendedInquiryResult: 0x2f,
  LeMeta: 0x3e,
  Vendor: 0xff,
} as const;

const BAD_LENGTH = rule(
  "bthci_evt",
  "error",
  "length of the parameters is not what follows",
  "Core 6.0, Vol 4, Part E, 5.4.4",
);
const UNKNOWN = rule("bthci_evt", "note", "event is not known", "Core 6.0, Vol 4, Part E, 7.7");

/**
 * Reads an event, which is what is left of the layer.
 *
 * @param reports who wants to know of advertising reports
 */
export function hciEvent(d: Dissection, reports: ReportListener | undefined): void {
  d.layer(BTHCI_EVT);
  const at = d.pos;
  const code = d.u8(CODE);
  const length = d.u8(LENGTH);
  if (d.failed !== 0) return;
  if (d.columns) {
    d.sourceColumn = "controller";
    d.destinationColumn = "host";
    d.protocolColumn = "HCI_EVT";
    d.infoColumn = EVENT_NAMES[code] ?? `event ${hexText(code, 2)}`;
  }
  if (length !== d.limit - d.pos) {
    d.problem(BAD_LENGTH, at + 1, `${length} announced, ${d.limit - d.pos} there`);
  }
  if (length === 0) return;
  d.narrow(length);
  if (code === EventCode.LeMeta) leMeta(d, reports);
  else parameters(d, code, at);
  d.widen();
}

function parameters(d: Dissection, code: number, at: number): void {
  switch (code) {
    case EventCode.CommandComplete:
      commandComplete(d);
      return;
    case EventCode.CommandStatus:
      d.u8(F["bthci_evt.status"]);
      d.u8(F["bthci_evt.num_command_packets"]);
      opcodeField(d);
      return;
  }
  const layout = EVENT_PARAMETERS[code];
  if (layout !== undefined) read(d, layout);
  else if (code !== EventCode.Vendor && EVENT_NAMES[code] === undefined) {
    d.problem(UNKNOWN, at, hexText(code));
  }
}

function commandComplete(d: Dissection): void {
  d.u8(F["bthci_evt.num_command_packets"]);
  const opcode = opcodeField(d);
  if (d.failed !== 0 || d.pos >= d.limit) return;
  if (opcode >> 10 === VENDOR_GROUP) d.putNone(F["bthci_evt.ret_params"], d.pos, d.left);
  else read(d, RETURN_PARAMETERS[opcode] ?? STATUS_ONLY);
}

function opcodeField(d: Dissection): number {
  const at = d.pos;
  const opcode = d.u16le(F["bthci_evt.opcode"]);
  if (d.failed !== 0) return 0;
  d.push();
  putBits(d, OPCODE_BITS, opcode, at, 2);
  d.pop();
  if (d.columns) d.infoColumn += ` (${commandName(opcode)})`;
  return opcode;
}
