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
import type { Reading } from "../../../traces/sensors/measure.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import { Heard, Verdict } from "./device.ts";
import type { DeviceBook } from "./device_book.ts";
import type { Meaning, Origin } from "./device_updates.ts";
import type { KnownDevice } from "./known_device.ts";
import type { NodeLiveness } from "../liveness/liveness_monitor.ts";
import {
  type FrameSecurity,
  type Hearing,
  hearingId,
  type RadioListener,
} from "../radio/hearing.ts";
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
  /** Packets of devices and networks, also those that were no news. */
  heard = 0;
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
    this.heard++;
    if (known !== undefined && this.#isKnown(known, hearing, data, start, end)) return;
    const report = this.#decoder.advertisement(address, data, start, end, hearing.at);
    if (known !== undefined) this.#take(known, hearing, report, data, start, end);
    else if (report.format === NO_FORMAT) {
      this.heard--;
      this.counters.strangers++;
    } else this.#meet(address, hearing, report, data, start, end);
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
    this.heard++;
    if (known !== undefined && this.#isKnown(known, hearing, data, start, end)) return;
    const report = this.#decoder.macPayload(id, data, start, end, hearing.at);
    if (report.format === NO_FORMAT) return;
    this.#checkCounter(id, report, security);
    if (known === undefined) this.#meet(id, hearing, report, data, start, end);
    else this.#take(known, hearing, report, data, start, end);
  }

  closed(hearing: Hearing, device: DeviceId, reason: WpanClosed) {
    const id = this.#book.resolve(device);
    const known = this.#book.get(id);
    if (known === undefined) return;
    this.heard++;
    if (reason !== "wrong key") {
      this.counters.noKey++;
      known.sealing = "no key";
      return;
    }
    known.sealing = "refused";
    this.#finding(known, WRONG_CODE, hearing);
  }

  beacon(hearing: Hearing, pan: number, coordinator: DeviceId) {
    this.heard++;
    this.#wpan.beacon(hearing, pan, this.#book.resolve(coordinator));
  }

  associationRequest(hearing: Hearing, device: DeviceId, pan: number) {
    this.heard++;
    this.#wpan.associationRequest(hearing, this.#book.resolve(device), pan);
  }

  /** Forgets what is remembered of a device. */
  forget(id: DeviceId) {
    this.#decoder.forget(id);
    this.#book.frameCounters.delete(id);
  }

  /** Whether its bytes were taken already: heard by another node, or sent again. */
  #isKnown(
    known: KnownDevice,
    { node, at, rssi }: Hearing,
    data: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const { device } = known;
    const heard = device.hear(device.receiver(node.name), data, start, end, at, rssi);
    if (heard === Heard.Unknown) return false;
    this.counters.duplicates++;
    if (device.content.trusted) this.#lives(known, node, at, heard === Heard.Copy);
    return true;
  }

  #lives(known: KnownDevice, node: RadioNode, at: number, copy: boolean) {
    if (at > known.lastAt) known.lastAt = at;
    known.live.heard(this.#options.liveness(node), at, known.irregular, copy);
  }

  #meet(
    id: DeviceId,
    hearing: Hearing,
    report: SensorReport,
    data: Uint8Array,
    start: number,
    end: number,
  ) {
    const known = this.#book.make(id);
    if (known === null) {
      this.counters.strangers++;
      return;
    }
    this.#isKnown(known, hearing, data, start, end);
    this.#take(known, hearing, report, data, start, end);
  }

  /**
   * Frame counters only count up (IEEE 802.15.4-2020, 9.2.4), and who has a key sends nothing
   * without an integrity code.
   */
  #checkCounter(id: DeviceId, report: SensorReport, { counter, secured }: FrameSecurity) {
    const { book } = this.#options;
    if (secured) report.sealing = "opened";
    if (!book.hasFrameKey(id)) return;
    const last = book.frameCounters.get(id) ?? -1;
    if (secured && (counter < 0 || counter > last)) {
      // Without a counter a time slot's number stands in for it (TSCH).
      if (counter >= 0) book.frameCounters.set(id, counter);
      return;
    }
    report.sealing = "refused";
    report.readings = [];
    if (!secured) {
      report.find("downgrade", "frame without integrity code from a device that has a key");
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
    const { node, at, rssi } = hearing;
    const { device, acceptedAt } = known;
    for (const finding of report.findings) {
      if (isLateCounter(finding, at - acceptedAt, device.receivers.size)) {
        this.counters.superseded++;
      } else this.#finding(known, finding, hearing);
    }
    known.sealing = report.sealing;
    // Whoever sent it, it proves nothing of the device.
    if (report.sealing === "refused") return;
    const receiver = device.receiver(node.name);
    const event = report.readings.some(isEvent);
    const verdict = device.judge(device.content, receiver, report, event, at, rssi);
    this.#lives(known, node, at, false);
    if (known.learn(report)) this.#options.onDevice(known);
    if (report.sealing === "no key") this.counters.noKey++;
    if (verdict === Verdict.Same) this.counters.duplicates++;
    else if (verdict === Verdict.Behind) this.counters.superseded++;
    else this.#accept(known, hearing, report, data, start, end);
  }

  #accept(
    known: KnownDevice,
    hearing: Hearing,
    report: SensorReport,
    data: Uint8Array,
    start: number,
    end: number,
  ) {
    const { node, at, time, rssi } = hearing;
    this.counters.accepted++;
    known.acceptedAt = at;
    const id = hearingId(hearing);
    const origin: Origin = { node: node.name, nodeMember: node.member, id, time };
    known.updates.readings(report.readings, origin);
    if (rssi !== UNKNOWN_RSSI) known.updates.rssi(rssi, origin);
    known.keep(report, data, start, end, hearing, time);
  }

  #finding(known: KnownDevice, { kind, detail, counter, last }: Finding, hearing: Hearing) {
    const { node, at, time } = hearing;
    this.counters.findings[kind]++;
    known.find(time, node.name, kind, detail);
    if (at - (known.toldFindings.get(kind) ?? -Infinity) < FINDING_MS) return;
    known.toldFindings.set(kind, at);
    const said = {
      finding: kind,
      detail,
      ...(counter >= 0 ? { counter } : {}),
      ...(last >= 0 ? { last } : {}),
    };
    known.updates.json("security", JSON.stringify(said), SECURITY, {
      node: node.name,
      nodeMember: node.member,
      id: hearingId(hearing),
      time,
    });
  }
}

/** A counter that is a little behind, a little after the last: it took a longer way. */
function isLateCounter({ counter, last }: Finding, since: number, receivers: number): boolean {
  return counter >= 0 && last > counter && last - counter <= LATE_COUNTERS && since < LATE_MS &&
    receivers > 1;
}

function isEvent({ measure, value }: Reading): boolean {
  return measure.kind === "event" && value !== null;
}
