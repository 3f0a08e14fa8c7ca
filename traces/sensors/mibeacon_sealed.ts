/**
 * The encrypted part of MiBeacons, AES-128-CCM with the additional data 0x11:
 *
 * - versions 4 and 5: objects, 3 bytes that extend the frame counter, integrity code of 4 bytes;
 *   nonce of 12: MAC last byte first, device type, frame counter, extension.
 * - versions 2 and 3: objects, the extension, 1 byte; a key of 12 bytes with 8d3d3c97 in its
 *   middle; nonce of 13: frame control, device type, frame counter, extension, MAC last byte first
 *   and without its last.
 *
 * The last byte of versions 2 and 3 is documented nowhere. In every packet published with its key it
 * is the first byte of an integrity code of 16. It is checked so, and objects must make sense too;
 * one changed packet in 256 still gets through the first of these checks. Whoever changes bits under
 * a known counter can make sensible objects, so that such a counter is refused when it comes again.
 *
 * Source: pvvx/ATC_MiThermometer, src/mi_beacon.c; Bluetooth-Devices/xiaomi-ble, parser.py.
 *
 * @module
 */
import { rule } from "../wire/problem.ts";
import { sameBytes } from "../wire/same_bytes.ts";
import { plausibleObjects, readObjects } from "./mibeacon_objects.ts";
import { type CounterMemory, putReversedAddress, type SensorPacket } from "./sensor_packet.ts";
import type { SensorReport } from "./sensor_report.ts";
import { AAD } from "./xiaomi_values.ts";

/** Where things stand in the frame that is decoded. */
export class MiBeaconFrame {
  /** Frame control. */
  start = 0;
  /** First encrypted byte. */
  objects = 0;
  end = 0;
  /** Frame counter, 8 bits. */
  counter = 0;
  /** The device's address; -1 unknown. */
  address = -1;
}

const OBJECT_HEADER = 3;
const EXTENSION_BYTES = 3;
const MIC_BYTES = 4;
const LEGACY_MIC_BYTES = 1;
/** Length that the integrity code of versions 2 and 3 has before it is cut to one byte. */
const LEGACY_WHOLE_MIC = 16;
/** How long a copy of the packet before the last may still come in from a slower receiver, ms. */
const LATE_MS = 10_000;

const SIZE = rule("mibeacon", "error", "encrypted part has no length that it can have");
const KEY_LENGTH = rule("mibeacon", "warning", "device's key has not the length of this version");
const NO_ADDRESS = rule("mibeacon", "warning", "can't be decrypted: device's address is unknown");

const nonce = new Uint8Array(12);
const legacyNonce = new Uint8Array(13);
const address = new Uint8Array(6);
/** Longer than any AD structure. */
const MOST_BYTES = 256;
const opened = new Uint8Array(MOST_BYTES);
const joined = new Uint8Array(MOST_BYTES);

/** Versions 4 and 5. */
export function openSealed(
  packet: SensorPacket,
  report: SensorReport,
  frame: MiBeaconFrame,
  model: string,
): void {
  const { data, memory } = packet;
  const { start, objects, end } = frame;
  if (!begin(packet, report, frame, MIC_BYTES, memory.key?.ccm !== undefined)) return;
  putReversedAddress(frame.address, nonce, 0);
  for (let i = 0; i < 3; i++) nonce[6 + i] = data[start + 2 + i]!;
  const extension = end - MIC_BYTES - EXTENSION_BYTES;
  for (let i = 0; i < EXTENSION_BYTES; i++) nonce[9 + i] = data[extension + i]!;
  // The extension stands between the encrypted bytes and their integrity code.
  const length = extension - objects;
  const sealed = joined.subarray(0, length + MIC_BYTES);
  sealed.set(data.subarray(objects, extension));
  sealed.set(data.subarray(end - MIC_BYTES, end), length);
  const right = memory.key!.ccm!.open(nonce, AAD, sealed, MIC_BYTES, opened);
  const counter = report.sequence;
  if (!right) {
    refuse(packet, report, "MiBeacon", counter, "integrity code is wrong: another key, or changed");
    return;
  }
  if (!accept(packet, report, "MiBeacon", frame, true)) return;
  readObjects(report, opened, 0, length, objects, model);
}

/** Versions 2 and 3. */
export function openLegacy(
  packet: SensorPacket,
  report: SensorReport,
  frame: MiBeaconFrame,
  model: string,
): void {
  const { data, memory } = packet;
  const { start, objects, end } = frame;
  if (!begin(packet, report, frame, LEGACY_MIC_BYTES, memory.key?.legacyCcm !== undefined)) return;
  const extension = end - LEGACY_MIC_BYTES - EXTENSION_BYTES;
  putReversedAddress(frame.address, address, 0);
  for (let i = 0; i < 5; i++) {
    legacyNonce[i] = data[start + i]!;
    legacyNonce[8 + i] = address[i]!;
  }
  for (let i = 0; i < EXTENSION_BYTES; i++) legacyNonce[5 + i] = data[extension + i]!;
  const ccm = memory.key!.legacyCcm!;
  const length = extension - objects;
  ccm.open(legacyNonce, AAD, data.subarray(objects, extension), 0, opened);
  const mic = ccm.seal(legacyNonce, AAD, opened.subarray(0, length), LEGACY_WHOLE_MIC)[length];
  const counter = report.sequence;
  if (mic !== data[end - 1]) {
    refuse(
      packet,
      report,
      "MiBeacon legacy",
      counter,
      "check byte is wrong: another key, or changed",
    );
    return;
  }
  if (!plausibleObjects(opened, 0, length)) {
    refuse(packet, report, "MiBeacon legacy", counter, "what comes out is no object");
    return;
  }
  if (!accept(packet, report, "MiBeacon legacy", frame, false)) return;
  readObjects(report, opened, 0, length, objects, model);
}

/** Composes the counter; @returns whether the frame can be decrypted. */
function begin(
  { data, memory }: SensorPacket,
  report: SensorReport,
  frame: MiBeaconFrame,
  micLength: number,
  usable: boolean,
): boolean {
  const { objects, end } = frame;
  const length = end - objects;
  if (length < OBJECT_HEADER + EXTENSION_BYTES + micLength || length > MOST_BYTES) {
    report.sealing = memory.key === undefined ? "no key" : "refused";
    report.problem(SIZE, objects, `${length} bytes`);
    return false;
  }
  const at = end - micLength - EXTENSION_BYTES;
  const high = data[at]! + 0x100 * data[at + 1]! + 0x10000 * data[at + 2]!;
  report.sequence = frame.counter + 0x100 * high;
  report.sequenceModulus = 2 ** 32;
  if (!usable) {
    report.sealing = "no key";
    if (memory.key !== undefined) report.problem(KEY_LENGTH, objects, `${memory.key.length} bytes`);
    return false;
  }
  if (frame.address < 0) {
    report.sealing = "no key";
    report.problem(NO_ADDRESS, objects);
    return false;
  }
  return true;
}

/** Nothing of what was refused may look like the number of a packet that is still to come. */
function refuse(
  { memory }: SensorPacket,
  report: SensorReport,
  kept: string,
  counter: number,
  detail: string,
): void {
  report.sealing = "refused";
  report.sequence = -1;
  report.sequenceModulus = 0;
  report.find("integrity", detail, counter, memory.counters.get(kept)?.counter ?? -1);
}

/**
 * Judges the counter of a packet that verifies, and remembers it.
 *
 * @param authentic the integrity code is long enough to vouch for a second content of one counter
 * @returns whether its readings are to be given
 */
function accept(
  { data, memory, time }: SensorPacket,
  report: SensorReport,
  kept: string,
  { objects, end }: MiBeaconFrame,
  authentic: boolean,
): boolean {
  const last = memory.counterOf(kept);
  const before = memory.counterOf(`${kept}, before`);
  const counter = report.sequence;
  const repeats = (known: CounterMemory): boolean =>
    known.counter === counter && known.sealed.length === end - objects &&
    sameBytes(known.sealed, 0, data, objects, end - objects);
  report.sealing = "opened";
  if (repeats(last) || (repeats(before) && time - last.time <= LATE_MS)) {
    report.stale = true;
    return true;
  }
  if (counter < last.counter) {
    report.find(
      "replayed counter",
      `counter ${counter} after ${last.counter}`,
      counter,
      last.counter,
    );
    return withhold(report);
  }
  if (counter === last.counter) {
    const detail = `counter ${counter} was used before for other content`;
    report.find("repeated nonce", detail, counter, last.counter);
    if (!authentic) return withhold(report);
    // The number no longer stands for one content.
    report.sequence = -1;
    report.sequenceModulus = 0;
  } else {
    before.counter = last.counter;
    before.sealed = last.sealed;
    before.time = last.time;
  }
  last.counter = counter;
  last.sealed = data.slice(objects, end);
  last.time = time;
  return true;
}

function withhold(report: SensorReport): false {
  report.sealing = "refused";
  report.sequence = -1;
  report.sequenceModulus = 0;
  return false;
}
