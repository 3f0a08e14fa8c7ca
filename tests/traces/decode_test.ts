/**
 * `edgewire decode` as a process, with no more permissions than it should need. What is said of many
 * wrong command lines is looked at within this process.
 *
 * @module
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { decode } from "../../traces/decode.ts";
import { PcapWriter } from "../../traces/files/pcap_writer.ts";
import { testWith } from "../support/tools.ts";
import { commandHere, type CommandResult } from "./support/command_here.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

function command(args: string[], stdin: "piped" | "null"): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      MAIN,
      "decode",
      ...args,
    ],
    env: { TZ: "UTC", NO_COLOR: "" },
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

async function decodeProcess(args: string[], input?: Uint8Array): Promise<CommandResult> {
  const child = command(args, input === undefined ? "null" : "piped").spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(input);
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Ethernet, IPv4, UDP with a few bytes: the n-th from 10.0.0.1. */
function packet(n: number): Uint8Array {
  const bytes = new Uint8Array(14 + 20 + 8 + 4);
  bytes.set([0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00]);
  bytes.set([0x45, 0, 0, 32, n >> 8, n & 255, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 14);
  bytes.set([0x30, 0x39, 0x30, 0x3a, 0, 12, 0, 0, 1, 2, 3, 4], 34);
  return bytes;
}

function capture(frames: number): Uint8Array {
  const writer = new PcapWriter({ linkType: 1 });
  for (let n = 1; n <= frames; n++) {
    writer.packet({ seconds: 1_700_000_000 + n, nanoseconds: 123_456_789 }, packet(n));
  }
  return writer.take();
}

async function withFile(bytes: Uint8Array, test: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    await Deno.writeFile(path, bytes);
    await test(path);
  } finally {
    await Deno.remove(path);
  }
}

const FIELDS = "frame.number,frame.time_epoch,eth.src,ip.id,ip.addr,udp.port,frame.protocols";
const ROW = (n: number) =>
  [
    n,
    `${1_700_000_000 + n}.123456789`,
    "02:00:00:00:00:02",
    `0x${n.toString(16).padStart(4, "0")}`,
    "10.0.0.1,10.0.0.2",
    "12345,12346",
    "eth:ethertype:ip:udp:data",
  ].join("\t");

Deno.test("decode: fields of a file, of gzip, of standard input", async () => {
  const expected = `${ROW(1)}\n${ROW(2)}\n`;
  await withFile(capture(2), async (path) => {
    const result = await decodeProcess([path, "--fields", FIELDS]);
    assert.deepEqual(result, { code: 0, stdout: expected, stderr: "" });
  });
  await withFile(gzipSync(capture(2)), async (path) => {
    assert.equal((await decodeProcess([path, "--fields", FIELDS])).stdout, expected);
  });
  assert.equal((await decodeProcess(["-", "--fields", FIELDS], capture(2))).stdout, expected);
});

testWith(["tshark"], "decode: the same as tshark", async () => {
  await withFile(capture(300), async (path) => {
    const { stdout } = await decodeProcess([path, "--fields", FIELDS, "--filter", "ip.id & 1"]);
    const names = FIELDS.split(",").flatMap((name) => ["-e", name]);
    const theirs = await new Deno.Command("tshark", {
      args: ["-n", "-r", path, "-T", "fields", ...names, "-Y", "ip.id & 1"],
      stderr: "null",
    }).output();
    assert.equal(stdout, new TextDecoder().decode(theirs.stdout));
  });
});

Deno.test("decode: every format", async () => {
  await withFile(capture(3), async (path) => {
    const text = await decodeProcess([path]);
    assert.equal(text.stdout.trimEnd().split("\n").length, 3);
    assert.match(text.stdout, /^ +1 +0\.0+ +10\.0\.0\.1 → 10\.0\.0\.2 +UDP +46 /);
    const details = await decodeProcess([path, "-v", "--filter", "frame.number == 2"]);
    assert.match(details.stdout, /ip\.id {2}\[18\.\.19: 00 02\]/);
    assert.match(details.stdout, / {4}0010 {2}00 20 00 02/);
    // What ends in no process of its own is written in the same way.
    const here = (...args: string[]) => commandHere(decode, [path, ...args]);
    const json = JSON.parse((await decodeProcess([path, "--format", "json"])).stdout);
    assert.equal(json.length, 3);
    const lines = (await here("--format", "ndjson")).stdout.trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line)), json);
    const csv = await here("--format", "csv", "--fields", "frame.number,ip.addr");
    assert.equal(csv.stdout.split("\r\n")[3], '3,"10.0.0.1,10.0.0.2"');
    assert.match(
      (await here("--format", "html")).stdout,
      /^<!DOCTYPE html>[^]*<\/html>\n$/,
    );
    assert.match((await here("--summary")).stdout, /^3 frames, 138 bytes\n/);
    const summary = await here("--summary", "--format", "json");
    assert.equal(JSON.parse(summary.stdout).frames, 3);
    const some = await here("--summary", "--filter", "ip.id > 1");
    assert.match(some.stdout, /^only frames with: ip.id > 1\n2 frames, 92 bytes\n/);
    assert.match(some.stdout, /UDP datagram \(link, IP, UDP\) {6}2 /);
    const twice = await here("--format", "json", "--fields", "ip.id,ip.id");
    assert.equal(twice.stdout.match(/"ip.id"/g)!.length, 3);
  });
});

Deno.test("decode: --out", async () => {
  await withFile(capture(2), async (path) => {
    const out = `${path}.txt`;
    const result = await decodeProcess([path, "--fields", "frame.number", "--out", out]);
    assert.deepEqual(result, { code: 0, stdout: "", stderr: "" });
    assert.equal(await Deno.readTextFile(out), "1\n2\n");
    await Deno.remove(out);
    const same = await decodeProcess([path, "--out", path]);
    assert.equal(same.code, 2);
    assert.match(same.stderr, /is the capture itself/);
    assert.equal((await Deno.stat(path)).size, capture(2).length);
    const nowhere = await decodeProcess([path, "--out", "/nosuch/folder/x"]);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /^edgewire: \/nosuch\/folder\/x can't be written: /);
  });
});

Deno.test("decode: a cut file gives what came before, and 3", async () => {
  await withFile(capture(3).subarray(0, -5), async (path) => {
    const result = await decodeProcess([path, "--format", "json", "--fields", "frame.number"]);
    assert.equal(result.code, 3);
    assert.equal(JSON.parse(result.stdout).length, 2);
    assert.match(
      result.stderr,
      /^edgewire: .*: the file ends 57 bytes into a record .*after frame 2/,
    );
  });
});

Deno.test("decode: wrong usage and unreadable input give 2 and say what to do", async () => {
  await withFile(capture(1), async (path) => {
    const cases: [string[], RegExp][] = [
      [[], /name the capture file/],
      [[path, path], /one capture at a time/],
      [[path, "--nosuch"], /^edgewire: unknown option --nosuch\n/],
      [[path, "--format", "xml"], /"xml" is not one of text, fields/],
      [[path, "--format", "fields"], /needs --fields/],
      [[path, "--format", "html", "--fields", "ip.src"], /--fields goes with/],
      [[path, "--fields", "ip.scr"], /unknown field "ip.scr": did you mean ip.src\?/],
      [[path, "--fields", "ip.src,,ip.dst"], /a name is empty/],
      [
        [path, "--filter", "ip.src == "],
        /column 11: the filter ends here[^]*\n {2}ip.src == \n {12}\^/,
      ],
      [[path, "--filter", "ip.srcc"], /did you mean ip.src\?/],
      [[path, "--decode-as", "1883,mqtt"], /--decode-as: .*tcp.port==8080,websocket/],
      [[path, "--wpan-key", "12"], /32 hexadecimal digits/],
      [[path, "--wpan-fcs", "crc8"], /crc16, crc32, ti/],
      [[path, "--6lowpan-context", "16=2001:db8::/64"], /0=2001:db8::\/64/],
      [[path, "--6lowpan-context", "1=2001:db8/64"], /0=2001:db8::\/64/],
      [[path, "--sensor-key", "a4c1388d18b2=12"], /32 hexadecimal digits/],
      [[path, "--keylog", "/nosuch"], /--keylog: \/nosuch can't be read/],
      [[path, "--summary", "-v"], /leave out -v/],
      [[path, "-v", "--format", "json"], /-v goes with --format text/],
      [[path, "--color", "maybe"], /auto, always, never/],
      [["/nosuch"], /\/nosuch: can't be read/],
      [[MAIN], /not a pcap or pcapng file/],
    ];
    for (const [args, message] of cases) {
      const { code, stderr, stdout } = await commandHere(decode, args);
      assert.equal(code, 2, `${args.join(" ")}: ${stderr}`);
      assert.match(stderr, message);
      assert.equal(stdout, "");
    }
    // What may be read and looked up before anything is wrong is no more in a process.
    for (const at of [0, 16, 20, 21]) {
      const [args] = cases[at]!;
      assert.deepEqual(await decodeProcess(args), await commandHere(decode, args));
    }
  });
});

Deno.test("decode: --help", async () => {
  const { code, stdout } = await decodeProcess(["--help"]);
  assert.equal(code, 0);
  for (const option of ["--format", "--fields", "--filter", "--summary", "--out", "--sensor-key"]) {
    assert.ok(stdout.includes(option), option);
  }
});

Deno.test("decode: a reader that stops reading is no error", async () => {
  await withFile(capture(50_000), async (path) => {
    const child = command([path, "--format", "ndjson"], "null").spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const stderr = await new Response(child.stderr).text();
    assert.deepEqual({ code: (await child.status).code, stderr }, { code: 0, stderr: "" });
  });
});

Deno.test("decode: Ctrl-C ends with what there is", async () => {
  const child = command(["-", "--format", "json", "--fields", "frame.number"], "piped").spawn();
  const writer = child.stdin.getWriter();
  // More than the output keeps back, so that something shows that the frames have been read.
  // The command may leave before it has read everything.
  const written = writer.write(capture(10_000)).catch(() => {});
  const reader = child.stdout.getReader();
  const chunks = [(await reader.read()).value!];
  child.kill("SIGINT");
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
  }
  assert.equal(await new Response(child.stderr).text(), "");
  assert.equal((await child.status).code, 130);
  const frames = JSON.parse(await new Blob(chunks).text());
  assert.ok(frames.length > 500 && frames.length <= 10_000, `${frames.length} frames`);
  await Promise.all([written, writer.abort().catch(() => {})]);
});
