/**
 * What one packet of a sensor says: readings, what is wrong with it, what is suspicious about it.
 *
 * @module
 */
import type { Rule } from "../wire/problem.ts";
import type { Measure, Raw, Reading } from "./measure.ts";

/** What is suspicious. */
export type FindingKind =
  /** An encrypted packet whose counter was used before, or lies behind the last. */
  | "replayed counter"
  /** A packet in plain text from a device whose key is known. */
  | "downgrade"
  /** Two different packets under one nonce, or a counter so short that nonces repeat. */
  | "repeated nonce"
  /** The integrity code does not fit: another key, or bytes that were changed. */
  | "integrity";

/** A security finding. */
export interface Finding {
  readonly kind: FindingKind;
  /** For people: "counter 5 after 7". */
  readonly detail: string;
  /** Counter of the packet and the last one accepted, where there are any; else -1. */
  readonly counter: number;
  readonly last: number;
}

/** A broken rule, at an offset in the bytes given to the decoder. */
export interface SensorProblem {
  readonly rule: Rule;
  readonly offset: number;
  readonly detail: string | undefined;
}

/** Whether a packet was encrypted, and how that went. */
export type Sealing =
  | "plain"
  /** Decrypted; its integrity code is right (or its format has none). */
  | "opened"
  /** Encrypted, and no key is known for the device. */
  | "no key"
  /** Encrypted; its integrity code is wrong, or it was rejected as a replay. */
  | "refused";

/** No format said anything. */
export const NO_FORMAT = "";

/** Reused from packet to packet: who keeps parts of it copies them (readings may be kept). */
export class SensorReport {
  /** Formats recognised, as "BTHome v2"; the last one where there are several. Empty: no sensor. */
  format = NO_FORMAT;
  /** A new array per packet. */
  readings: Reading[] = [];
  findings: Finding[] = [];
  problems: SensorProblem[] = [];
  sealing: Sealing = "plain";
  /**
   * Number that changes with the content (packet id, measurement sequence, counter); -1: none.
   * Packets of one device and format with the same number say the same.
   */
  sequence = -1;
  /** Sequence numbers count modulo this. */
  sequenceModulus = 0;
  /** The packet repeats, or lies behind, one that was accepted before: its readings are not new. */
  stale = false;
  /** The device says when it likes, not at intervals. */
  irregular = false;
  /** Address that the payload itself names, 48 bits; -1: none. */
  payloadAddress = -1;
  /** Local name (AD types 0x08, 0x09); undefined: none. */
  name: string | undefined = undefined;
  /** AD type 0x0A, dBm; NaN: none. */
  txPower = NaN;
  /** AD type 0x01; -1: none. */
  flags = -1;
  /** Model or product, where a format names it. */
  model: string | undefined = undefined;

  clear(): void {
    this.format = NO_FORMAT;
    this.readings = [];
    if (this.findings.length > 0) this.findings = [];
    if (this.problems.length > 0) this.problems = [];
    this.sealing = "plain";
    this.sequence = -1;
    this.sequenceModulus = 0;
    this.stale = false;
    this.irregular = false;
    this.payloadAddress = -1;
    this.name = undefined;
    this.txPower = NaN;
    this.flags = -1;
    this.model = undefined;
  }

  /** Adds what the packet says. @param offset where the bytes stand */
  add(
    measure: Measure,
    value: number | boolean | string | null,
    raw: Raw,
    offset: number,
    length: number,
  ): void {
    this.readings.push({ measure, instance: 0, value, raw, offset, length });
  }

  problem(rule: Rule, offset: number, detail?: string): void {
    this.problems.push({ rule, offset, detail });
  }

  find(kind: FindingKind, detail: string, counter = -1, last = -1): void {
    this.findings.push({ kind, detail, counter, last });
  }

  /** Numbers readings whose name comes more than once, in order of appearance. */
  numberInstances(): void {
    const { readings } = this;
    for (let i = 0; i < readings.length; i++) {
      const reading = readings[i]!;
      if (reading.instance > 0) continue;
      let count = 1;
      for (let k = i + 1; k < readings.length; k++) {
        if (readings[k]!.measure.name === reading.measure.name) readings[k]!.instance = ++count;
      }
      if (count > 1) reading.instance = 1;
    }
  }
}
