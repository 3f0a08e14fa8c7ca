/**
 * Wireshark's capture program: what is installed, what it answers, and that the real tshark gets
 * packets by it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import { testWith } from "../../support/tools.ts";
import { answer, parseExtcapCall, QUESTIONS } from "../../../traces/live/extcap.ts";
import { controlMessage } from "../../../traces/live/extcap_control.ts";
import {
  installExtcap,
  shellScript,
  uninstallExtcap,
} from "../../../traces/live/extcap_install.ts";
import { FakeGateway, newSection, packet } from "./fake_gateway.ts";
import { readCapture } from "./read_capture.ts";
import { trace } from "./trace_process.ts";

const FROM = "http://127.0.0.1:8080";

/** What Wireshark takes for a sentence. */
const SENTENCE = /^(?:arg|value|interface|extcap|dlt|control) \{[^{}]*\}(?:\{[^{}]*\})*$/;

async function inHome(test: (home: string, env: Record<string, string>) => Promise<void>) {
  const home = await Deno.makeTempDir({ prefix: "edgewire-extcap-" });
  // Deno's cache stays where it is.
  const cache = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
  try {
    await test(home, { HOME: home, XDG_CONFIG_HOME: `${home}/config`, DENO_DIR: cache });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function output(program: string, args: string[], env: Record<string, string> = {}) {
  const child = new Deno.Command(program, { args, env, stdin: "null" });
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("extcap: every answer is made of sentences that Wireshark reads", () => {
  for (const question of QUESTIONS) {
    for (const line of answer(question, FROM)) assert.match(line, SENTENCE);
  }
  const config = answer("config", FROM).join("\n");
  for (const call of ["from", "token", "channel", "hop", "node"]) {
    assert.match(config, new RegExp(`\\{call=--${call}\\}`));
  }
  assert.match(config, /\{call=--token\}\{display=Token\}\{type=password\}/);
  assert.match(config, /\{default=http:\/\/127\.0\.0\.1:8080\}/);
});

Deno.test("extcap: the installed script answers as the program does, and without it", () =>
  inHome(async (home, env) => {
    const installed = await trace(["--install-extcap", "--from", "http://10.0.0.7:8080"], { env });
    assert.equal(installed.code, 0, installed.stderr);
    const files = [
      `${home}/config/wireshark/extcap/edgewire`,
      `${home}/.local/lib/wireshark/extcap/edgewire`,
    ];
    const said = new TextDecoder().decode(installed.stdout);
    for (const file of files) {
      assert.ok(said.includes(file));
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o755);
    }
    for (const question of QUESTIONS) {
      const args = [`--extcap-${question}`, "--extcap-interface", "edgewire"];
      const direct = await trace(["--from", "http://10.0.0.7:8080", ...args, "--extcap-new=1"]);
      const expected = new TextDecoder().decode(direct.stdout);
      assert.equal(expected, answer(question, "http://10.0.0.7:8080").join("\n") + "\n");
      for (const file of files) {
        const { code, stdout } = await output(file, args, { PATH: "/nowhere" });
        assert.deepEqual([code, stdout], [0, expected]);
      }
    }
    const filter = ["--extcap-interface", "edgewire", "--extcap-capture-filter", "tcp"];
    const { code, stdout } = await output(files[0]!, filter, env);
    assert.deepEqual([code, stdout], [0, "Edgewire has no capture filters\n"]);
    const removed = await trace(["--uninstall-extcap"], { env });
    assert.equal(new TextDecoder().decode(removed.stdout), files.join("\n") + "\n");
    for (const file of files) await assert.rejects(Deno.stat(file));
  }));

Deno.test("extcap: no token gets into the script", () =>
  inHome(async (home, env) => {
    for (const from of ["http://any:hush-hush@10.0.0.7:8080", "http://h/?token=hush-hush"]) {
      const { code, stdout, stderr } = await trace(["--install-extcap", "--from", from], { env });
      assert.equal(code, 0, stderr);
      assert.match(new TextDecoder().decode(stdout), /token is not kept.*EDGEWIRE_TOKEN/);
      const script = await Deno.readTextFile(`${home}/config/wireshark/extcap/edgewire`);
      assert.ok(!script.includes("hush"), script);
    }
  }));

Deno.test("extcap: a file of that name that is somebody else's stays", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const place = { folders: [folder], file: "edgewire", windows: false };
    await Deno.writeTextFile(`${folder}/edgewire`, "#!/bin/sh\n# mine\n");
    assert.throws(() => installExtcap(place, ["/bin/true"], FROM), /is not ours: move it away/);
    assert.deepEqual(uninstallExtcap(place), []);
    assert.match(await Deno.readTextFile(`${folder}/edgewire`), /mine/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("extcap: words reach the program unchanged, whatever is in them", async () => {
  const folder = await Deno.makeTempDir({ prefix: "it's $HOME " });
  try {
    const program = `${folder}/program`;
    await Deno.writeTextFile(program, `#!/bin/sh\nprintf '%s\\n' "$@"\n`, { mode: 0o755 });
    const from = "http://h/'$(id)'";
    await Deno.writeTextFile(`${folder}/edgewire`, shellScript([program, "a b"], from), {
      mode: 0o755,
    });
    const call = ["--capture", "--extcap-interface", "edgewire", "--fifo", "/tmp/x y", "--token="];
    const { stdout, stderr } = await output(`${folder}/edgewire`, call);
    assert.deepEqual([stderr, stdout.split("\n")], ["", ["a b", "--from", from, ...call, ""]]);
    await Deno.remove(program);
    const gone = await output(`${folder}/edgewire`, ["--capture", "--fifo", `${folder}/pipe`]);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /is gone: run edgewire trace --install-extcap again/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("extcap: calls of Wireshark, and what it may say one day", () => {
  assert.equal(parseExtcapCall(["--from", FROM, "--write", "x"]), undefined);
  const words =
    "--from d --capture --extcap-interface edgewire --fifo /p --extcap-new a --from u " +
    "--token --hop mqtt,ws --wire --extcap-control-in /i --extcap-control-out /o --novel --node=n";
  assert.deepEqual(parseExtcapCall(words.split(" ")), {
    kind: "capture",
    fifo: "/p",
    controlIn: "/i",
    controlOut: "/o",
    filter: undefined,
    args: ["--from=u", "--hop=mqtt,ws", "--wire", "--node=n"],
  });
  const empty = ["--capture", "--fifo", "/p", "--channel", "", "--wire", "false", "--keylog", "k"];
  const call = parseExtcapCall(empty);
  assert.deepEqual(call?.kind === "capture" && call.args, []);
  assert.deepEqual(parseExtcapCall(["--extcap-version=4.4"]), { kind: "other", filter: undefined });
});

Deno.test("extcap: both pipes of the toolbar are opened, the log goes to ours", () =>
  inHome(async (home) => {
    const pipe = (name: string) => `${home}/${name}`;
    const names = ["fifo", "to", "from"].map(pipe);
    assert.equal((await output("mkfifo", names)).code, 0);
    await using gateway = new FakeGateway();
    // As Wireshark's: it opens its ends and reads.
    const opened = Deno.open(pipe("to"), { write: true });
    const log = Deno.readFile(pipe("from"));
    const packets = Deno.readFile(pipe("fifo"));
    const ending = trace([
      ...["--capture", "--extcap-interface", "edgewire", "--fifo", pipe("fifo")],
      ...["--extcap-control-in", pipe("to"), "--extcap-control-out", pipe("from")],
      ...["--from", gateway.url, "--extcap-capture-filter", "tcp"],
    ]);
    using to = await opened;
    await to.write(controlMessage(0, 0, ""));
    await gateway.reader();
    const writer = newSection();
    writer.take();
    gateway.send(packet(writer, 1));
    gateway.end();
    const { code, stderr } = await ending;
    assert.equal(code, 1);
    assert.match(stderr, /the gateway ended the trace/);
    assert.equal((await readCapture(await packets)).frames.length, 1);
    const bytes = await log;
    assert.deepEqual([...bytes.subarray(0, 1), ...bytes.subarray(4, 6)], [0x54, 0, 2]);
    const text = new TextDecoder().decode(bytes);
    assert.match(text, /capture filter "tcp" has no effect/);
    assert.match(text, /tracing http:\/\/127\.0\.0\.1:/);
  }));

Deno.test("extcap: a message of the toolbar", () => {
  const message = controlMessage(3, 6, "é".repeat(200));
  assert.deepEqual([...message.subarray(0, 6)], [0x54, 0, 1, 146, 3, 6]);
  assert.equal(message.length, 406);
});

testWith(
  ["tshark"],
  "extcap: tshark lists the gateway and shows its packets",
  () =>
    inHome(async (_home, env) => {
      await using gateway = new FakeGateway({ token: "hush" });
      // The address that the dialog begins with is nobody's: tests of the preference.
      const { code, stderr } = await trace(["--install-extcap", "--from", "http://127.0.0.1:1"], {
        env,
      });
      assert.equal(code, 0, stderr);
      const list = await output("tshark", ["-D"], env);
      assert.match(list.stdout, /\d+\. edgewire \(Edgewire gateway\)/);
      const types = await output("tshark", ["-i", "edgewire", "-L"], env);
      assert.match(types.stdout + types.stderr, /EDGEWIRE \(Several, as the stream says\)/);
      const options = { from: gateway.url, channel: "desk,hall", hop: "room,ws" };
      const writer = newSection();
      writer.take();
      let n = 0;
      const timer = setInterval(() => gateway.send(packet(writer, ++n)), 20);
      try {
        const shown = await output("tshark", [
          ...["-n", "-i", "edgewire", "-c", "5", "-T", "fields"],
          ...["-e", "frame.interface_name", "-e", "frame.comment", "-e", "json.value.number"],
          ...Object.entries(options)
            .flatMap(([name, value]) => ["-o", `extcap.edgewire.${name}:${value}`]),
        ], { ...env, EDGEWIRE_TOKEN: "hush" });
        const lines = shown.stdout.trim().split("\n");
        assert.equal(lines.length, 5, shown.stderr);
        const first = Number(/Ab12Cd-(\d+)/.exec(lines[0]!)?.[1]);
        lines.forEach((line, i) => {
          const k = first + i;
          const comment = `edgewire id=Ab12Cd-${k} hop=room dir=out channel=desk seq=${k}`;
          assert.equal(line, `room\t${comment}\t${k}`);
        });
      } finally {
        clearInterval(timer);
      }
      assert.deepEqual(gateway.asked, [
        "/traces/live.pcapng?channel=desk&channel=hall&hop=room&hop=ws",
      ]);
      // On a busy machine it may end before it has read what we said.
      await eventually("the reason", async () => {
        const { code, stderr } = await output("tshark", ["-i", "edgewire", "-c", "1"], env);
        assert.notEqual(code, 0);
        return /nobody listens at http:\/\/127\.0\.0\.1:1 /.test(stderr);
      });
    }),
);
