/**
 * The Paho peers against Mosquitto alone: they work where no part of the
 * gateway takes part.
 *
 * @module
 */

import { startMosquitto } from "../../support/mosquitto.ts";
import { testWith } from "../../support/tools.ts";
import { checkPahoPeers, PAHO_TOOLS } from "./peers.ts";

testWith(["mosquitto", ...PAHO_TOOLS], "Paho service and page work on Mosquitto", async () => {
  await using broker = await startMosquitto({ websockets: true });
  await checkPahoPeers({ tcpPort: broker.port, wsUrl: broker.wsUrl });
});
