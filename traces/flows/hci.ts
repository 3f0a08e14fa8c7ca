/**
 * HCI packets with what one tells of the next: connections, L2CAP PDUs in several packets (Core 6.0,
 * Vol 4, Part E, 5.4).
 *
 * @module
 */
import { l2cap } from "../wire/btl2cap.ts";
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { define, frameNumber, hex8, none, protocol } from "../wire/field.ts";
import { hciCommand } from "../wire/hci_command.ts";
import { aclHeader, Boundary, isoPacket, scoPacket } from "../wire/hci_data.ts";
import { hciEvent } from "../wire/hci_event.ts";
import type { ReportListener } from "../wire/hci_le_event.ts";
import { rule } from "../wire/problem.ts";
import { namesWanted, putEnds } from "./hci_ends.ts";
import { type AclStream, HciDirection, HciLinks } from "./hci_links.ts";

const HCI_H4 = protocol("hci_h4", "HCI_H4", "Bluetooth HCI H4");

/** Packet indicators of the UART transport (Core 6.0, Vol 4, Part A, 2). */
export const PacketType = { Command: 1, Acl: 2, Sco: 3, Event: 4, Iso: 5 } as const;

const F = define({
  "hci_h4.type": hex8("Packet type", {
    names: { 1: "command", 2: "ACL data", 3: "SCO data", 4: "event", 5: "ISO data" },
  }),
  "hci_h4.direction": hex8("Direction", { names: { 0: "sent", 1: "received", 255: "unknown" } }),
  "bthci_acl.data": none("Data"),
  "bthci_acl.continuation_to": frameNumber("Continues frame"),
  "bthci_acl.reassembled_in": frameNumber("Complete in frame"),
  "bthci_acl.connect_in": frameNumber("Connected in frame"),
  // Only a second pass could tell; as in tshark with one pass it stays empty.
  "bthci_acl.disconnect_in": frameNumber("Disconnected in frame"),
  "bthci_acl.invalid_session": none("Handle of no connection seen"),
});

const TYPE = F["hci_h4.type"];
const DIRECTION = F["hci_h4.direction"];

const UNKNOWN_TYPE = rule(
  "hci_h4",
  "warning",
  "packet type is not known",
  "Core 6.0, Vol 4, Part A, 2",
);
const NO_START = rule(
  "bthci_acl",
  "note",
  "continuation of an L2CAP PDU whose start was not seen",
  "Core 6.0, Vol 4, Part E, 5.4.2",
);
const BEYOND = rule(
  "bthci_acl",
  "error",
  "L2CAP PDU goes on beyond its length",
  "Core 6.0, Vol 3, Part A, 7.2.2",
);

export class Hci {
  readonly #links = new HciLinks();

  /** Decodes an H4 packet: an indicator, then the packet. */
  h4(
    d: Dissection,
    direction: number,
    adapter: number,
    reports: ReportListener | undefined,
  ): void {
    const entry = d.layer(HCI_H4);
    d.lengthOf(entry, 1);
    const at = d.pos;
    d.put(DIRECTION, direction === HciDirection.Unknown ? 255 : direction, at, 0);
    const type = d.u8(TYPE);
    if (d.failed !== 0) return;
    if (d.columns) {
      d.protocolColumn = "HCI_H4";
      d.infoColumn = `packet type ${type}`;
    }
    if (type < PacketType.Command || type > PacketType.Iso) {
      d.problem(UNKNOWN_TYPE, at, `${type}`);
      decodeData(d);
      return;
    }
    this.packet(d, type, direction, adapter, reports);
  }

  /** Decodes a packet of a known type. */
  packet(
    d: Dissection,
    type: number,
    direction: number,
    adapter: number,
    reports: ReportListener | undefined,
  ): void {
    const at = d.pos;
    switch (type) {
      case PacketType.Command:
        hciCommand(d);
        if (d.failed === 0) {
          this.#links.adapter(adapter).command(d.data, at, d.end, d.frame, namesWanted(d));
        }
        break;
      case PacketType.Acl:
        this.#acl(d, direction, adapter);
        break;
      case PacketType.Sco:
        scoPacket(d);
        break;
      case PacketType.Event:
        hciEvent(d, reports);
        if (d.failed === 0) {
          this.#links.event(adapter, d.data, at, d.end, d.frame);
          this.#links.adapter(adapter).event(d.data, at, d.end, d.frame, namesWanted(d));
        }
        break;
      case PacketType.Iso:
        isoPacket(d);
        break;
    }
  }

  #acl(d: Dissection, direction: number, adapter: number): void {
    const header = aclHeader(d);
    if (d.failed !== 0) return;
    const connection = this.#links.connection(adapter, header & 0xfff);
    const open = connection.openedFrame !== 0 && !connection.closed;
    if (open) d.put(F["bthci_acl.connect_in"], connection.openedFrame);
    else d.putNone(F["bthci_acl.invalid_session"]);
    putEnds(d, connection, this.#links.adapter(adapter), direction);
    if (d.pos < d.limit) d.putNone(F["bthci_acl.data"], d.pos, d.left);
    const boundary = header >> 12 & 3;
    const stream = connection.streams[direction]!;
    if (boundary === Boundary.Continuation) {
      continuation(d, stream);
      return;
    }
    const announced = d.has(2) ? d.peek() | d.peek(1) << 8 : -1;
    const whole = boundary === Boundary.Complete || announced < 0 ||
      announced + 4 === d.limit - d.pos;
    if (whole) {
      l2cap(d);
      return;
    }
    this.#begin(d, stream, announced + 4);
  }

  /** The first packet of an L2CAP PDU of `total` bytes. */
  #begin(d: Dissection, stream: AclStream, total: number): void {
    const length = d.limit - d.pos;
    const at = d.pos;
    if (length > total) {
      d.problem(BEYOND, at, `${total} bytes announced, ${length} there`);
      d.skip(length);
      return;
    }
    d.skip(length);
    if (d.failed !== 0) return;
    this.#links.openPieces.begin(stream.pieces);
    stream.pieces.add(d.data, at, d.pos);
    stream.total = total;
    stream.firstFrame = d.frame;
    stream.lastFrame = 0;
  }
}

function continuation(d: Dissection, stream: AclStream): void {
  const at = d.pos;
  if (stream.firstFrame === 0) {
    d.problem(NO_START, at);
    d.skip(d.limit - at);
    return;
  }
  d.put(F["bthci_acl.continuation_to"], stream.firstFrame);
  if (stream.lastFrame !== 0) d.put(F["bthci_acl.reassembled_in"], stream.lastFrame);
  d.skip(d.limit - at);
  if (d.failed !== 0) return;
  const { pieces } = stream;
  if (stream.lastFrame !== 0 || pieces.length + d.pos - at > stream.total) {
    d.problem(BEYOND, at);
    return;
  }
  pieces.add(d.data, at, d.pos);
  if (pieces.length < stream.total) return;
  stream.lastFrame = d.frame;
  if (!d.enter("Reassembled L2CAP", pieces.data, 0, pieces.length)) return;
  l2cap(d);
  d.leave();
}
