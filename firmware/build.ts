/**
 * `deno task firmware`: builds what Debian's tools can build of the firmware, runs its tests, and
 * holds the sizes against the budget in `README.md`.
 *
 *     build.ts [--out DIR] [--only STEP,...]
 *
 * Output goes to `firmware/build` or to DIR. A step whose tools are missing is skipped, naming them
 * and how to install them; with `EDGEWIRE_REQUIRE_TOOLS=1` it fails instead. The exit status is 1 if
 * anything failed.
 *
 * @module
 */
import { checkSizes } from "./build_sizes.ts";
import { vectorSource } from "./build_vectors.ts";

/** Nothing may warn. */
const WARNINGS = "-std=c99 -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror".split(" ");
const SANITIZERS = "-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all".split(" ");
/** Of the ESP32-C6. */
const RISCV = "--specs=picolibc.specs -march=rv32imac -mabi=ilp32".split(" ");
const SMALL = "-Os -ffunction-sections -fdata-sections -Wl,--gc-sections".split(" ");
/** Code and data at the start of the memory of QEMU's `virt` board: 1 MiB and 7 MiB. */
const BOARD = "-Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=0x100000," +
  "--defsym=__ram=0x80100000,--defsym=__ram_size=0x700000";
const SEMIHOSTING = ["--oslib=semihost", "--crt0=hosted"];
const QEMU = "-machine virt -bios none -semihosting-config enable=on " +
  "-nographic -monitor none -serial none -kernel";
/** An assertion as a board has it that prints nothing. */
const TRAP = "-DEW_ASSERT(condition)=((condition) ? (void)0 : __builtin_trap())";

/** Programs and headers that steps need, and the Debian packages that they are in. */
const TOOLS = {
  "gcc": "gcc libc6-dev",
  "make": "make",
  "/usr/include/jsmn.h": "libjsmn-dev",
  "/usr/include/mosquitto.h": "libmosquitto-dev",
  "/usr/include/pcap/pcap.h": "libpcap-dev",
  "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf",
  "/usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs": "picolibc-riscv64-unknown-elf",
  "qemu-system-riscv32": "qemu-system-misc",
} as const;
type Tool = keyof typeof TOOLS;

const CROSS: Tool[] = [
  "riscv64-unknown-elf-gcc",
  "/usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs",
];

const ROOT = new URL("./", import.meta.url).pathname;

/** Where a step works, and what it has to say. */
interface Bench {
  readonly out: string;
  say(word: "built" | "passed" | "measured", text: string): void;
}

interface Step {
  readonly needs: readonly Tool[];
  run(bench: Bench): Promise<void>;
}

/** A program that went wrong. */
class StepError extends Error {}

function sources(folder: string): string[] {
  const names = [...Deno.readDirSync(`${ROOT}${folder}`)].map(({ name }) => name);
  return names.filter((name) => name.endsWith(".c")).sort().map((name) =>
    `${ROOT}${folder}/${name}`
  );
}

/**
 * Runs a program for at most two minutes.
 *
 * @returns what it printed
 * @throws {StepError} when it fails, with the end of what it printed
 */
async function run(program: string, args: readonly string[]): Promise<string> {
  const signal = AbortSignal.timeout(120_000);
  const command = new Deno.Command(program, { args: [...args], stdin: "null", signal });
  const { code, signal: killed, stdout, stderr } = await command.output();
  // Results come last. QEMU writes what comes by semihosting to its standard error.
  const text = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  if (code === 0) return text;
  throw new StepError(`${program} ended with ${killed ?? `status ${code}`}\n${text.slice(-8000)}`);
}

/** Runs a test program. @returns the last line that it printed @throws {StepError} when it fails */
async function test(program: string, args: readonly string[] = []): Promise<string> {
  const line = (await run(program, args)).trimEnd().split("\n").at(-1) ?? "";
  if (line === "") throw new StepError(`${program} printed nothing`);
  return line;
}

/** What the unit tests are made of, on the host as on bare metal. */
function unitTestSources(out: string): string[] {
  const include = ["-isystem", `${out}/include`, "-I", `${ROOT}tests`];
  return [...include, `${out}/vectors.c`, ...sources("tests"), ...sources("common")];
}

const QUEUE = ["ew_queue", "ew_envelope"].map((name) => `${ROOT}common/${name}.c`);

async function unitTests({ out, say }: Bench) {
  const program = `${out}/unit-tests`;
  await run("gcc", [...WARNINGS, ...SANITIZERS, ...unitTestSources(out), "-o", program]);
  say("built", "unit tests, host, AddressSanitizer and UndefinedBehaviorSanitizer");
  say("passed", `unit tests, host: ${await test(program)}`);
}

/** The core must compile without a warning whatever limits are chosen. */
async function limits({ out, say }: Bench) {
  const least = "FRAME_MAX=127 QUEUE_BYTES=1024 BACKLOG_BYTES=2048 ENVELOPE_BYTES=1024 " +
    "IN_FLIGHT=1 DEDUP_SLOTS=4 NAME_MAX=1 SET_BYTES=64 VERSION_MAX=1 ID_BYTES=40";
  const most = "FRAME_MAX=65535 QUEUE_BYTES=1073741824 BACKLOG_BYTES=1073741824 " +
    "ENVELOPE_BYTES=1048576 IN_FLIGHT=255 DEDUP_SLOTS=65536 NAME_MAX=200 SET_BYTES=65535 " +
    "VERSION_MAX=100 ID_BYTES=255";
  for (const values of [least, most]) {
    const defines = values.split(" ").map((value) => `-DEW_${value}`);
    const args = [...WARNINGS, "-fsyntax-only", ...defines, "-isystem", `${out}/include`];
    await run("gcc", [...args, ...sources("common")]);
  }
  say("built", "core with the least and the most of each limit");
}

async function threads({ out, say }: Bench) {
  const program = `${out}/queue-threads`;
  const built = [
    ...WARNINGS,
    "-g",
    "-O1",
    "-pthread",
    `${ROOT}tests/host/queue_threads.c`,
    ...QUEUE,
  ];
  await run("gcc", [...built, "-fsanitize=thread", "-o", program]);
  try {
    say("passed", `queue between threads, ThreadSanitizer: ${await test(program)}`);
  } catch (error) {
    // Some kernels spread addresses wider than ThreadSanitizer of this GCC can have it.
    if (!String(error).includes("unexpected memory mapping")) throw error;
    await run("gcc", [...built, "-o", program]);
    const text = await test(program);
    say("passed", `queue between threads (ThreadSanitizer does not run here): ${text}`);
  }
}

/** A program for the tests that hold C against TypeScript. @param parts of the core, as files */
async function tool({ out, say }: Bench, name: string, parts: string[]) {
  const own = [name.replace("-", "_"), "hex"].map((file) => `${ROOT}tests/host/${file}.c`);
  const core = parts.map((part) => `${ROOT}common/ew_${part}.c`);
  const include = ["-isystem", `${out}/include`];
  await run("gcc", [
    ...WARNINGS,
    ...SANITIZERS,
    ...include,
    ...own,
    ...core,
    "-o",
    `${out}/${name}`,
  ]);
  say("built", name);
}

async function riscv({ out, say }: Bench) {
  const unit = `${out}/unit-tests.elf`;
  const image = [...RISCV, ...SMALL, BOARD, ...SEMIHOSTING];
  await run(CROSS[0]!, [...image, ...WARNINGS, ...unitTestSources(out), "-o", unit]);
  say("built", "unit tests, rv32imac");
  const text = await test("qemu-system-riscv32", [...QEMU.split(" "), unit]);
  say("passed", `unit tests, rv32imac under QEMU: ${text}`);
  // The libraries are found by -march=rv32imac; the instructions for control registers are beyond it.
  const object = `${out}/interrupt-test.o`;
  const csr = [...RISCV, "-march=rv32imac_zicsr", "-Os", ...WARNINGS];
  await run(CROSS[0]!, [...csr, "-c", `${ROOT}tests/riscv/interrupt_test.c`, "-o", object]);
  const interrupt = `${out}/interrupt-test.elf`;
  await run(CROSS[0]!, [...image, ...WARNINGS, object, ...QUEUE, "-o", interrupt]);
  const said = await test("qemu-system-riscv32", [...QEMU.split(" "), interrupt]);
  say("passed", `queue from an interrupt, rv32imac under QEMU: ${said}`);
}

async function sizes({ out, say }: Bench) {
  const image = `${out}/size.elf`;
  const files = [`${ROOT}tests/riscv/size_main.c`, ...sources("common")];
  const link = [...RISCV, ...SMALL, BOARD, "-nostartfiles", "-Wl,--entry=main", TRAP];
  await run(CROSS[0]!, [...link, ...WARNINGS, "-isystem", `${out}/include`, ...files, "-o", image]);
  const measured = {
    size: await run("riscv64-unknown-elf-size", ["-A", "-d", image]),
    symbols: await run("riscv64-unknown-elf-nm", ["-S", image]),
  };
  const { lines, over } = checkSizes(measured, Deno.readTextFileSync(`${ROOT}README.md`));
  for (const line of lines) say("measured", line);
  if (over.length > 0) throw new StepError(`over the budget in README.md: ${over.join(", ")}`);
}

/** The Linux program, as its Makefile has it. */
async function host({ out, say }: Bench) {
  const program = `${out}/host/edgewire-node`;
  await run("make", ["-s", "-C", `${ROOT}host`, `BUILD=${out}/host`, program]);
  say("built", "edgewire-node");
}

/** The same with sanitizers, and its unit tests. */
async function hostTests({ out, say }: Bench) {
  // With the limits of boards: a small backlog overflows sooner.
  const checked = ["SANITIZE=1", "CFLAGS=-O1 -g", "LIMITS="];
  const sanitized = ["-s", "-C", `${ROOT}host`, ...checked, `BUILD=${out}/host-sanitized`];
  await run("make", [...sanitized, `${out}/host-sanitized/edgewire-node`]);
  say("built", "edgewire-node, AddressSanitizer and UndefinedBehaviorSanitizer");
  say("passed", `unit tests of edgewire-node: ${await test("make", [...sanitized, "test"])}`);
}

const JSMN: Tool = "/usr/include/jsmn.h";
const HOST: Tool[] = ["gcc", "make", JSMN, "/usr/include/mosquitto.h", "/usr/include/pcap/pcap.h"];
const STEPS: Record<string, Step> = {
  "unit-tests": { needs: ["gcc", JSMN], run: unitTests },
  "limits": { needs: ["gcc", JSMN], run: limits },
  "threads": { needs: ["gcc"], run: threads },
  "envelope-tool": {
    needs: ["gcc"],
    run: (bench) => tool(bench, "envelope-tool", ["envelope"]),
  },
  "settings-tool": {
    needs: ["gcc", JSMN],
    run: (bench) => tool(bench, "settings-tool", ["settings", "json", "text"]),
  },
  "riscv": { needs: [...CROSS, JSMN, "qemu-system-riscv32"], run: riscv },
  "sizes": { needs: [...CROSS, JSMN], run: sizes },
  "host": { needs: HOST, run: host },
  "host-tests": { needs: HOST, run: hostTests },
};

function isThere(tool: Tool): boolean {
  const folders = tool.startsWith("/") ? [""] : (Deno.env.get("PATH") ?? "").split(":");
  return folders.some((folder) => {
    try {
      return Deno.statSync(tool.startsWith("/") ? tool : `${folder}/${tool}`).isFile;
    } catch {
      return false;
    }
  });
}

function print(word: string, text: string) {
  console.log(`${word.padEnd(9)}${text}`);
}

/** Runs a step. @returns whether it went well, or may be left out */
async function take(name: string, { needs, run }: Step, out: string): Promise<boolean> {
  const missing = needs.filter((tool) => !isThere(tool));
  if (missing.length > 0) {
    const required = Deno.env.get("EDGEWIRE_REQUIRE_TOOLS") === "1";
    const install = missing.map((tool) => TOOLS[tool]).join(" ");
    const text = `${name}: ${missing.join(", ")} not found: apt-get install ${install}`;
    print(required ? "FAILED" : "skipped", text);
    return !required;
  }
  try {
    await run({ out, say: print });
    return true;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    print("FAILED", `${name}: ${error.message}`);
    return false;
  }
}

/** Files that several steps use. */
function prepare(out: string) {
  Deno.mkdirSync(`${out}/include`, { recursive: true });
  Deno.writeTextFileSync(`${out}/vectors.c`, vectorSource());
  // Alone in a folder: what else is in /usr/include is not for the cross compiler.
  if (isThere(JSMN)) Deno.copyFileSync(JSMN, `${out}/include/jsmn.h`);
}

/** The value behind an option. */
function option(name: string): string | undefined {
  const at = Deno.args.indexOf(name);
  return at < 0 ? undefined : Deno.args[at + 1];
}

async function main(): Promise<boolean> {
  const only = option("--only")?.split(",") ?? Object.keys(STEPS);
  const unknown = only.filter((name) => !(name in STEPS));
  if (unknown.length > 0) {
    console.error(
      `No such step: ${unknown.join(", ")}. There are: ${Object.keys(STEPS).join(", ")}`,
    );
    return false;
  }
  const folder = option("--out") ?? `${ROOT}build`;
  Deno.mkdirSync(folder, { recursive: true });
  const out = Deno.realPathSync(folder);
  // Two builds in one folder would take each other's programs away.
  using lock = Deno.openSync(`${out}/lock`, { write: true, create: true });
  lock.lockSync(true);
  prepare(out);
  let ok = true;
  for (const name of only) ok = await take(name, STEPS[name]!, out) && ok;
  return ok;
}

if (import.meta.main) Deno.exit(await main() ? 0 : 1);
