/**
 * Everything that is known of one device.
 *
 * @module
 */
import { deviceIdText } from "../../../traces/sensors/device_id.ts";
import type { Reading } from "../../../traces/sensors/measure.ts";
import { readingName } from "../../../traces/sensors/measure.ts";
import { UNKNOWN_CHANNEL } from "../../../traces/sensors/radio_envelope.ts";
import type { DeviceId } from "../../../traces/sensors/sensor_decoder.ts";
import type {
  FindingKind,
  SensorProblem,
  SensorReport,
} from "../../../traces/sensors/sensor_report.ts";
import type { DeviceAnswer, DeviceInfo, ReadingInfo } from "../answers.ts";
import { Device } from "./device.ts";
import { type DeviceUpdates, readingTopic } from "./device_updates.ts";
import type { DeviceLiveness } from "../liveness/liveness_monitor.ts";

const REMEMBERED_FINDINGS = 20;
/** What a device may say of itself, characters. */
const MAX_NAME = 100;

interface Packet {
  time: number;
  node: string;
  /** 255 unknown. */
  channel: number;
  format: string;
  readings: readonly Reading[];
  problems: readonly SensorProblem[];
  /** Offsets of readings count from here before `bytes`. */
  base: number;
  length: number;
}

export class KnownDevice {
  readonly name: string;
  readonly id: DeviceId;
  readonly device: Device;
  readonly updates: DeviceUpdates;
  readonly live: DeviceLiveness;
  readonly formats: Set<string> = new Set();
  /** How nodes speak that decoded it themselves. */
  dialect: string | undefined;
  model: string | undefined;
  localName: string | undefined;
  sealing: string | undefined;
  irregular = false;
  /** When it was heard last, ms of the monotonic clock. */
  lastAt = -Infinity;
  /** When a packet was accepted last. */
  acceptedAt = -Infinity;
  findings = 0;
  /** When each kind was told last, ms of the monotonic clock. */
  readonly toldFindings: Map<FindingKind, number> = new Map();
  readonly #recentFindings: DeviceAnswer["recentFindings"] = [];
  #packet: Packet | null = null;
  #bytes: Uint8Array = new Uint8Array(64);
  /** It has no address of its own: a node of another dialect names it. */
  readonly #foreign: boolean;

  constructor(
    id: DeviceId,
    name: string,
    updates: DeviceUpdates,
    live: DeviceLiveness,
    foreign: boolean,
  ) {
    this.id = id;
    this.name = name;
    this.device = new Device(id, name);
    this.updates = updates;
    this.live = live;
    this.#foreign = foreign;
  }

  /** Takes over what a packet says of the device itself. @returns whether that is news */
  learn(report: SensorReport): boolean {
    const before = this.formats.size;
    if (report.format !== "") this.formats.add(report.format);
    this.irregular = report.irregular;
    let news = this.formats.size !== before;
    if (report.model !== undefined && report.model !== this.model) {
      this.model = report.model;
      news = true;
    }
    const name = report.name?.slice(0, MAX_NAME);
    if (name !== undefined && name !== this.localName) {
      this.localName = name;
      news = true;
    }
    return news;
  }

  /** Keeps a packet, so that it can be said why values are what they are. */
  keep(
    report: SensorReport,
    data: Uint8Array,
    start: number,
    end: number,
    { node, channel }: { node: { name: string }; channel: number },
    time: number,
  ) {
    const length = end - start;
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) this.#bytes[i] = data[start + i]!;
    const { format, readings, problems } = report;
    const { name } = node;
    this.#packet = { time, node: name, channel, format, readings, problems, base: start, length };
  }

  /** Notes a security finding. */
  find(time: number, node: string, kind: string, detail: string) {
    this.findings++;
    this.#recentFindings.push({ time, node, kind, detail });
    if (this.#recentFindings.length > REMEMBERED_FINDINGS) this.#recentFindings.shift();
  }

  /** @param toUnix from our monotonic clock */
  info(toUnix: (at: number) => number): DeviceInfo {
    const { name, device, dialect, model, localName, sealing } = this;
    const formats = this.formats.size === 0 && dialect !== undefined
      ? [dialect]
      : [...this.formats];
    const interval = this.live.interval;
    const receivers = [...device.receivers.values()]
      .map((receiver) => receiver.info(device.index, toUnix));
    return {
      name,
      ...(this.#foreign ? {} : { address: deviceIdText(this.id) }),
      formats,
      ...(model === undefined ? {} : { model }),
      ...(localName === undefined ? {} : { localName }),
      ...(interval === undefined ? {} : { interval }),
      ...(sealing === undefined ? {} : { sealing }),
      receivers,
      findings: this.findings,
      ...this.live.liveness,
    };
  }

  /** @param toUnix from our monotonic clock */
  answer(toUnix: (at: number) => number): DeviceAnswer {
    const packet = this.#packet;
    const base = packet?.base ?? 0;
    return {
      ...this.info(toUnix),
      ...(packet === null ? {} : {
        packet: {
          time: packet.time,
          node: packet.node,
          ...(packet.channel === UNKNOWN_CHANNEL ? {} : { channel: packet.channel }),
          hex: this.#bytes.subarray(0, packet.length).toHex(),
          format: packet.format,
        },
      }),
      readings: (packet?.readings ?? []).map((reading) => this.#reading(reading, base)),
      problems: (packet?.problems ?? []).map(({ rule, offset, detail }) => ({
        offset: offset - base,
        text: detail === undefined ? rule.text : `${rule.text}: ${detail}`,
        clause: rule.clause,
      })),
      recentFindings: [...this.#recentFindings],
    };
  }

  #reading(reading: Reading, base: number): ReadingInfo {
    const { measure, value, raw, offset, length } = reading;
    const name = readingName(reading);
    return {
      name,
      ...(this.updates.has(name) ? { topic: readingTopic(this.name, name) } : {}),
      value,
      unit: measure.unit,
      offset: offset - base,
      length,
      raw,
      factor: measure.multiplier / measure.divisor,
      addend: measure.addend,
      rule: measure.rule,
    };
  }
}
