/**
 * What the system says a process used: CPU time and resident memory from
 * `/proc` (Linux). Deno hands out `/proc` with `--allow-all` only.
 *
 * @module
 */

/** One clock tick of `/proc` in microseconds: `USER_HZ` is 100 on every Linux that Deno runs on. */
const TICK_US = 10_000;

/** Resident memory of a process, in bytes. */
export interface Memory {
  now: number;
  /** The most since the process started. */
  peak: number;
}

/**
 * CPU time that all threads of a process used so far, user and system.
 *
 * @returns Microseconds, in steps of 10,000.
 * @throws {Deno.errors.NotFound} When the process is gone.
 */
export function cpuMicros(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/**
 * Resident memory of a process.
 *
 * @throws {Deno.errors.NotFound} When the process is gone.
 */
export function memory(pid: number): Memory {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const kib = (name: string) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+)`, "m"))?.[1]);
  return { now: kib("VmRSS") * 1024, peak: kib("VmHWM") * 1024 };
}

/** CPU time that the whole machine spent on processes so far, in microseconds. */
export function machineMicros(): number {
  const line = Deno.readTextFileSync("/proc/stat").split("\n", 1)[0] ?? "";
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.trim().split(/\s+/)
    .slice(1).map(Number);
  return (user + nice + system + irq + softirq) * TICK_US;
}

/** How many files a process of this session may hold open. */
export function openFilesLimit(): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  return Number(limits.match(/^Max open files\s+(\d+)/m)?.[1] ?? 1024);
}

/** What a window of time cost. */
export interface Cost {
  seconds: number;
  /** CPU time of the process under test, in microseconds. */
  cpuMicros: number;
  /** Cores that this process (the load generator) kept busy. */
  loadCores: number;
  /** Cores that neither the process under test nor the load generator kept busy. */
  otherCores: number;
  /** Highest resident memory seen, in bytes. */
  memoryMax: number;
  /** Highest resident memory of the second half less that of the first half, in bytes. */
  memoryGrowth: number;
}

/** Measures one process over one window of time; starts at once. */
export class Meter {
  #pid: number;
  #start = performance.now();
  #cpu: number;
  #load = cpuMicros(Deno.pid);
  #machine = machineMicros();
  #samples: number[] = [];
  #timer: ReturnType<typeof setInterval>;

  constructor(pid: number) {
    this.#pid = pid;
    this.#cpu = cpuMicros(pid);
    this.#samples.push(memory(pid).now);
    this.#timer = setInterval(() => this.#sample(), 250);
  }

  #sample() {
    try {
      this.#samples.push(memory(this.#pid).now);
    } catch {
      clearInterval(this.#timer);
    }
  }

  /**
   * Ends the window.
   *
   * @throws {Deno.errors.NotFound} When the process is gone.
   */
  stop(): Cost {
    clearInterval(this.#timer);
    const micros = (performance.now() - this.#start) * 1000;
    const used = cpuMicros(this.#pid) - this.#cpu;
    const load = cpuMicros(Deno.pid) - this.#load;
    const other = machineMicros() - this.#machine - used - load;
    this.#samples.push(memory(this.#pid).now);
    const half = Math.ceil(this.#samples.length / 2);
    return {
      seconds: micros / 1e6,
      cpuMicros: used,
      loadCores: load / micros,
      otherCores: Math.max(0, other / micros),
      memoryMax: Math.max(...this.#samples),
      memoryGrowth: Math.max(...this.#samples.slice(half)) -
        Math.max(...this.#samples.slice(0, half)),
    };
  }
}
