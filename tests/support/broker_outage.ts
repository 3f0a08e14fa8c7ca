/**
 * The host program feeds a capture to a gateway through Mosquitto, which is killed in the middle.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { NodeInfo, NodesAnswer } from "../../gateway/nodes/answers.ts";
import { eventually } from "./eventually.ts";
import { GatewayProcess } from "./gateway.ts";
import { startHostNode } from "./host_node.ts";
import { startMosquitto } from "./mosquitto.ts";
import { countedFrames } from "./radio_captures.ts";

export interface Outage {
  /** How long the broker is away, ms. */
  away_ms: number;
  /** Frames of the capture. */
  frames: number;
  perSecond: number;
  /** Frames that the gateway has when the broker is killed. */
  before: number;
}

/** What a gateway knows of a node; undefined: nothing. */
export async function nodeInfo(gateway: GatewayProcess, name: string) {
  const { nodes } = await gateway.json("/api/nodes") as NodesAnswer;
  return nodes.find((node) => node.name === name);
}

/** Waits until a node has said goodbye, which comes behind everything else. */
export async function nodeGone(gateway: GatewayProcess, name: string): Promise<NodeInfo> {
  return await eventually(`goodbye of ${name}`, async () => {
    const node = await nodeInfo(gateway, name);
    return node?.state === "lost" ? node : undefined;
  });
}

/** Asserts that what arrived and what the node says it dropped are all that was sent. */
export async function checkOutage({ away_ms, frames, perSecond, before }: Outage): Promise<void> {
  const capture = await Deno.makeTempFile({ prefix: "edgewire-frames-", suffix: ".pcap" });
  try {
    await Deno.writeFile(capture, countedFrames(frames, perSecond));
    // The gateway's session outlasts the kill: what comes before it is back waits for it.
    await using broker = await startMosquitto({ persistence: true });
    await using gateway = await GatewayProcess.start({ args: ["--broker", broker.url] });
    await gateway.process.waitForLine(/^broker: connected/);
    const args = ["--broker", broker.url, "--name", "roof", "--read", capture];
    await using node = await startHostNode(args);
    await eventually("the first frames", async () => {
      return ((await nodeInfo(gateway, "roof"))?.frames ?? 0) >= before;
    });
    await broker.kill();
    await node.waitForLine(/: connection lost: /);
    await new Promise((resolve) => setTimeout(resolve, away_ms));
    await broker.restart();
    const { code } = await node.status;
    assert.equal(code, 0, node.output);
    const { frames: arrived, dropped, batchesMissed } = await nodeGone(gateway, "roof");
    assert.ok(dropped > 0, `${arrived} frames arrived: none had to be dropped`);
    assert.equal(arrived + dropped, frames, `${arrived} arrived, ${dropped} dropped`);
    assert.equal(batchesMissed, 0);
    assert.match(node.output, new RegExp(`: ${frames} frames, ${dropped} of them dropped$`, "m"));
  } finally {
    await Deno.remove(capture);
  }
}
