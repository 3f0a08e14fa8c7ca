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
  ];
  for (const [args, message] of cases) {
    await using nodes = run(...args);
    assert.equal((await nodes.status).code, 2, args.join(" "));
    // Deno may say first what it downloads.
    assert.ok(nodes.lines.some((line) => message.test(line)), nodes.output);
    assert.match(nodes.output, /Usage: main\.ts --broker URL/);
  }
});
