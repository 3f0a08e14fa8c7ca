/**
 * The firmware's host program by itself: its command line, what it refuses and how it says so, what
 * it makes of captures, who it trusts.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CaptureFrame } from "../../traces/files/capture_frame.ts";
import { PcapWriter } from "../../traces/files/pcap_writer.ts";
import { PcapngWriter } from "../../traces/files/pcapng_writer.ts";
import { RadioRecords } from "../../traces/replay/radio_records.ts";
import { RadioFlag } from "../../traces/sensors/radio_envelope.ts";
import { makeCertificates } from "../support/certificates.ts";
import { EnvelopeWatcher, recordText } from "../support/envelope_watcher.ts";
import { HOST_TOOLS, makeHost, runHostNode, startHostNode } from "../support/host_node.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { sideBySide } from "../support/side_by_side.ts";
import type { Tool } from "../support/tools.ts";
import { type SampleFile, sampleFiles } from "../traces/support/sample_files.ts";
import { readSync } from "../traces/support/sync_reader.ts";

const { testWith } = sideBySide(2);
const TOOLS: Tool[] = [...HOST_TOOLS];
const WITH_BROKER: Tool[] = ["mosquitto", ...TOOLS];

const SAMPLES = new URL("../../traces/samples/", import.meta.url).pathname;
const WPAN = `${SAMPLES}wpan-sensors.pcap`;

testWith(TOOLS, "unit tests of the host program", async () => {
  assert.match(await makeHost("test"), /^\d+ tests, \d{3,} checks, 0 failures$/m);
});

testWith(TOOLS, "--help names every option, --version the version of the project", async () => {
  const help = await runHostNode(["--help"]);
  assert.equal(help.code, 0, help.stderr);
  for (const option of ["broker", "cafile", "name", "user", "password", "hci", "wpan", "channel"]) {
    assert.match(help.stdout, new RegExp(`^ +--${option} `, "m"));
  }
  for (const option of ["read", "speed", "settings-file", "linger", "help,", "version"]) {
    assert.match(help.stdout, new RegExp(`--${option}\\s`));
  }
  assert.ok(help.stdout.split("\n").every((line) => line.length <= 100));
  const { version } = JSON.parse(await Deno.readTextFile(`${SAMPLES}../../deno.json`));
  assert.equal((await runHostNode(["--version"])).stdout, `${version}\n`);
});

testWith(TOOLS, "a wrong command line: what is wrong, and what to do", async () => {
  const broker = ["--broker", "127.0.0.1"];
  const wrong: [string[], RegExp][] = [
    [[], /--broker is missing: .*as --broker/],
    [broker, /nothing to hear: --read FILE, --hci N or --wpan INTERFACE/],
    [[...broker, "--read", WPAN, "--hci", "0"], /leave --hci and --wpan out/],
    [[...broker, "--hci", "x"], /--hci x: not a whole number from 0 to 255/],
    [[...broker, "--wpan", "monitor0", "--channel", "27"], /--channel 27: .*from 11 to 26/],
    [[...broker, "--wpan", "monitor0", "--speed", "1"], /--speed is for --read alone/],
    [[...broker, "--read", WPAN, "--speed", "-1"], /--speed -1: not a number from 0/],
    [[...broker, "--read", WPAN, "--linger", "99999"], /--linger 99999: .*from 0 to 86400/],
    [[...broker, "--read", WPAN, "--name", "a/b"], /--name a\/b: not 1 to 64 letters/],
    [["--broker", "http://x", "--read", WPAN], /--broker http:\/\/x: only mqtt:\/\/ and mqtts/],
    [["--broker", "x:70000", "--read", WPAN], /the port is not a number from 1 to 65535/],
    [["--broker", "a:b@x", "--read", WPAN], /user and password go into --user/],
    [[...broker, "--read", WPAN, "--cafile", "x"], /--cafile is for TLS: --broker mqtts:/],
    [["--broker", "mqtts://x", "--read", WPAN, "--cafile", "/no/file"], /--cafile \/no\/file: No/],
    [[...broker, "--read"], /--read: its value is missing/],
    [[...broker, "--frequency", "2"], /--frequency: no such option; --help names them/],
    [[...broker, WPAN], /wpan-sensors.pcap: what is that for\?/],
  ];
  for (const [args, expected] of wrong) {
    const { code, stdout, stderr } = await runHostNode(args);
    assert.equal(code, 2, `${args}: ${stderr}`);
    assert.match(stderr, expected);
    assert.match(stderr, /^edgewire-node: [^\n]+\n$/);
    assert.equal(stdout, "");
  }
});

testWith(TOOLS, "what cannot be read or heard is refused: what, where, what to do", async () => {
  const refused: [string[], RegExp][] = [
    [["--read", "/no/such.pcap"], /\/no\/such.pcap: No such file or directory$/],
    [["--read", `${SAMPLES}README.md`], /README.md: unknown file format \(pcap and pcapng are/],
    [["--read", `${SAMPLES}file-gzip.pcap.gz`], /gunzip -c FILE \| edgewire-node --read -/],
    [["--read", `${SAMPLES}icmp.pcap`], /link type 1 is none .*187 and 201.*283 \(IEEE 802.15.4/],
    [["--hci", "255"], /hci255: (this system has no Bluetooth|there is no such|not permitted)/],
    [["--wpan", "lo"], /lo: not an IEEE 802.15.4 monitor interface; make one with: iwpan phy/],
    [["--wpan", "nosuch0"], /nosuch0: there is no such interface$/],
    [["--wpan", "a-name-that-is-much-too-long"], /not the name of an interface$/],
  ];
  for (const [args, expected] of refused) {
    const { code, stderr } = await runHostNode(["--broker", "127.0.0.1:1", ...args]);
    assert.equal(code, 1, `${args}: ${stderr}`);
    assert.match(stderr.trimEnd(), expected);
  }
});

/** Frames as the TypeScript of replays makes records of them. */
function expectedRecords(bytes: Uint8Array): string[] {
  const records = new RadioRecords();
  const texts: string[] = [];
  readSync(bytes, (frame) => {
    if (records.read(frame) !== true) return;
    const time = frame.seconds * 1e6 + Math.floor(frame.nanoseconds / 1000);
    const flags = records.record.flags | RadioFlag.UnixTime;
    texts.push(recordText({ ...records.record, time, flags }));
  });
  return texts;
}

function framesOf(bytes: Uint8Array): CaptureFrame[] {
  const frames: CaptureFrame[] = [];
  readSync(bytes, (frame) => frames.push(Object.assign(Object.create(null), frame)));
  return frames;
}

/** The same capture as pcapng, with interfaces of a resolution. */
function asPcapng(bytes: Uint8Array, resolution: number): Uint8Array {
  const writer = new PcapngWriter();
  const frames = framesOf(bytes);
  writer.section({});
  writer.interface({ linkType: frames[0]!.linkType, resolution });
  const unit = BigInt(10 ** (9 - resolution));
  for (const { seconds, nanoseconds, data, start, capturedLength, length } of frames) {
    const time = (BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)) / unit;
    const captured = data.subarray(start, start + capturedLength);
    writer.packet({ interface: 0, time, data: captured, length });
  }
  return writer.take();
}

/** The same as pcap with the byte order turned round, frames cut after so many bytes. */
function asCutPcap(bytes: Uint8Array, snapLength: number): Uint8Array {
  const frames = framesOf(bytes);
  const { linkType } = frames[0]!;
  const writer = new PcapWriter({ linkType, snapLength, nanoseconds: false, bigEndian: true });
  for (const { seconds, nanoseconds, data, start, capturedLength, length } of frames) {
    const captured = data.subarray(start, start + Math.min(capturedLength, snapLength));
    writer.packet({ seconds, nanoseconds }, captured, length);
  }
  return writer.take();
}

/** Link types that the program reads. */
const READ = new Set([187, 195, 201, 230, 251, 256, 272, 283]);

function radioSamples(): SampleFile[] {
  return sampleFiles().filter(({ name, bytes }) =>
    name.endsWith(".pcap") && READ.has(framesOf(bytes)[0]?.linkType ?? -1)
  );
}

testWith(WITH_BROKER, "every radio capture becomes the records that a replay makes", async () => {
  await using broker = await startMosquitto();
  await using watcher = await EnvelopeWatcher.open(broker.url);
  const check = async (name: string, bytes: Uint8Array, path: string) => {
    const args = ["--broker", broker.url, "--name", name, "--read", path];
    const piped = path === "-" ? { input: bytes } : {};
    const { code, stderr } = await runHostNode([...args, "--speed", "0"], piped);
    assert.equal(code, 0, stderr);
    const { envelopes, statuses } = await watcher.goodbye(name);
    const records = envelopes.flatMap((envelope) => envelope.records.map(recordText));
    assert.deepEqual(records, expectedRecords(bytes), name);
    assert.deepEqual(envelopes.map(({ batch }) => batch), envelopes.map((_, i) => i));
    assert.ok(envelopes.every(({ dropped, boot }) => dropped === 0 && boot === statuses[0]!.boot));
    return records.length;
  };
  let count = 0;
  for (const { name, bytes, path } of radioSamples()) {
    const node = name.replace(".pcap", "");
    count += await check(node, bytes, path);
    await check(`${node}-cut`, asCutPcap(bytes, 24), "-");
  }
  assert.ok(count > 100, `${count} records`);
  const { bytes } = radioSamples()[0]!;
  for (const resolution of [3, 6, 9]) {
    await check(`pcapng-${resolution}`, asPcapng(bytes, resolution), "-");
  }
  assert.deepEqual(watcher.problems, []);
  assert.deepEqual(watcher.nodes.get("wpan-sensors")!.statuses[0]!.radios, ["802.15.4"]);
  assert.deepEqual(watcher.nodes.get("hci-h4")!.statuses[0]!.radios, ["ble"]);
});

testWith(WITH_BROKER, "a file that is cut short: what was before comes, exit code 1", async () => {
  await using broker = await startMosquitto();
  await using watcher = await EnvelopeWatcher.open(broker.url);
  const whole = await Deno.readFile(WPAN);
  const args = ["--broker", broker.url, "--name", "hall", "--read", "-"];
  const { code, stderr } = await runHostNode(args, { input: whole.subarray(0, -3) });
  assert.equal(code, 1);
  assert.match(stderr, /^edgewire-node: -: truncated dump file/m);
  const { envelopes } = await watcher.goodbye("hall");
  const records = envelopes.flatMap((envelope) => envelope.records.map(recordText));
  assert.deepEqual(records, expectedRecords(whole).slice(0, -1));
});

testWith(WITH_BROKER, "a token: from the environment, never in the list of processes", async () => {
  const pass = "0123456789abcdef0123";
  await using broker = await startMosquitto({ password: { user: "hall", pass } });
  const args = ["--broker", `127.0.0.1:${broker.port}`, "--name", "hall", "--read", WPAN];
  const good = await runHostNode(args, { env: { EDGEWIRE_TOKEN: pass } });
  assert.equal(good.code, 0, good.stderr);
  for (const env of [{ EDGEWIRE_TOKEN: "wrong" }, { EDGEWIRE_TOKEN: "" }]) {
    const bad = await runHostNode(args, { env });
    assert.equal(bad.code, 1, bad.stderr);
    assert.match(bad.stderr, /refuses user name and token \(--user, EDGEWIRE_TOKEN\)/);
    assert.match(bad.stderr, /giving up$/m);
  }
  await broker.stop();
  await using waiting = await startHostNode([...args, "--password", pass]);
  await waiting.waitForLine(/cannot connect: Connection refused; trying again$/);
  const ps = new Deno.Command("ps", { args: ["-o", "args=", "-p", String(waiting.pid)] });
  const listed = new TextDecoder().decode((await ps.output()).stdout);
  assert.match(listed, /--password \*{20}$/m);
  await broker.restart();
  assert.equal((await waiting.status).code, 0, waiting.output);
});

testWith(
  ["openssl", ...WITH_BROKER],
  "TLS: only who the certificate names is trusted",
  async () => {
    const { ca, cert, key } = await makeCertificates();
    await using broker = await startMosquitto({ tls: { cert, key } });
    const cafile = await Deno.makeTempFile({ prefix: "edgewire-ca-" });
    await Deno.writeTextFile(cafile, ca);
    try {
      const run = (host: string, ...args: string[]) =>
        runHostNode(["--broker", `mqtts://${host}:${broker.port}`, "--read", WPAN, ...args]);
      const good = await run("127.0.0.1", "--cafile", cafile);
      assert.equal(good.code, 0, good.stderr);
      const stranger = await run("127.0.0.1");
      assert.equal(stranger.code, 1);
      assert.match(
        stranger.stderr,
        /TLS failed: is --cafile right, and --broker a name in the cert/,
      );
    } finally {
      await Deno.remove(cafile);
    }
  },
);
