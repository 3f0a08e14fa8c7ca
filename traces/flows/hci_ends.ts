/**
 * The two ends of an ACL packet: addresses, names and roles as known from earlier packets, and the
 * mode of the link.
 *
 * @module
 */
import { addressBytes, addressText } from "../wire/ble_address.ts";
import type { Dissection } from "../wire/dissection.ts";
import { define, ether, frameNumber, int32, string, uint32 } from "../wire/field.ts";
import { BTHCI_ACL } from "../wire/hci_data.ts";
import { type DeviceAddress, type HciAdapter, Role } from "./hci_adapter.ts";
import { type HciConnection, HciDirection } from "./hci_links.ts";

const ROLES = { names: { 0: "unknown", 1: "central", 2: "peripheral" } };

const F = define({
  "bthci_acl.src.bd_addr": ether("Source"),
  "bthci_acl.src.name": string("Source name"),
  "bthci_acl.src.role": uint32("Source role", ROLES),
  "bthci_acl.dst.bd_addr": ether("Destination"),
  "bthci_acl.dst.name": string("Destination name"),
  "bthci_acl.dst.role": uint32("Destination role", ROLES),
  "bthci_acl.last_change_in_frame.role": frameNumber("Role changed in frame"),
  "bthci_acl.mode": int32("Mode", {
    names: { [-1]: "unknown", 0: "active", 1: "hold", 2: "sniff", 3: "park" },
  }),
  "bthci_acl.last_change_in_frame.mode": frameNumber("Mode changed in frame"),
});

/** Fields of one end. */
interface EndFields {
  readonly address: number;
  readonly name: number;
  readonly role: number;
}

const SOURCE: EndFields = {
  address: F["bthci_acl.src.bd_addr"],
  name: F["bthci_acl.src.name"],
  role: F["bthci_acl.src.role"],
};
const DESTINATION: EndFields = {
  address: F["bthci_acl.dst.bd_addr"],
  name: F["bthci_acl.dst.name"],
  role: F["bthci_acl.dst.role"],
};

/** Whether names of devices have to be remembered. */
export function namesWanted({ want }: Dissection): boolean {
  return want[SOURCE.name] !== 0 || want[DESTINATION.name] !== 0;
}

/** Writes what is known of both ends of a packet. */
export function putEnds(
  d: Dissection,
  connection: HciConnection,
  adapter: HciAdapter,
  direction: number,
): void {
  if (d.columns) columns(d, connection, adapter, direction);
  if (!d.wants(BTHCI_ACL)) return;
  const device = connection.openedFrame === 0 ? undefined : adapter.device(connection);
  if (direction === HciDirection.Unknown) {
    putEnd(d, SOURCE, undefined, "", Role.Unknown);
    putEnd(d, DESTINATION, undefined, "", Role.Unknown);
  } else {
    const name = device?.name ?? "";
    const role = device?.role ?? Role.Unknown;
    const received = direction === HciDirection.Received;
    if (received) putEnd(d, SOURCE, connection, name, role);
    putEnd(d, received ? DESTINATION : SOURCE, adapter.address, adapter.name, OPPOSITE[role]!);
    if (!received) putEnd(d, DESTINATION, connection, name, role);
  }
  const roleFrame = device?.roleFrame ?? 0;
  if (roleFrame !== 0) d.put(F["bthci_acl.last_change_in_frame.role"], roleFrame);
  d.put(F["bthci_acl.mode"], connection.mode);
  if (connection.modeFrame !== 0) {
    d.put(F["bthci_acl.last_change_in_frame.mode"], connection.modeFrame);
  }
}

/** By role: that of the other end. */
const OPPOSITE = [Role.Unknown, Role.Peripheral, Role.Central];

function putEnd(
  d: Dissection,
  fields: EndFields,
  address: DeviceAddress | undefined,
  name: string,
  role: number,
): void {
  if (d.want[fields.address] !== 0) {
    d.putObject(fields.address, addressBytes(address?.high ?? 0, address?.low ?? 0));
  }
  d.putObject(fields.name, name);
  d.put(fields.role, role);
}

function columns(
  d: Dissection,
  connection: HciConnection,
  adapter: HciAdapter,
  direction: number,
): void {
  if (direction === HciDirection.Unknown) return;
  const peer = addressText(connection.high, connection.low);
  const { address } = adapter;
  const local = address === undefined ? "host" : addressText(address.high, address.low);
  const sent = direction === HciDirection.Sent;
  d.sourceColumn = sent ? local : peer;
  d.destinationColumn = sent ? peer : local;
}
