/**
 * Several gateways at one broker, for tests.
 *
 * @module
 */
import { eventually } from "../support/eventually.ts";
import { GatewayProcess, type GatewayProcessOptions } from "../support/gateway.ts";

interface Health {
  broker: { connected: boolean; address: string; can: Record<string, unknown> };
  cluster: { id: string; leads: boolean; leader: string | null; others: string[] };
}

export function health(gateway: GatewayProcess): Promise<Health> {
  return gateway.json("/api/health") as Promise<Health>;
}

/** Starts one with a client id, and waits for its connection. */
export async function startAt(
  broker: string,
  id: string,
  options: GatewayProcessOptions = {},
): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start({
    ...options,
    args: ["--broker", broker, "--broker-client-id", id, ...options.args ?? []],
  });
  try {
    await gateway.process.waitForLine(/^broker: connected/, { timeout_ms: 20_000 });
  } catch (error) {
    await gateway[Symbol.asyncDispose]();
    throw error;
  }
  return gateway;
}

/** Waits until all of them agree who leads. @returns its id */
export async function leaderOf(...gateways: GatewayProcess[]): Promise<string> {
  return await eventually("one that leads", async () => {
    const all = await Promise.all(gateways.map(health));
    const leader = all[0]!.cluster.leader;
    const agreed = all.every(({ cluster }) =>
      cluster.leader === leader && cluster.others.length === gateways.length - 1
    );
    return agreed && leader;
  });
}

/** The newest values of a channel by topic. */
export async function values(
  gateway: GatewayProcess,
  channel: string,
): Promise<Record<string, unknown>> {
  const path = `/api/channels/${encodeURIComponent(channel)}`;
  const response = await fetch(new URL(path, gateway.url));
  if (!response.ok) {
    await response.body?.cancel();
    return {};
  }
  const { values } = await response.json() as { values: { topic: string; value: unknown }[] };
  return Object.fromEntries(values.map(({ topic, value }) => [topic, value]));
}
