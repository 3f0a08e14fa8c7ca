/**
 * With a certificate: MQTT over TLS, the page over HTTPS, WebSockets over TLS.
 *
 * @module
 */
import assert from "node:assert/strict";
import { makeCertificates } from "../support/certificates.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { TestProcess } from "../support/process.ts";
import { testWith } from "../support/tools.ts";

testWith(
  ["openssl", "mosquitto_pub"],
  "--cert, --key and --mqtts-port: TLS everywhere",
  async (t) => {
    const dir = await Deno.makeTempDir({ prefix: "edgewire-tls-" });
    try {
      const { ca, cert, key } = await makeCertificates();
      for (const [name, text] of Object.entries({ ca, cert, key })) {
        await Deno.writeTextFile(`${dir}/${name}.pem`, text);
      }
      await using gateway = await GatewayProcess.start({
        args: ["--cert", `${dir}/cert.pem`, "--key", `${dir}/key.pem`, "--mqtts-port", "0"],
      });
      using client = Deno.createHttpClient({ caCerts: [ca] });

      await t.step("mosquitto_pub --cafile to the MQTT port with TLS", async () => {
        const port = String(gateway.mqttsPort);
        await using pub = new TestProcess("mosquitto_pub", {
          args: ["-h", "localhost", "-p", port, "--cafile", `${dir}/ca.pem`]
            .concat(["-q", "1", "-t", "devices/tls/n", "-m", "42"]),
        });
        assert.equal((await pub.status).code, 0, pub.output);
      });

      await t.step("https:// shows it", async () => {
        assert.equal(gateway.url.protocol, "https:");
        const url = new URL("/api/channels/tls", gateway.url);
        const channel = await (await fetch(url, { client })).json();
        assert.equal(channel.values?.[0].value, 42, JSON.stringify(channel));
      });

      await t.step("wss:// sends it on", async () => {
        const init = { client } as unknown as string[];
        const socket = new WebSocket(gateway.ws("/ws/tls"), init);
        const closed = new Promise((resolve) => socket.onclose = resolve);
        await new Promise<void>((resolve, reject) => {
          socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
          socket.onmessage = ({ data }) => {
            if (JSON.parse(data).values?.[0].value === 42) resolve();
          };
        });
        socket.close();
        await closed;
      });

      await t.step("mqtts:// and wss://.../mqtt with mqtt.js", async () => {
        const options = { ca: [ca] as unknown as string[] };
        for (const url of [`mqtts://localhost:${gateway.mqttsPort}`, gateway.ws("/mqtt").href]) {
          await using peer = await MqttPeer.connect(url.replace("127.0.0.1", "localhost"), options);
          await peer.subscribe("devices/tls/#");
          await peer.publish("devices/tls/n", 43);
          await peer.message(({ text }) => text === "43");
        }
      });

      await t.step("an MQTT 5 client is told over TLS too", async () => {
        await assert.rejects(
          MqttPeer.connect(`mqtts://localhost:${gateway.mqttsPort}`, {
            ca: [ca] as unknown as string[],
            protocolVersion: 5,
          }),
          /Connection refused|[Uu]nacceptable protocol version/,
        );
      });

      await t.step("plain text on the TLS port ends, and the port goes on", async () => {
        await assert.rejects(MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttsPort}`));
        await using peer = await MqttPeer.connect(`mqtts://localhost:${gateway.mqttsPort}`, {
          ca: [ca] as unknown as string[],
        });
        assert.ok(peer.client.connected);
      });
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
);
