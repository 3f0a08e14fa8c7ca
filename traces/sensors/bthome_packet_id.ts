/**
 * Which packets of a BTHome device are new, by their packet id (object 0x00).
 *
 * @module
 */
import type { SensorPacket } from "./sensor_packet.ts";
import type { SensorReport } from "./sensor_report.ts";

/** After this much silence every id is new: the device may have restarted. Milliseconds. */
const FORGET_MS = 4_000;
/** Ids up to this far ahead, modulo 256, are new; others lie behind. */
const AHEAD = 63;

/**
 * Puts the id into the report, and marks packets that are repeated or late as stale. What a stale
 * packet says changes nothing.
 */
export function judgePacketId(id: number, packet: SensorPacket, report: SensorReport): void {
  report.sequence = id;
  report.sequenceModulus = 256;
  if (report.stale) return;
  const { memory, time } = packet;
  const distance = id - memory.packetId & 0xff;
  const heard = memory.packetId >= 0 && time - memory.packetTime <= FORGET_MS;
  if (heard && (distance === 0 || distance > AHEAD)) {
    report.stale = true;
    return;
  }
  memory.packetId = id;
  memory.packetTime = time;
}
