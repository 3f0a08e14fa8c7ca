/**
 * Inputs that no sensor sends, through all decoders, each report checked: no exception, no value
 * outside its measure's range, no offset outside the data, no key in what is reported.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  encodeEnvelope,
  RadioEnvelope,
  type RadioRecord,
} from "../../../traces/sensors/radio_envelope.ts";
import { type DeviceId, SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import { SensorKey } from "../../../traces/sensors/sensor_packet.ts";
import type { SensorReport } from "../../../traces/sensors/sensor_report.ts";
import { Random } from "./random.ts";
import { checkReading, checkReport } from "./sensor_checks.ts";
import {
  bthomeObjects,
  inOneStructure,
  miObject,
  mutated,
  SENSOR_INPUTS,
  v1Objects,
} from "./sensor_inputs.ts";
import * as sealing from "./sensor_sealing.ts";

/** UUIDs and companies that have formats, and some that have none. */
const UUIDS = [0xfcd2, 0x181c, 0x181e, 0x181a, 0xfe95, 0xfeaa, 0x1234];
const COMPANIES = [0x0499, 0x004c, 0x0118, 0xffff];
/** Devices whose packets are changed before they are sealed. */
const SEALED = 0xa4c138000100;
const SEALED_KEY = Uint8Array.fromHex("000102030405060708090a0b0c0d0e0f");

/** What a run did. */
export interface SensorFuzzResult {
  inputs: number;
  readings: number;
  problems: number;
  /** Packets that were decrypted, and findings. */
  opened: number;
  findings: number;
  /** Frames taken out of radio envelopes. */
  frames: number;
  /** The slowest input, ms. */
  slowest: number;
  readonly formats: Set<string>;
}

/** No input may take longer, ms; they have at most some hundred bytes. */
const SLOW_MS = 1_000;

/**
 * Decodes `count` inputs that follow from `seed`.
 *
 * @throws {Error} With the seed and the number of the input
 */
export function fuzzSensors(seed: number, count: number): SensorFuzzResult {
  const run = new SensorFuzz(new Random(seed));
  for (let i = 0; i < count; i++) {
    try {
      run.next();
    } catch (cause) {
      const bytes = run.last.toHex();
      throw new Error(`seed ${seed}, input ${i}, ${run.kind}: ${bytes}: ${cause}`, { cause });
    }
  }
  return run.result;
}

class SensorFuzz {
  readonly result: SensorFuzzResult = {
    ...{ inputs: 0, readings: 0, problems: 0, opened: 0, findings: 0, frames: 0, slowest: 0 },
    formats: new Set(),
  };
  /** The last input. */
  last: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  kind = "";
  readonly #random: Random;
  readonly #keys = new Map<DeviceId, SensorKey>();
  readonly #secrets: string[] = [];
  readonly #decoders: readonly SensorDecoder[];
  readonly #envelope = new RadioEnvelope();
  #time = 0;
  #counter = 1;

  constructor(random: Random) {
    this.#random = random;
    for (const { address, key } of SENSOR_INPUTS) {
      if (key !== undefined) this.#addKey(address, Uint8Array.fromHex(key));
    }
    for (let i = 0; i < 5; i++) this.#addKey(SEALED + i, SEALED_KEY);
    const maxDevices = 64;
    this.#decoders = [
      new SensorDecoder({ keys: this.#keys, maxDevices }),
      new SensorDecoder({ maxDevices }),
    ];
  }

  #addKey(device: DeviceId, bytes: Uint8Array): void {
    this.#keys.set(device, new SensorKey(bytes));
    this.#secrets.push(bytes.toHex());
  }

  next(): void {
    const random = this.#random;
    this.#time += random.of([0, 1, 100, 1000, 5000]);
    this.result.inputs++;
    const kind = random.below(16);
    if (kind < 6) this.#changedVector();
    else if (kind < 12) this.#sealed();
    else if (kind < 13) this.#randomContent();
    else if (kind < 14) this.#randomBytes();
    else if (kind < 15) this.#macPayload();
    else this.#envelopes();
  }

  #changedVector(): void {
    const random = this.#random;
    const { address, data, name } = random.of(SENSOR_INPUTS);
    this.kind = `changed ${name}`;
    const changed = random.below(4) === 0 ? mutated(random, data) : inOneStructure(random, data);
    this.#advertisement(random.below(8) === 0 ? random.next() : address, changed);
  }

  #randomContent(): void {
    const random = this.#random;
    const content = random.bytes(random.below(60));
    const data = random.below(4) === 0
      ? sealing.manufacturerData(random.of(COMPANIES), content)
      : sealing.serviceData(random.of(UUIDS), content);
    this.kind = "random content";
    this.#advertisement(random.of(SENSOR_INPUTS).address, data);
  }

  #randomBytes(): void {
    this.kind = "random bytes";
    this.#advertisement(this.#random.of([-1, 0, 2 ** 48 - 1]), this.#random.bytes(60));
  }

  /** Plain text is changed, then sealed: else nearly all would end at the integrity code. */
  #sealed(): void {
    const random = this.#random;
    const counter = this.#nextCounter();
    const which = random.below(5);
    const address = SEALED + which;
    this.kind = `sealed ${which}`;
    let data = this.#sealedBy(which, address, counter);
    if (random.below(8) === 0) data = inOneStructure(random, data);
    this.#advertisement(address, data);
  }

  #nextCounter(): number {
    const random = this.#random;
    if (random.below(200) === 0) this.#counter = random.of([0, 2 ** 32 - 3, 2 ** 24 - 2]);
    if (random.below(8) !== 0) this.#counter = (this.#counter + 1) % 2 ** 32;
    return random.below(20) === 0 ? random.next() : this.#counter;
  }

  #sealedBy(which: number, address: number, counter: number): Uint8Array<ArrayBuffer> {
    const random = this.#random;
    const key = SEALED_KEY;
    switch (which) {
      case 0: {
        const plain = mutated(random, bthomeObjects(random));
        const info = random.of([0x41, 0x41, 0x43, 0x45]);
        return sealing.serviceData(
          0xfcd2,
          sealing.sealBtHomeV2(key, address, info, counter, plain),
        );
      }
      case 1: {
        const plain = mutated(random, v1Objects(random));
        return sealing.serviceData(0x181e, sealing.sealBtHomeV1(key, address, counter, plain));
      }
      case 2:
      case 3: {
        const plain = random.bytes(which === 2 ? 6 : 3);
        return sealing.serviceData(0x181a, sealing.sealAtc(key, address, counter, plain));
      }
      default: {
        const control = random.of([0x5848, 0x4848, 0x5858 & ~0x10]);
        const plain = mutated(random, miObject(random));
        return sealing.serviceData(
          0xfe95,
          sealing.sealMiBeacon(key, address, control, random.below(0x1000), counter, plain),
        );
      }
    }
  }

  #advertisement(address: number, data: Uint8Array<ArrayBuffer>): void {
    const random = this.#random;
    // The data may be part of a larger buffer.
    const before = random.below(4) === 0 ? random.below(8) : 0;
    const placed = sealing.joined(new Uint8Array(before), data, random.bytes(before));
    this.last = placed;
    const decoder = random.below(4) === 0 ? this.#decoders[1]! : this.#decoders[0]!;
    const end = before + data.length;
    this.#timed(() => {
      const report = decoder.advertisement(address, placed, before, end, this.#time);
      this.#check(report, before, end);
    });
  }

  #macPayload(): void {
    const random = this.#random;
    const bytes = mutated(random, sealing.joined([random.of([0x40, 0x44])], bthomeObjects(random)));
    this.kind = "MAC payload";
    this.last = bytes;
    this.#timed(() => {
      const decoder = random.of(this.#decoders);
      const device = random.of(["a", "b", SEALED]);
      this.#check(decoder.macPayload(device, bytes, 0, bytes.length, this.#time), 0, bytes.length);
    });
  }

  #envelopes(): void {
    const random = this.#random;
    const records: RadioRecord[] = Array.from({ length: random.below(4) }, () => {
      const { data } = random.of(SENSOR_INPUTS);
      const time = random.next();
      return {
        linkType: 251,
        time,
        rssi: -60,
        channel: 37,
        flags: 1,
        lqi: 0,
        data,
        start: 0,
        end: data.length,
      };
    });
    const header = { boot: random.next(), batch: random.next(), dropped: 0 };
    const bytes = mutated(random, encodeEnvelope(header, records));
    this.kind = "envelope";
    this.last = bytes;
    this.#timed(() => {
      const envelope = this.#envelope;
      if (!envelope.open(bytes)) assert.notEqual(envelope.problem, null);
      while (envelope.next()) {
        const { data, start, end, rssi, time } = envelope.record;
        assert.ok(start <= end && end <= bytes.length && data === bytes);
        assert.ok(rssi >= -128 && rssi <= 127 && time >= 0 && Number.isFinite(time));
        this.result.frames++;
        const report = this.#decoders[0]!.advertisement(1, data, start, end, this.#time);
        this.#check(report, start, end);
      }
      const { problem } = envelope;
      assert.ok(problem === null || (problem.offset >= 0 && problem.offset <= bytes.length));
    });
  }

  #timed(decode: () => void): void {
    const start = performance.now();
    decode();
    const took = performance.now() - start;
    assert.ok(took < SLOW_MS, `took ${took} ms`);
    if (took > this.result.slowest) this.result.slowest = took;
  }

  #check(report: SensorReport, start: number, end: number): void {
    const { result } = this;
    for (const reading of report.readings) checkReading(reading, start, end);
    for (const { offset, rule } of report.problems) {
      assert.ok(offset >= start && offset <= end, `${rule.text} at ${offset}`);
    }
    checkReport(report);
    result.readings += report.readings.length;
    result.problems += report.problems.length;
    result.findings += report.findings.length;
    if (report.sealing === "opened") result.opened++;
    if (report.format !== "") result.formats.add(report.format);
    if (result.inputs % 64 === 0) {
      const text = JSON.stringify(report);
      for (const secret of this.#secrets) assert.ok(!text.includes(secret), "a key is shown");
    }
  }
}
