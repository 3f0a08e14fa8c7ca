/**
 * Data and isochronous PDUs of Bluetooth LE, with L2CAP PDUs that come in several of them (Core 6.0,
 * Vol 6, Part B, 2.4 to 2.6 and 4.5.9).
 *
 * @module
 */
import { addressBytes, addressText } from "../wire/ble_address.ts";
import { l2cap } from "../wire/btl2cap.ts";
import { controlPdu, dataHeader, isochronousPayload, Llid } from "../wire/btle.ts";
import { CONTROL_PDUS } from "../wire/btle_control.ts";
import type { Dissection } from "../wire/dissection.ts";
import { define, ether, frameNumber, none, uint32 } from "../wire/field.ts";
import { rule } from "../wire/problem.ts";
import { Direction, PduKind, type RadioContext } from "../wire/radio_context.ts";
import type { BleLink, BleLinks } from "./ble_links.ts";
import { crcState, fit, packetEnd } from "./ble_packet.ts";

const F = define({
  "btle.master_bd_addr": ether("Address of the central"),
  "btle.slave_bd_addr": ether("Address of the peripheral"),
  "btle.l2cap_data": none("Part of an L2CAP PDU"),
  "btle.l2cap_index": uint32("L2CAP index"),
  "btle.missing_fragment_start": none("Start is missing"),
  "btle.connection_parameters_in": frameNumber("Connection parameters in frame"),
  "btle.unknown_data": none("Unknown data"),
  "btle.retransmit": none("Sent again"),
  "btle.nack": none("Not acknowledged"),
  "edgewire.btle.encrypted": none("Encrypted payload"),
});

const NO_START = rule(
  "btle",
  "note",
  "continuation of an L2CAP PDU whose start was not seen",
  "Core 6.0, Vol 6, Part B, 2.4.1",
);
const TOO_MUCH = rule(
  "btle",
  "error",
  "L2CAP PDU goes on beyond its length",
  "Core 6.0, Vol 3, Part A, 7.2.2",
);

/** Control opcodes that matter for what follows. */
const Opcode = {
  ConnectionUpdate: 0x00,
  StartEncryptionRequest: 0x05,
  PauseEncryptionResponse: 0x0b,
  CisInd: 0x21,
} as const;

export class BleDataPackets {
  readonly #links: BleLinks;
  /** Number of L2CAP PDUs begun. */
  #l2capIndex = 0;

  constructor(links: BleLinks) {
    this.#links = links;
  }

  /** Decodes a data PDU, from its header on; `link` is the one it belongs to, if known. */
  decode(
    d: Dissection,
    radio: RadioContext,
    kind: number,
    link: BleLink | undefined,
    interfaceId: number,
  ): void {
    const start = d.pos;
    const header = dataHeader(d, kind);
    if (d.failed !== 0) return;
    if (link !== undefined) putAddresses(d, link);
    const first = header >> 8;
    const again = link !== undefined && sequence(d, link, radio.direction, first, start);
    const length = fit(d, header & 0xff);
    const at = d.pos;
    const crc = crcState(d, radio, start, at + length, link?.crcInit ?? -1);
    const llid = first & 3;
    if (d.columns) dataColumns(d, link, radio.direction, llid, length);
    d.narrow(length);
    if (kind === PduKind.ConnectedIso) {
      isochronousPayload(d, kind, llid);
    } else if (length > 0 && isCiphertext(d, radio, link, llid)) {
      d.putNone(F["edgewire.btle.encrypted"], at, d.left);
      if (d.columns) d.infoColumn = "Encrypted";
    } else if (llid === Llid.Control) {
      this.#control(d, radio, link, interfaceId, again);
    } else if (length > 0 && llid === Llid.Reserved) {
      d.putNone(F["btle.unknown_data"], at, d.left);
    } else if (length > 0) {
      this.#l2cap(d, radio, link, llid, again, crc);
      return;
    }
    this.#dataEnd(d, radio, link, crc);
  }

  /** What stands behind the payload of a data packet. */
  #dataEnd(d: Dissection, radio: RadioContext, link: BleLink | undefined, crc: number): void {
    d.widen();
    if (link !== undefined) {
      if (link.nextFrame !== 0 && radio.event >= 0) {
        if ((radio.event - link.nextInstant << 16 >> 16) >= 0) {
          link.parametersFrame = link.nextFrame;
          link.nextFrame = 0;
        }
      }
      if (link.parametersFrame !== 0) {
        d.put(F["btle.connection_parameters_in"], link.parametersFrame);
      }
    }
    packetEnd(d, crc);
  }

  #control(
    d: Dissection,
    radio: RadioContext,
    link: BleLink | undefined,
    interfaceId: number,
    again: boolean,
  ): void {
    const at = d.pos;
    const opcode = controlPdu(d);
    if (d.failed !== 0) return;
    if (opcode === Opcode.CisInd) {
      const { data } = d;
      const address = data[at + 1]! | data[at + 2]! << 8 | data[at + 3]! << 16 |
        data[at + 4]! << 24;
      const stream = this.#links.open(interfaceId, address >>> 0);
      stream.parametersFrame = d.frame;
      if (link !== undefined) {
        stream.centralHigh = link.centralHigh;
        stream.centralLow = link.centralLow;
        stream.peripheralHigh = link.peripheralHigh;
        stream.peripheralLow = link.peripheralLow;
      }
    }
    if (link === undefined || again) return;
    if (opcode === Opcode.StartEncryptionRequest) link.encrypted = true;
    if (opcode === Opcode.PauseEncryptionResponse) link.encrypted = false;
    if (opcode === Opcode.ConnectionUpdate) {
      if (radio.event < 0) link.parametersFrame = d.frame;
      else {
        link.nextFrame = d.frame;
        link.nextInstant = d.data[at + 10]! | d.data[at + 11]! << 8;
      }
    }
  }

  /** L2CAP PDUs, whole or in pieces; what is above the link layer comes behind the CRC. */
  #l2cap(
    d: Dissection,
    radio: RadioContext,
    link: BleLink | undefined,
    llid: number,
    again: boolean,
    crc: number,
  ): void {
    const at = d.pos;
    const length = d.limit - at;
    const announced = d.peek() | d.peek(1) << 8;
    if (llid === Llid.Start && length >= 2 && announced + 4 <= length) {
      if (link !== undefined) d.put(F["btle.l2cap_index"], this.#l2capIndex++);
      this.#dataEnd(d, radio, link, crc);
      if (d.failed !== 0) return;
      const end = d.pos;
      d.pos = at;
      d.narrow(length);
      l2cap(d);
      d.widen();
      d.pos = end;
      return;
    }
    const way = link?.ways[radio.direction]!;
    let complete = false;
    if (link !== undefined && !again) {
      complete = this.#piece(d, link, radio.direction, llid, announced);
    }
    if (!complete) d.putNone(F["btle.l2cap_data"], at, d.left);
    d.skip(length);
    this.#dataEnd(d, radio, link, crc);
    if (!complete || d.failed !== 0) return;
    if (!d.enter("Reassembled L2CAP", way.pieces.data, 0, way.pieces.length)) return;
    l2cap(d);
    d.leave();
  }

  /** @returns whether the PDU is complete with this piece */
  #piece(
    d: Dissection,
    link: BleLink,
    direction: number,
    llid: number,
    announced: number,
  ): boolean {
    const way = link.ways[direction]!;
    const length = d.limit - d.pos;
    if (llid === Llid.Start) {
      way.missing = announced + 4 - length;
      this.#links.openPieces.begin(way.pieces);
      way.index = this.#l2capIndex++;
    } else if (way.missing === 0 || way.missing < length) {
      d.putNone(F["btle.missing_fragment_start"], d.pos, length);
      d.problem(way.missing === 0 ? NO_START : TOO_MUCH);
      way.missing = 0;
      d.put(F["btle.l2cap_index"], way.index = this.#l2capIndex++);
      return false;
    } else {
      way.missing -= length;
    }
    d.put(F["btle.l2cap_index"], way.index);
    if (!way.pieces.add(d.data, d.pos, d.end)) way.missing = 0;
    else return llid === Llid.Continuation && way.missing === 0;
    return false;
  }
}

function putAddresses(d: Dissection, link: BleLink): void {
  if (d.want[F["btle.master_bd_addr"]] !== 0) {
    d.putObject(F["btle.master_bd_addr"], addressBytes(link.centralHigh, link.centralLow));
  }
  if (d.want[F["btle.slave_bd_addr"]] !== 0) {
    d.putObject(F["btle.slave_bd_addr"], addressBytes(link.peripheralHigh, link.peripheralLow));
  }
}

/**
 * Follows the sequence numbers (Core 6.0, Vol 6, Part B, 4.5.9).
 *
 * @returns whether the packet was sent before
 */
function sequence(
  d: Dissection,
  link: BleLink,
  direction: number,
  first: number,
  at: number,
): boolean {
  const ways = link.ways;
  if (!link.started) {
    link.started = true;
    ways[Direction.ToPeripheral]!.sequence = 0;
    ways[Direction.ToCentral]!.sequence = 1;
    return false;
  }
  const way = ways[direction as 0 | 1 | 2];
  const other = direction === Direction.ToCentral
    ? ways[Direction.ToPeripheral]
    : ways[Direction.ToCentral];
  const number = first >> 3 & 1;
  const again = number === way.sequence;
  way.sequence = number;
  if (direction === Direction.Unknown) return false;
  if ((first >> 2 & 1) === other.sequence) d.putNone(F["btle.nack"], at, 1);
  if (again) d.putNone(F["btle.retransmit"], at, 1);
  return again;
}

/** Length of the message integrity check behind an encrypted payload, in bytes. */
const MIC_LENGTH = 4;

/**
 * Whether the payload is still encrypted. Captures that were decrypted without saying so are told by
 * their lengths: ciphertext hardly ever has the length that its first bytes announce.
 */
function isCiphertext(
  d: Dissection,
  radio: RadioContext,
  link: BleLink | undefined,
  llid: number,
): boolean {
  if (link?.encrypted !== true || radio.decrypted) return false;
  const length = d.limit - d.pos;
  if (length <= MIC_LENGTH) return false;
  if (llid === Llid.Control) return CONTROL_PDUS[d.peek()]?.length !== length;
  return llid === Llid.Start && (d.peek() | d.peek(1) << 8) + 4 !== length ||
    llid === Llid.Continuation && link.ways[radio.direction as 0 | 1 | 2].missing === 0;
}

function dataColumns(
  d: Dissection,
  link: BleLink | undefined,
  direction: number,
  llid: number,
  length: number,
): void {
  d.infoColumn = length === 0 ? "Empty PDU" : llid === Llid.Control ? "Control" : "L2CAP";
  if (link === undefined || direction === Direction.Unknown) return;
  const central = addressText(link.centralHigh, link.centralLow);
  const peripheral = addressText(link.peripheralHigh, link.peripheralLow);
  d.sourceColumn = direction === Direction.ToPeripheral ? central : peripheral;
  d.destinationColumn = direction === Direction.ToPeripheral ? peripheral : central;
}
