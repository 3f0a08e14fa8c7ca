import assert from "node:assert/strict";
import { startMosquitto } from "../support/mosquitto.ts";
import { TestProcess } from "../support/process.ts";
import { testWith } from "../support/tools.ts";

/** Runs the command line with the permissions that its documentation names. */
function run(...args: string[]): TestProcess {
  const main = new URL("../../firmware/simulated/main.ts", import.meta.url).pathname;
  return new TestProcess(Deno.execPath(), {
    args: [
      "run",
      "--no-lock",
      "--no-prompt",
      "--allow-net=127.0.0.1",
      "--ignore-env",
      main,
      ...args,
    ],
  });
}

testWith(["mosquitto", "mosquitto_sub"], "the command line runs nodes until SIGTERM", async () => {
  await using broker = await startMosquitto({ websockets: true });
  for (const url of [broker.url, broker.wsUrl]) {
    await using nodes = run("--broker", url, "--period", "50", "--seed", "9");
    await nodes.waitForLine(/^chamber: online/);
    await nodes.waitForLine(/^lux: online/);
    await using watcher = new TestProcess("mosquitto_sub", {
      args: ["-p", String(broker.port), "-t", "#", "-F", "%r %t %p"],
    });
    await watcher.waitForLine(/^0 devices\/chamber\/temperature /);
    assert.equal((await nodes.stop()).code, 0, nodes.output);
    await watcher.waitForLine(/^0 edgewire\/v1\/chamber\/status {"state":"offline"}$/);
    await watcher.waitForLine(/^0 edgewire\/v1\/lux\/status {"state":"offline"}$/);
  }
});

Deno.test("the command line says what is wrong with it, and ends with 2", async () => {
  const cases: [string[], RegExp][] = [
    [[], /^--broker is missing$/],
    [["--broker", "http://127.0.0.1"], /^--broker http:.*: not an address of an MQTT broker$/],
    [["--broker", "nonsense"], /URL/],
    [["--broker", "mqtt://127.0.0.1", "--period", "5"], /^--period 5: not a whole number from 10$/],
    [["--broker", "mqtt://127.0.0.1", "--seed", "x"], /^--seed x: not a whole number from 0$/],
    [["--colour", "red"], /--colour/],
    [["--broker", "mqtt://127.0.0.1", "--devices", "1.5"], /^--devices 1\.5: not a whole number/],
    [
      ["--broker", "mqtt://127.0.0.1", "--rate", "0"],
      /^--rate 0: not a number from 0\.001 to 1000$/,
    ],
    [["--broker", "mqtt://127.0.0.1", "--loss", "2"], /^--loss 2: not a number from 0 to 1$/],
    [
      ["--broker", "mqtt://127.0.0.1", "--duplicates", ""],
      /^--duplicates : not a number from 0 to 1$/,
    ],
    [
      ["--broker", "mqtt://127.0.0.1", "--only", "lux,nobody"],
      /^--only nobody: not one of chamber, /,
    ],
    [["--broker", "mqtt://127.0.0.1", "--log", "/nowhere/log"], /\/nowhere\/log/],
  ];
  for (const [args, message] of cases) {
    await using nodes = run(...args);
    assert.equal((await nodes.status).code, 2, args.join(" "));
    // Deno may say first what it downloads.
    assert.ok(nodes.lines.some((line) => message.test(line)), nodes.output);
    assert.match(nodes.output, /Usage: main\.ts --broker URL/);
  }
});

testWith(
  ["mosquitto"],
  "chosen nodes run, and the log says what was sent and who heard it",
  async () => {
    await using broker = await startMosquitto();
    const options = [
      "--only",
      "ble-1,ble-2",
      "--devices",
      "3",
      "--rate",
      "10",
      "--loss",
      "0",
      "--seed",
      "2",
    ];
    await using nodes = run("--broker", broker.url, ...options, "--log", "-");
    await nodes.waitForLine(/^ble-1: online/);
    await nodes.waitForLine(/^ble-2: online/);
    const from = nodes.lines.length;
    const { input: line } = await nodes.waitForLine(/^{.*"name":"balcony".*"heard":{"ble-2"/, {
      from,
    });
    const { time, device, format, content, values, heard } = JSON.parse(line!);
    assert.ok(Math.abs(time - Date.now()) < 10_000);
    assert.match(device, /^[0-9A-F]{12}$/);
    assert.equal(format, "BTHome v2");
    assert.ok(content >= 0 && content < 256);
    assert.deepEqual(Object.keys(values), ["battery", "temperature", "humidity"]);
    assert.ok(heard["ble-2"] < 0);
    assert.equal((await nodes.stop()).code, 0, nodes.output);
    assert.ok(!nodes.lines.some((text) => /^(chamber|lux|wpan-1|omg-1):/.test(text)));
  },
);

Deno.test("--help names all options", async () => {
  await using nodes = run("--help");
  assert.equal((await nodes.status).code, 0);
  for (const option of ["broker", "only", "devices", "rate", "loss", "duplicates", "seed", "log"]) {
    assert.match(nodes.output, new RegExp(`^\\s+--${option} `, "m"));
  }
});
