/** `deno task firmware`: what it builds holds, and what is wrong makes it fail. */
import assert from "node:assert/strict";
import { checkSizes, readSizes } from "../../firmware/build_sizes.ts";
import { testWith, type Tool } from "../support/tools.ts";

const FIRMWARE = new URL("../../firmware/", import.meta.url).pathname;
const CROSS: Tool[] = [
  "riscv64-unknown-elf-gcc",
  "picolibc-riscv64-unknown-elf",
  "libjsmn-dev",
];
const HOST: Tool[] = ["gcc", "make", "libjsmn-dev", "libmosquitto-dev", "libpcap-dev"];

interface Built {
  code: number;
  lines: string[];
}

/** Runs the build of `firmware`, or of a copy of it. */
async function build(
  args: string[],
  { root = FIRMWARE, env = {} }: { root?: string; env?: Record<string, string> } = {},
): Promise<Built> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", `${root}build.ts`, ...args],
    env: { NO_COLOR: "1", ...env },
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return { code, lines: text.trimEnd().split("\n") };
}

/** Builds these steps in a folder of their own. */
async function buildOnly(steps: string): Promise<string> {
  const out = await Deno.makeTempDir({ prefix: "edgewire-firmware-" });
  try {
    const { code, lines } = await build(["--out", out, "--only", steps], {
      env: { EDGEWIRE_REQUIRE_TOOLS: "1" },
    });
    assert.equal(code, 0, lines.join("\n"));
    return lines.join("\n");
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

testWith(["gcc", "libjsmn-dev"], "firmware: the core passes its tests on the host", async () => {
  const text = await buildOnly("unit-tests,limits,threads");
  assert.match(text, /^passed +unit tests, host: \d\d+ tests, \d{4,} checks, 0 failures$/m);
  assert.match(text, /^built +core with the least and the most of each limit$/m);
  assert.match(text, /^passed +queue between threads.* frames taken, \d+ dropped$/m);
});

testWith(
  [...CROSS, "qemu-system-riscv32", "gcc"],
  "firmware: the core passes the same tests for rv32imac, within its budget",
  async () => {
    const text = await buildOnly("riscv,sizes");
    assert.match(
      text,
      /^passed +unit tests, rv32imac under QEMU: \d\d+ tests, \d+ checks, 0 fail/m,
    );
    assert.match(text, /^passed +queue from an interrupt, rv32imac under QEMU: \d+ frames by int/m);
    for (const name of ["text", "data", "bss", "ew_node"]) {
      assert.match(
        text,
        new RegExp(`^measured +core for rv32imac: ${name} \\d+ of \\d+ bytes$`, "m"),
      );
    }
  },
);

// Its tests with sanitizers are host_loop_test.ts and host_cli_test.ts.
testWith(HOST, "firmware: the Linux program builds without a warning", async () => {
  assert.match(await buildOnly("host"), /^built +edgewire-node$/m);
});

/** The build, the envelope and its tests: all of the tests take long to compile. */
const PARTS = [
  ...["build.ts", "build_sizes.ts", "build_vectors.ts", "vectors"],
  ...["common/ew_envelope.c", "common/ew_envelope.h", "common/ew_frame.h"],
  ...["tests/check.c", "tests/check.h", "tests/envelope_test.c", "tests/vector.h"],
];
const MAIN = `#include <stdlib.h>
#include "check.h"
void envelope_tests(void);
int main(void) {
  envelope_tests();
  exit(check_report());
}
`;

testWith(
  [...CROSS, "qemu-system-riscv32"],
  "firmware: a test that fails under QEMU fails the build",
  async () => {
    const root = await Deno.makeTempDir({ prefix: "edgewire-firmware-" }) + "/";
    try {
      const args = ["-R", "--parents", ...PARTS, root];
      assert((await new Deno.Command("cp", { args, cwd: FIRMWARE }).output()).success);
      await Deno.writeTextFile(`${root}tests/main.c`, MAIN);
      const file = `${root}common/ew_envelope.c`;
      const source = await Deno.readTextFile(file);
      await Deno.writeTextFile(file, source.replace("data[1] = 'W';", "data[1] = 'X';"));
      const { code, lines } = await build(["--only", "riscv"], { root });
      assert.equal(code, 1);
      const text = lines.join("\n");
      assert.match(text, /^FAILED +riscv: qemu-system-riscv32 ended with status 1$/m);
      assert.match(text, /shared_vectors_are_written: not so: memcmp/);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
);

Deno.test("firmware: tools that are missing are named, with how to install them", async () => {
  const out = await Deno.makeTempDir({ prefix: "edgewire-firmware-" });
  try {
    const args = ["--out", out, "--only", "threads,riscv"];
    const lenient = await build(args, { env: { PATH: out, EDGEWIRE_REQUIRE_TOOLS: "" } });
    assert.equal(lenient.code, 0);
    assert.match(
      lenient.lines[0]!,
      /^skipped +threads: gcc not found: apt-get install gcc libc6-dev$/,
    );
    assert.match(
      lenient.lines[1]!,
      /^skipped +riscv: .*qemu-system-riscv32 not found: apt-get install .*qemu-system-misc$/,
    );
    const strict = await build(args, { env: { PATH: out, EDGEWIRE_REQUIRE_TOOLS: "1" } });
    assert.equal(strict.code, 1);
    assert.match(
      strict.lines[0]!,
      /^FAILED +threads: gcc not found: apt-get install gcc libc6-dev$/,
    );
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

Deno.test("firmware: an unknown step is refused", async () => {
  const { code, lines } = await build(["--only", "unit-tests,unheard-of"]);
  assert.equal(code, 1);
  assert.match(lines.join("\n"), /^No such step: unheard-of\. There are: unit-tests, /);
});

const MEASURED = {
  size: ".text  1000  2147483648\n.rodata  24  0\n.data  8  0\n.bss  300  0\n.stack  2048  0\n",
  symbols: "80000000 00000010 T main\n80100000 0000012c B node\n",
};

Deno.test("firmware: sizes are those of the sections, without the stack", () => {
  assert.deepEqual(readSizes(MEASURED), { text: 1024, data: 8, bss: 300, ew_node: 300 });
});

Deno.test("firmware: what is over its budget is named", () => {
  const budget = (text: number) =>
    `| \`text\` | ${text} | 1 |\n| \`data\`|8|1|\n| \`bss\` | 1,300 | 1 |\n| \`ew_node\` | 300 | 1 |`;
  assert.deepEqual(checkSizes(MEASURED, budget(1024)).over, []);
  assert.deepEqual(checkSizes(MEASURED, budget(1023)).over, ["text 1024 of 1023 bytes"]);
  assert.throws(() => checkSizes(MEASURED, ""), /no row for text/);
});
