/**
 * Programs that tests use as real peers. A test whose program is missing is
 * skipped, naming it and how to install it; with `EDGEWIRE_REQUIRE_TOOLS=1`
 * it runs and fails instead.
 *
 * @module
 */

const PACKAGES = {
  "mosquitto": "mosquitto",
  "mosquitto_pub": "mosquitto-clients",
  "mosquitto_sub": "mosquitto-clients",
  "chromium": "chromium",
  "tshark": "tshark",
  "dumpcap": "tshark",
  "curl": "curl",
  "nats-server": "nats-server",
  "openssl": "openssl",
  "strace": "strace",
  "python3-paho-mqtt": "python3-paho-mqtt",
  "gcc": "gcc libc6-dev",
  "make": "make",
  "libjsmn-dev": "libjsmn-dev",
  "libmosquitto-dev": "libmosquitto-dev",
  "libpcap-dev": "libpcap-dev",
  "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf",
  "picolibc-riscv64-unknown-elf": "picolibc-riscv64-unknown-elf",
  "qemu-system-riscv32": "qemu-system-misc",
  "clang": "clang libclang-rt-14-dev",
} as const;

export type Tool = keyof typeof PACKAGES;

/** Debian keeps Python packages with this interpreter; others need not see them. */
export const PYTHON = "/usr/bin/python3";

/** What is no program is there when this file is. */
const FILES: Partial<Record<Tool, string>> = {
  "python3-paho-mqtt": "/usr/lib/python3/dist-packages/paho/mqtt/client.py",
  "libjsmn-dev": "/usr/include/jsmn.h",
  "libmosquitto-dev": "/usr/include/mosquitto.h",
  "libpcap-dev": "/usr/include/pcap/pcap.h",
  "picolibc-riscv64-unknown-elf": "/usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs",
};

function installed(tool: Tool): boolean {
  const known = FILES[tool];
  const file = known !== undefined
    ? [known]
    : (Deno.env.get("PATH") ?? "").split(":").concat("/usr/sbin").map((dir) => `${dir}/${tool}`);
  return file.some((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/**
 * `Deno.test`, for a test that needs programs besides Deno.
 *
 * @param tools Programs that the test starts.
 * @param test What a test that may run is given to.
 */
export function testWith<F extends (t: Deno.TestContext) => void | Promise<void>>(
  tools: Tool[],
  name: string,
  fn: F,
  test: (name: string, fn: F) => void = Deno.test,
) {
  const missing = tools.filter((tool) => !installed(tool));
  const required = Deno.env.get("EDGEWIRE_REQUIRE_TOOLS") === "1";
  if (missing.length === 0) return test(name, fn);
  const install = `apt-get install ${missing.map((tool) => PACKAGES[tool]).join(" ")}`;
  if (required) {
    return Deno.test(name, () => {
      throw new Error(`${missing.join(", ")} not found: ${install}`);
    });
  }
  Deno.test({ name: `${name} (needs ${missing.join(", ")}: ${install})`, ignore: true, fn });
}

/** Whether dumpcap may capture on loopback; where it is missing, `testWith` says so. */
function mayCapture(): boolean {
  try {
    const args = ["-q", "-i", "lo", "-L"];
    return new Deno.Command("dumpcap", { args, stderr: "null" }).outputSync().success;
  } catch {
    return true;
  }
}

/** {@linkcode testWith}, for a test that captures on loopback with dumpcap. */
export function testOnWire<F extends (t: Deno.TestContext) => void | Promise<void>>(
  tools: Tool[],
  name: string,
  fn: F,
  test: (name: string, fn: F) => void = Deno.test,
) {
  if (mayCapture()) return testWith(["dumpcap", ...tools], name, fn, test);
  Deno.test({ name: `${name} (not permitted to capture)`, ignore: true, fn });
}

/** Whether a process may be traced; where strace is missing, `testWith` says so. */
function mayTrace(): boolean {
  try {
    return new Deno.Command("strace", { args: ["-o", "/dev/null", "true"], stderr: "null" })
      .outputSync().success;
  } catch {
    return true;
  }
}

/** {@linkcode testWith}, for a test that traces system calls. */
export function testTraced<F extends (t: Deno.TestContext) => void | Promise<void>>(
  name: string,
  fn: F,
  test: (name: string, fn: F) => void = Deno.test,
) {
  if (mayTrace()) return testWith(["strace"], name, fn, test);
  Deno.test({ name: `${name} (not permitted to trace)`, ignore: true, fn });
}
