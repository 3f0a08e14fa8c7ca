/**
 * `curl -N` into `tshark -i -`, and tshark at the trace port: packets are shown while they pass, not
 * when a buffer is full or the stream ends.
 *
 * @module
 */
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { TestProcess } from "../support/process.ts";
import { testWith } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";

const SHOW = "-n -l -T fields -e frame.interface_name -e mqtt.topic -e websocket.payload.text";
/** tshark goes with the shell, and curl with tshark. */
const CURL = `trap 'kill $!' TERM
curl -sN "$0" 2>/dev/null | tshark -i - ${SHOW} & wait $!`;

testWith(["tshark", "dumpcap", "curl"], "packets are shown while they pass", async (t) => {
  await using gateway = await GatewayProcess.start({ args: ["--trace-port", "0"] });
  const [, port] = await gateway.process.waitForLine(/^traces\s+tcp 127\.0\.0\.1:(\d+)/);
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.publish("devices/desk/n", 0);
  await using screen = await WsPeer.open(gateway.ws("/ws/desk"));
  await screen.next("snapshot");

  const shows = async (process: TestProcess) => {
    // It has begun once it shows anything.
    const beating = setInterval(() => peer.publish("devices/beat/n", 1), 100);
    await process.waitForLine(/^mqtt\tdevices\/beat\/n/);
    clearInterval(beating);
    for (let n = 1; n <= 3; n++) {
      const from = process.lines.length;
      await peer.publish("devices/desk/n", n);
      await process.waitForLine(/^mqtt\tdevices\/desk\/n/, { from });
      const data = new RegExp(`^ws\\t\\t.*"topic":"devices/desk/n","value":${n},`);
      await process.waitForLine(data, { from });
    }
  };

  await t.step("curl -N into tshark -i -", async () => {
    const url = new URL("/traces/live.pcapng", gateway.url).href;
    await using pipe = new TestProcess("sh", { args: ["-c", CURL, url] });
    await shows(pipe);
  });

  await t.step("tshark -i TCP@127.0.0.1:N", async () => {
    const args = ["-i", `TCP@127.0.0.1:${port}`, ...SHOW.split(" ")];
    await using tshark = new TestProcess("tshark", { args });
    await shows(tshark);
  });
});
