/** What passes to the cloud is in traces, as a hop of its own. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";
import { Cloud } from "./cloud.ts";

async function decoded(trace: Uint8Array): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".pcapng" });
  await Deno.writeFile(path, trace);
  const { stdout } = await new Deno.Command("tshark", {
    args: ["-n", "-r", path, "-T", "fields", "-e", "frame.comment", "-e", "mqtt.topic", "-e"]
      .concat("mqtt.prop_key", "-e", "mqtt.passwd", "-e", "frame.interface_name"),
  }).output();
  await Deno.remove(path);
  return new TextDecoder().decode(stdout);
}

for (const transport of ["TCP", "WebSocket"]) {
  testWith(["mosquitto", "tshark"], `the hop uplink, by ${transport}`, async () => {
    const password = { user: "site", pass: "a-secret" };
    await using broker = await Mosquitto.start({ password, websockets: true });
    await using cloud = await Cloud.connect(broker.url, {
      username: password.user,
      password: password.pass,
    });
    const url = transport === "TCP" ? broker.url : broker.wsUrl;
    await using gateway = await GatewayProcess.start({
      args: ["--uplink", url.replace("://", "://site:a-secret@"), "--uplink-prefix", "far/"],
    });
    await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    await peer.publish("devices/desk/value", 7);
    await cloud.has(1);
    const text = await eventually("it is recorded", async () => {
      const path = "/traces/recent.pcapng?hop=uplink";
      const response = await fetch(new URL(path, gateway.url));
      const lines = await decoded(await response.bytes());
      return lines.includes("far/devices/desk/value") && lines;
    });
    assert.match(text, /hop=uplink dir=out/);
    assert.match(text, /ew-n/);
    assert.equal(text.includes("a-secret"), false);
    assert.equal(text.includes("hop=mqtt"), false);
    assert.match(text, transport === "TCP" ? /\buplink\b/ : /uplink-websocket/);
  });
}
