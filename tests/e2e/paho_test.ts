/**
 * The Paho peers, in a service and a page that are not ours: against Mosquitto alone, where no part
 * of the gateway takes part, and through the gateway with either kind of broker.
 *
 * @module
 */
import { TestBrowser } from "../support/browser.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { checkPahoPeers, PAHO_TOOLS, servePahoPage } from "./paho/peers.ts";

// They wait for labels that come once a second.
const { testWith } = sideBySide();
const launch = TestBrowser.shared();

testWith(["mosquitto", ...PAHO_TOOLS], "Paho service and page work on Mosquitto", async () => {
  await using broker = await startMosquitto({ websockets: true });
  await using browser = await launch();
  await checkPahoPeers({ browser, tcpPort: broker.port, wsUrl: broker.wsUrl });
});

testWith(PAHO_TOOLS, "the Paho page and service work with the embedded broker", async () => {
  await using server = servePahoPage();
  await using gateway = await GatewayProcess.start({ args: ["--access-origins", server.origin] });
  await using browser = await launch();
  await checkPahoPeers({
    browser,
    tcpPort: gateway.mqttPort,
    wsUrl: gateway.ws("/mqtt").href,
    server,
  });
});

testWith(
  ["mosquitto", ...PAHO_TOOLS],
  "the Paho page and service work through the gateway with Mosquitto behind it",
  async () => {
    await using server = servePahoPage();
    await using broker = await startMosquitto();
    await using gateway = await GatewayProcess.start({
      args: ["--broker", broker.url, "--access-origins", server.origin],
    });
    await gateway.process.waitForLine(/^broker: connected to /);
    await using browser = await launch();
    const wsUrl = gateway.ws("/mqtt").href;
    await checkPahoPeers({ browser, tcpPort: broker.port, wsUrl, server });
  },
);
