/**
 * HCI command packets (Core 6.0, Vol 4, Part E, 5.4.1).
 *
 * @module
 */
import { bitField, putBits } from "./bit_fields.ts";
import type { Dissection } from "./dissection.ts";
import { define, hex16, none, protocol, uint8 } from "./field.ts";
import { COMMAND_PARAMETERS } from "./hci_command_parameters.ts";
import { COMMAND_NAMES, commandName } from "./hci_names.ts";
import { read } from "./layout.ts";
import { rule } from "./problem.ts";

const BTHCI_CMD = protocol("bthci_cmd", "HCI_CMD", "Bluetooth HCI Command");

const F = define({
  "bthci_cmd.opcode": hex16("Opcode", { names: COMMAND_NAMES }),
  "bthci_cmd.opcode.ogf": hex16("Group"),
  "bthci_cmd.opcode.ocf": hex16("Command"),
  "bthci_cmd.param_length": uint8("Length of the parameters"),
  "bthci_cmd.parameter": none("Parameters"),
});

const OPCODE_BITS = [
  bitField(F["bthci_cmd.opcode.ogf"], 0xfc00),
  bitField(F["bthci_cmd.opcode.ocf"], 0x03ff),
];

/** Group of the commands that every vendor has of its own. */
export const VENDOR_GROUP = 0x3f;

const BAD_LENGTH = rule(
  "bthci_cmd",
  "error",
  "length of the parameters is not what follows",
  "Core 6.0, Vol 4, Part E, 5.4.1",
);

/** Reads a command, which is what is left of the layer. */
export function hciCommand(d: Dissection): void {
  d.layer(BTHCI_CMD);
  const at = d.pos;
  const opcode = d.u16le(F["bthci_cmd.opcode"]);
  if (d.failed !== 0) return;
  d.push();
  putBits(d, OPCODE_BITS, opcode, at, 2);
  d.pop();
  if (d.columns) {
    d.sourceColumn = "host";
    d.destinationColumn = "controller";
    d.protocolColumn = "HCI_CMD";
    d.infoColumn = commandName(opcode);
  }
  const length = d.u8(F["bthci_cmd.param_length"]);
  if (d.failed !== 0 || length === 0) return;
  if (length !== d.limit - d.pos) {
    d.problem(BAD_LENGTH, at + 2, `${length} announced, ${d.limit - d.pos} there`);
  }
  d.narrow(length);
  const layout = COMMAND_PARAMETERS[opcode];
  if (layout !== undefined) read(d, layout);
  else if (opcode >> 10 === VENDOR_GROUP) d.putNone(F["bthci_cmd.parameter"], d.pos, d.left);
  d.widen();
}
