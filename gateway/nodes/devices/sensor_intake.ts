/**
 * What several nodes hear of one device made one: duplicates are dropped, what is new is decoded and
 * becomes updates.
 *
 * @module
 */
import { type DeviceId, SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import {
  type Finding,
  type FindingKind,
  NO_FORMAT,
  type SensorReport,
} from "../../../traces/sensors/sensor_report.ts";
import { UNKNOWN_RSSI } from "../../../traces/sensors/radio_envelope.ts";
import type { WpanClosed } from "../../../traces/flows/wpan_observer.ts";
import { now } from "../../clock.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import { Novelty, Repeat } from "./device.ts";
import type { DeviceBook } from "./device_book.ts";
import type { Meaning, Origin } from "./device_updates.ts";
import type { KnownDevice } from "./known_device.ts";
import type { NodeLiveness } from "../liveness/liveness_monitor.ts";
import type { FrameSecurity, Hearing, RadioListener } from "../radio/radio_intake.ts";
import type { RadioNode } from "../radio/radio_node.ts";
import { WpanEvents } from "../radio/wpan_events.ts";

/** What is counted; `/metrics` shows it. */
export interface SensorCounters {
  /** Advertisements and payloads that made updates. */
  accepted: number;
  /** Heard by another node, or sent again. */
  duplicates: number;
  /** Older than what was known. */
  superseded: number;
  /** Of devices in no format that is known here. */
  strangers: number;
  /** Encrypted, without a key. */
  noKey: number;
  findings: Record<FindingKind, number>;
}

export interface SensorIntakeOptions {
  rooms: Rooms;
  book: DeviceBook;
  liveness: (node: RadioNode) => NodeLiveness;
  onDevice: (device: KnownDevice) => void;
}

const RSSI: Meaning = {
  kind: "number",
  unit: "dBm",
  quantity: "signal_strength",
  diagnostic: false,
};
const SECURITY: Meaning = { kind: "event", unit: "", quantity: undefined, diagnostic: false };
const WRONG_CODE: Finding = {
  kind: "integrity",
  detail: "the integrity code of a secured frame fits no key",
  counter: -1,
  last: -1,
};
/** Findings of one kind about one device are told so often at most, ms. */
const FINDING_MS = 10_000;
/** A counter so little behind the last, so soon after it, took a longer way through another node. */
const LATE_COUNTERS = 8;
const LATE_MS = 4000;

export class SensorIntake implements RadioListener {
  readonly counters: SensorCounters = {
    accepted: 0,
    duplicates: 0,
    superseded: 0,
    strangers: 0,
    noKey: 0,
    findings: { "replayed counter": 0, downgrade: 0, "repeated nonce": 0, integrity: 0 },
  };
  readonly #options: SensorIntakeOptions;
  readonly #book: DeviceBook;
  readonly #decoder: SensorDecoder;
  readonly #wpan: WpanEvents;

  constructor(options: SensorIntakeOptions) {
    this.#options = options;
    this.#book = options.book;
    this.#decoder = new SensorDecoder({ keys: options.book.keys });
    this.#wpan = new WpanEvents(options.rooms);
  }

  advertisement(hearing: Hearing, address: number, data: Uint8Array, start: number, end: number) {
    const known = this.#book.get(address);
    if (known !== undefined && this.#repeats(known, hearing, data, start, end)) return;
    const report = this.#decoder.advertisement(address, data, start, end, hearing.at);
    if (known !== undefined) this.#take(known, hearing, report, data, start, end);
    else if (report.format === NO_FORMAT) this.counters.strangers++;
    else this.#meet(address, hearing, report, data, start, end);
  }

  macPayload(
    hearing: Hearing,
    device: DeviceId,
    data: Uint8Array,
    start: number,
    end: number,
    security: FrameSecurity,
  ) {
    const id = this.#book.resolve(device);
    const known = this.#book.get(id);
    if (known !== undefined && this.#repeats(known, hearing, data, start, end)) return;
    const report = this.#decoder.macPayload(id, data, start, end, hearing.at);
    if (report.format === NO_FORMAT) return;
    if (security.secured) report.sealing = "opened";
    if (known === undefined) {
      this.#meet(id, hearing, report, data, start, end, security);
    } else {
      this.#checkCounter(known, report, security);
      this.#take(known, hearing, report, data, start, end);
    }
  }

  closed(hearing: Hearing, device: DeviceId, reason: WpanClosed) {
    const known = this.#book.get(this.#book.resolve(device));
    if (known === undefined) return;
    known.live.heard(this.#options.liveness(hearing.node), hearing.at, known.irregular);
    known.sealing = reason === "wrong key" ? "refused" : "no key";
    if (reason !== "wrong key") this.counters.noKey++;
    else this.#finding(known, WRONG_CODE, hearing);
  }

  beacon(hearing: Hearing, pan: number, coordinator: DeviceId) {
    this.#wpan.beacon(hearing, pan, this.#book.resolve(coordinator));
  }

  associationRequest(hearing: Hearing, device: DeviceId, pan: number) {
    this.#wpan.associationRequest(hearing, this.#book.resolve(device), pan);
  }

  /** Forgets what is remembered of a device. */
  forget(id: DeviceId) {
    this.#decoder.forget(id);
  }

  #repeats(
    known: KnownDevice,
    { node, at, rssi }: Hearing,
    data: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const receiver = known.device.receiver(node.name);
    const repeat = known.device.repeats(receiver, data, start, end, at);
    receiver.signal(rssi, at);
    if (at > known.lastAt) known.lastAt = at;
    const copy = repeat === Repeat.Copy;
    known.live.heard(this.#options.liveness(node), at, known.irregular, copy);
    if (repeat === Repeat.No) return false;
    this.counters.duplicates++;
    return true;
  }

  #meet(
    id: DeviceId,
    hearing: Hearing,
    report: SensorReport,
    data: Uint8Array,
    start: number,
    end: number,
    security?: FrameSecurity,
  ) {
    const known = this.#book.make(id);
    this.#repeats(known, hearing, data, start, end);
    if (security !== undefined) this.#checkCounter(known, report, security);
    this.#take(known, hearing, report, data, start, end);
  }

  /** Frame counters only count up (IEEE 802.15.4-2020, 9.2.4). */
  #checkCounter(
    known: KnownDevice,
    report: SensorReport,
    { counter }: FrameSecurity,
  ) {
    const last = known.frameCounter;
    if (counter > last) known.frameCounter = counter;
    if (counter > last || counter < 0 && last < 0) return;
    report.sealing = "refused";
    report.readings = [];
    if (counter < 0) {
      report.find("downgrade", "plain frame from a device whose frames are secured");
    } else if (counter < last) {
      report.find("replayed counter", `frame counter ${counter} after ${last}`, counter, last);
    } else {
      const detail = `frame counter ${counter} with two contents`;
      report.find("repeated nonce", detail, counter, last);
    }
  }

  #take(
    known: KnownDevice,
    hearing: Hearing,
    report: SensorReport,
    data: Uint8Array,
    start: number,
    end: number,
  ) {
    const { node, at } = hearing;
    const { device } = known;
    const receiver = device.receiver(node.name);
    const lastAt = known.acceptedAt;
    const novelty = device.settle(
      receiver,
      report.format,
      report.sealing === "refused" ? -1 : report.sequence,
      report.sequenceModulus,
      report.stale,
      at,
    );
    if (known.learn(report)) this.#options.onDevice(known);
    for (const finding of report.findings) {
      const late = finding.counter >= 0 && finding.last - finding.counter <= LATE_COUNTERS &&
        finding.last > finding.counter && at - lastAt < LATE_MS && device.receivers.size > 1;
      if (late) this.counters.superseded++;
      else this.#finding(known, finding, hearing);
    }
    if (report.sealing === "no key") this.counters.noKey++;
    if (report.sealing === "refused") return;
    if (novelty === Novelty.Same) this.counters.duplicates++;
    else if (novelty === Novelty.Behind) this.counters.superseded++;
    else this.#accept(known, hearing, report, data, start, end);
  }

  #accept(
    known: KnownDevice,
    { node, at, rssi }: Hearing,
    report: SensorReport,
    data: Uint8Array,
    start: number,
    end: number,
  ) {
    this.counters.accepted++;
    known.acceptedAt = at;
    const { rooms } = this.#options;
    const time = now();
    const origin: Origin = { node: node.name, nodeMember: node.member, id: rooms.nextId(), time };
    known.updates.readings(report.readings, origin);
    if (rssi !== UNKNOWN_RSSI) known.updates.value("rssi", rssi, RSSI, origin);
    known.keep(report, data, start, end, node.name, time);
  }

  #finding(known: KnownDevice, { kind, detail, counter, last }: Finding, { node, at }: Hearing) {
    this.counters.findings[kind]++;
    const time = now();
    known.find(time, node.name, kind, detail);
    if (at - (known.toldFindings.get(kind) ?? -Infinity) < FINDING_MS) return;
    known.toldFindings.set(kind, at);
    const id = this.#options.rooms.nextId();
    const said = {
      finding: kind,
      detail,
      ...(counter >= 0 ? { counter } : {}),
      ...(last >= 0 ? { last } : {}),
    };
    known.updates.json("security", JSON.stringify(said), SECURITY, {
      node: node.name,
      nodeMember: node.member,
      id,
      time,
    });
  }
}
