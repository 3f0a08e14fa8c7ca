/**
 * A monitor with a clock that the test turns.
 *
 * @module
 */
import {
  type LivenessChange,
  LivenessMonitor,
  type LivenessSettings,
} from "../../../gateway/nodes/liveness/liveness_monitor.ts";

const TICK_MS = 250;

export class World {
  /** Monotonic time, milliseconds. */
  time = 1e6;
  /** What Unix time is ahead of it. */
  offset = 1.7e12;
  readonly changes: LivenessChange[] = [];
  readonly stalls: number[] = [];
  readonly monitor: LivenessMonitor;

  constructor(settings: Partial<LivenessSettings> = {}) {
    this.monitor = new LivenessMonitor({
      settings,
      onChange: (change) => this.changes.push(change),
      onStall: (ms) => this.stalls.push(ms),
      monotonic: () => this.time,
      unix: () => this.time + this.offset,
      timer: false,
    });
  }

  /** Runs so long, ticking as the timer would; `every` is called each so many milliseconds. */
  run(ms: number, every: [period: number, act: () => void][] = []) {
    const from = this.time;
    const due = every.map(([period]) => from + period);
    let tick = from + TICK_MS;
    for (const end = from + ms; this.time < end;) {
      this.time = Math.min(end, tick, ...due);
      every.forEach(([period, act], i) => {
        if (this.time < due[i]!) return;
        due[i]! += period;
        act();
      });
      if (this.time < tick) continue;
      tick += TICK_MS;
      this.monitor.tick();
    }
  }

  /** Stands still so long. */
  stall(ms: number) {
    this.time += ms;
    this.monitor.tick();
  }

  /** What changed since this was last asked, one line each; the first time of each left out. */
  news(): string[] {
    return this.changes.splice(0).filter(({ before }) => before !== null).map(
      ({ name, now: { state, reason } }) => `${name} ${state}${reason ? `: ${reason}` : ""}`,
    );
  }
}
