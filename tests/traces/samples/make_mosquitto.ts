/**
 * Makes the samples with Mosquitto: mqtt.js over TCP and WebSocket with each MQTT version, Paho,
 * mosquitto_pub, a refused login, and what a client sends that goes away without a word.
 *
 * Run: `deno run -A tests/traces/samples/make_mosquitto.ts`
 *
 * @module
 */
import mqtt from "mqtt";
import { startMosquitto } from "../../support/mosquitto.ts";
import { PYTHON } from "../../support/tools.ts";
import { clientOptions, mqttSession, type Version } from "./mqtt_session.ts";
import { pause, recordLoopback } from "./record_loopback.ts";

const NAMES: Record<Version, string> = { 3: "mqtt31", 4: "mqtt311", 5: "mqtt5" };

async function sessions() {
  await using broker = await startMosquitto({ websockets: true });
  for (const version of [3, 4, 5] as const) {
    const name = `mosquitto-mqttjs-${NAMES[version]}`;
    await recordLoopback(
      `${name}-tcp`,
      { ports: [broker.port] },
      () => mqttSession(broker.url, version),
    );
    await recordLoopback(
      `${name}-ws`,
      { ports: [broker.wsPort] },
      () => mqttSession(broker.wsUrl, version),
    );
  }
  for (const transport of ["tcp", "websockets"]) {
    const port = transport === "tcp" ? broker.port : broker.wsPort;
    await recordLoopback(
      `mosquitto-paho-${transport}`,
      { ports: [port] },
      () => python("paho_session.py", transport, String(port)),
    );
  }
  await recordLoopback("mosquitto-will", { ports: [broker.port] }, () => will(broker.url));
}

/** A client that vanishes; another gets its will. */
async function will(url: string) {
  const watcher = await mqtt.connectAsync(url, { clientId: "sample-watcher", reconnectPeriod: 0 });
  await watcher.subscribeAsync("devices/lamp-1/status", { qos: 1 });
  const lamp = await mqtt.connectAsync(url, clientOptions(4, { clientId: "sample-lamp" }));
  const seen = new Promise((resolve) => watcher.once("message", resolve));
  lamp.stream.destroy();
  await seen;
  await watcher.endAsync();
}

async function refused() {
  await using broker = await startMosquitto({ password: { user: "sensor", pass: "sample-only" } });
  await recordLoopback("mosquitto-mqttjs-login", { ports: [broker.port] }, async () => {
    for (const version of [4, 5] as const) {
      for (const password of ["wrong", "sample-only"]) {
        const options = clientOptions(version, { username: "sensor", password });
        const client = await mqtt.connectAsync(broker.url, options).catch(() => undefined);
        await client?.endAsync();
      }
    }
    await pause(50);
  });
}

async function python(script: string, ...args: string[]) {
  const file = new URL(script, import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command(PYTHON, { args: [file, ...args] }).output();
  if (!success) throw new Error(`${script}: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  await sessions();
  await refused();
}
