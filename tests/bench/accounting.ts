/**
 * What the system says a process used: CPU time and resident memory from
 * `/proc` (Linux). Deno opens `/proc` with `--allow-all` only, so `cat` reads it.
 *
 * @module
 */

/** One clock tick of `/proc` in microseconds: `USER_HZ` is 100 on every Linux that Deno runs on. */
const TICK_US = 10_000;
/** Time between two looks at the memory of a process. */
const SAMPLE_MS = 500;

/** Resident memory of a process, in bytes. */
export interface Memory {
  now: number;
  /** The most since the process started. */
  peak: number;
}

/** CPU times in microseconds, in steps of 10,000, and memory, all at one time. */
interface Snapshot {
  /** `performance.now()`. */
  time: number;
  /** Of the process under test, all threads, user and system. */
  process: number;
  threads: ThreadTimes;
  /** Of this process. */
  load: number;
  /** Of everything on this machine. */
  machine: number;
  memory: Memory;
}

/** CPU times of some threads of a process, in microseconds, in steps of 10,000. */
interface ThreadTimes {
  /** The one that runs its JavaScript. */
  main: number;
  /** Those that run its Workers' JavaScript. */
  workers: number;
}

/**
 * Files of `/proc`, one after the other.
 *
 * @throws {Error} When one is not there, as after the end of its process.
 */
export async function readProc(...names: string[]): Promise<string> {
  const args = names.map((name) => `/proc/${name}`);
  const { success, stdout } = await new Deno.Command("cat", { args, stderr: "null" }).output();
  if (!success) throw new Error(`Cannot read ${args.join(", ")}: no such process`);
  return new TextDecoder().decode(stdout);
}

/** CPU time in `/proc/<pid>/stat` (proc_pid_stat(5), fields 14 and 15). */
function cpuMicros(text: string, pid: number): number {
  const line = text.match(new RegExp(`^${pid} \\(.*\\) (.+)$`, "m"))?.[1] ?? "";
  const fields = line.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** CPU times of a Deno process's threads, which are named `worker-<number>` where they are Workers. */
async function threadTimes(pid: number): Promise<ThreadTimes> {
  const command = `cat /proc/${pid}/task/*/stat`;
  // One that ends meanwhile is not there to be read.
  const { stdout } = await new Deno.Command("sh", { args: ["-c", command], stderr: "null" })
    .output();
  const text = new TextDecoder().decode(stdout);
  const workers = [...text.matchAll(/^(\d+) \(worker-\d+\)/gm)].map(([, tid]) => Number(tid));
  return {
    main: cpuMicros(text, pid),
    workers: workers.reduce((sum, tid) => sum + cpuMicros(text, tid), 0),
  };
}

/** CPU time that all processes used in `/proc/stat` (proc_stat(5)). */
function machineMicros(text: string): number {
  const times = text.match(/^cpu +(.+)$/m)?.[1]?.split(" ").map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = times;
  return (user + nice + system + irq + softirq) * TICK_US;
}

function memoryIn(text: string): Memory {
  const kib = (name: string) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+)`, "m"))?.[1]);
  return { now: kib("VmRSS") * 1024, peak: kib("VmHWM") * 1024 };
}

/**
 * Resident memory of a process.
 *
 * @throws {Error} When the process is gone.
 */
export async function memory(pid: number): Promise<Memory> {
  return memoryIn(await readProc(`${pid}/status`));
}

async function snapshot(pid: number): Promise<Snapshot> {
  const threads = await threadTimes(pid);
  const time = performance.now();
  const text = await readProc(`${pid}/stat`, `${Deno.pid}/stat`, "stat", `${pid}/status`);
  return {
    time: (time + performance.now()) / 2,
    process: cpuMicros(text, pid),
    threads,
    load: cpuMicros(text, Deno.pid),
    machine: machineMicros(text),
    memory: memoryIn(text),
  };
}

/** How many files a process of this session may hold open. */
export async function openFilesLimit(): Promise<number> {
  const limits = await readProc("self/limits");
  return Number(limits.match(/^Max open files\s+(\d+)/m)?.[1] ?? 1024);
}

/** What a window of time cost. */
export interface Cost {
  seconds: number;
  /** CPU time of the process under test, in microseconds. */
  cpuMicros: number;
  /** Of it, that of the thread that runs the process's JavaScript. */
  mainMicros: number;
  /** Of it, that of Workers. */
  workerMicros: number;
  /** Cores that this process (the load generator) kept busy. */
  loadCores: number;
  /** Cores that neither the process under test nor the load generator kept busy. */
  otherCores: number;
  /** Highest resident memory seen, in bytes. */
  memoryMax: number;
  /** Highest resident memory of the second half less that of the first half, in bytes. */
  memoryGrowth: number;
}

/** Measures one process over one window of time. */
export class Meter {
  #pid: number;
  #first: Snapshot;
  #samples: number[] = [];
  #timer: ReturnType<typeof setInterval>;

  private constructor(pid: number, first: Snapshot) {
    this.#pid = pid;
    this.#first = first;
    this.#samples.push(first.memory.now);
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /**
   * Starts the window.
   *
   * @throws {Error} When the process is gone.
   */
  static async start(pid: number): Promise<Meter> {
    return new Meter(pid, await snapshot(pid));
  }

  async #sample() {
    try {
      this.#samples.push((await memory(this.#pid)).now);
    } catch {
      this.cancel();
    }
  }

  /** Ends the window with no result. */
  cancel() {
    clearInterval(this.#timer);
  }

  /**
   * Ends the window.
   *
   * @throws {Error} When the process is gone.
   */
  async stop(): Promise<Cost> {
    this.cancel();
    const first = this.#first, last = await snapshot(this.#pid);
    this.#samples.push(last.memory.now);
    const micros = (last.time - first.time) * 1000;
    const used = last.process - first.process;
    const load = last.load - first.load;
    const other = last.machine - first.machine - used - load;
    const half = Math.ceil(this.#samples.length / 2);
    return {
      seconds: micros / 1e6,
      cpuMicros: used,
      mainMicros: last.threads.main - first.threads.main,
      workerMicros: last.threads.workers - first.threads.workers,
      loadCores: load / micros,
      otherCores: Math.max(0, other / micros),
      memoryMax: Math.max(...this.#samples),
      memoryGrowth: Math.max(...this.#samples.slice(half)) -
        Math.max(...this.#samples.slice(0, half)),
    };
  }
}
