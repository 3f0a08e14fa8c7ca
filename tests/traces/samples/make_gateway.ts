/**
 * Makes the samples with this project's gateway: a page in Chromium that watches and commands, the
 * nodes it watches over MQTT, and MQTT over WebSocket clients (mqtt.js and Paho).
 *
 * Run: `deno run -A tests/traces/samples/make_gateway.ts`
 *
 * @module
 */
import mqtt from "mqtt";
import { TestBrowser } from "../../support/browser.ts";
import { GatewayProcess } from "../../support/gateway.ts";
import { PYTHON } from "../../support/tools.ts";
import { mqttSession } from "./mqtt_session.ts";
import { pause, recordLoopback } from "./record_loopback.ts";

/** Chromium fetches the page before; only its WebSocket is of interest. */
async function page(gateway: GatewayProcess) {
  const lamp = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
    clientId: "sample-lamp",
    reconnectPeriod: 0,
  });
  const level = "devices/lamp-1/level";
  lamp.on("message", (_topic, value) => lamp.publish(level, value, { qos: 1 }));
  await lamp.subscribeAsync(`${level}/set`, { qos: 1 });
  await lamp.publishAsync(level, "10", { qos: 1, retain: true });
  await using browser = await TestBrowser.launch();
  const tab = await browser.page(new URL("/healthz", gateway.url));
  await tab.evaluate(watch, String(gateway.ws("/ws/lamp-1")));
  for (let i = 0; i < 5; i++) {
    await lamp.publishAsync(level, JSON.stringify({ value: 20 + i }), { qos: 0 });
    await pause(20);
  }
  await tab.evaluate(command, level);
  await lamp.endAsync();
}

/** Runs in the page: connects and waits for the first message. */
function watch(url: string): Promise<void> {
  const socket = new WebSocket(url);
  Object.assign(globalThis, { socket });
  return new Promise((resolve) => socket.onmessage = () => resolve());
}

/** Runs in the page: sends a command, waits until it was observed, and closes. */
function command(topic: string): Promise<void> {
  const { socket } = globalThis as unknown as { socket: WebSocket };
  return new Promise((resolve) => {
    socket.onmessage = ({ data }) => {
      if (String(data).includes(`"observed"`)) socket.close(1000, "seen");
    };
    socket.onclose = () => resolve();
    socket.send(JSON.stringify({ type: "ping", id: "p1" }));
    socket.send(JSON.stringify({ type: "command", id: "c1", channel: "lamp-1", topic, value: 77 }));
    setTimeout(() => socket.close(1000, "late"), 3000);
  });
}

async function paho(gateway: GatewayProcess) {
  const file = new URL("paho_session.py", import.meta.url).pathname;
  const args = [file, "websockets", gateway.url.port];
  const { success, stderr } = await new Deno.Command(PYTHON, {
    args,
    env: { PAHO_ONLY_311: "1" },
  }).output();
  if (!success) throw new Error(`Paho: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  await using gateway = await GatewayProcess.start();
  const http = Number(gateway.url.port);
  const ports = [http, gateway.mqttPort];
  await recordLoopback("edgewire-chromium", { ports }, () => page(gateway));
  await recordLoopback(
    "edgewire-mqttjs-mqtt311-ws",
    { ports: [http] },
    () => mqttSession(String(gateway.ws("/mqtt")), 4),
  );
  await recordLoopback("edgewire-paho-ws", { ports: [http] }, () => paho(gateway));
}
