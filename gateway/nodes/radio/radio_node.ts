/**
 * What is known of a node that hands on radio frames.
 *
 * @module
 */
import type { CaptureInterface } from "../../../traces/files/capture_frame.ts";
import { liveInterface } from "../../../traces/flows/live_interface.ts";
import { RadioFlag } from "../../../traces/sensors/radio_envelope.ts";
import { Batches } from "./batches.ts";
import type { NodeInfo } from "../answers.ts";
import { NodeClock } from "./node_clock.ts";

/** The dialect of our own nodes. */
export const OWN = "edgewire";

export class RadioNode {
  readonly name: string;
  dialect: string;
  /** Members of a message that name it. */
  readonly member: string;
  readonly batches: Batches = new Batches();
  /** The decoder keeps nodes apart by it. */
  readonly interface: CaptureInterface;
  frames = 0;
  malformed = 0;
  /** Those of `malformed` with link types that an envelope has not. */
  unknownLinks = 0;
  /** Frames whose check sequence was wrong, by the node's word. */
  damaged = 0;
  /** Frames that it dropped over all boots of which we heard; never falls. */
  droppedInAll = 0;
  boot: number | undefined;
  version: string | undefined;
  radios: string[] | undefined;
  details: Record<string, string | number | boolean> | undefined;
  /** It answered a question about its settings, whoever asked. */
  answered = false;
  /** Its Unix clock, and its time since boot. */
  readonly #unixClock = new NodeClock({ settable: true });
  #bootClock = new NodeClock({ settable: false });
  #dropped = 0;

  /** @param number counts nodes, from 0 */
  constructor(name: string, dialect: string, number: number) {
    this.name = name;
    this.dialect = dialect;
    this.member = `,"node":${JSON.stringify(name)}`;
    this.interface = liveInterface(number, name, 0);
  }

  /**
   * When a frame was heard, ms of our monotonic clock.
   *
   * @param time microseconds as in the record
   */
  heardAt(time: number, flags: number, arrival: number): number {
    const clock = (flags & RadioFlag.UnixTime) !== 0 ? this.#unixClock : this.#bootClock;
    return clock.at(time / 1000, arrival);
  }

  /** Frames that it dropped since it booted. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Its own count, of 32 bits. A batch that comes late has an old one. */
  set dropped(count: number) {
    const more = (count - this.#dropped) >>> 0;
    if (more >= 2 ** 31) return;
    this.#dropped = count;
    this.droppedInAll += more;
  }

  /** It booted again: its time and its count begin at zero. */
  rebooted() {
    this.#bootClock = new NodeClock({ settable: false });
    this.#dropped = 0;
  }

  /** Whether it takes settings our way, for all that is known. */
  get hasSettings(): boolean {
    return this.dialect === OWN && (this.answered || (this.radios?.length ?? 0) > 0);
  }

  info(): Omit<NodeInfo, "state" | "since" | "lastSeen"> {
    const { name, dialect, boot, version, radios, details, batches } = this;
    return {
      name,
      dialect,
      ...(boot === undefined ? {} : { boot }),
      ...(version === undefined ? {} : { version }),
      ...(radios === undefined ? {} : { radios }),
      settings: this.hasSettings,
      ...(details === undefined ? {} : { details }),
      frames: this.frames,
      malformed: this.malformed,
      damaged: this.damaged,
      batchesMissed: batches.missed,
      batchesRepeated: batches.repeated,
      dropped: this.dropped,
      reboots: batches.reboots,
    };
  }
}
