/** The firmware's host program over a long outage of its broker. */
import { checkOutage } from "../support/broker_outage.ts";
import { HOST_TOOLS } from "../support/host_node.ts";
import { testWith } from "../support/tools.ts";

testWith(
  ["mosquitto", ...HOST_TOOLS],
  "30 s without a broker: what arrived and what was dropped is all",
  async () => {
    await checkOutage({ away_ms: 30_000, frames: 60_000, perSecond: 1000, before: 5000 });
  },
);
