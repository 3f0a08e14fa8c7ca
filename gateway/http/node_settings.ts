/**
 * `POST /api/nodes/<node>/settings`: an admin reads and changes the settings of one of our own nodes.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { atLeast } from "../access/policy.ts";
import type { Identity } from "../access/tokens.ts";
import { type Broker, PublishError } from "../broker/broker.ts";
import type { Nodes } from "../nodes/nodes.ts";
import { type Env, problem } from "./route.ts";

const PATH = "/api/nodes/:name/settings";

/** What the answers are made of. */
export interface NodeSettingsParts {
  nodes: Nodes;
  broker: Broker;
}

/** Adds the route. Who comes here has shown who they are; the body's size is bounded. */
export function addNodeSettings(app: Hono<Env>, parts: NodeSettingsParts) {
  app.post(PATH, (c) => answer(c, c.req.param("name"), parts));
  app.all(PATH, (c) => {
    c.header("allow", "POST");
    return problem(c, 405, "settings are read and changed by POST: {} only reads");
  });
}

async function answer(c: Context<Env>, name: string, { nodes, broker }: NodeSettingsParts) {
  if (!atLeast(c.get("identity") as Identity, "admin")) {
    return problem(c, 403, "only admins see and change settings of nodes");
  }
  const none = nodes.noSettings(name);
  if (none !== null) return problem(c, 404, none);
  const wishes = await wishesOf(c);
  if (wishes === null) {
    return problem(c, 400, 'expected a JSON object of settings by name, none called "id"');
  }
  const obstacle = nodes.obstacle(name);
  if (obstacle !== null) return problem(c, 504, obstacle);
  try {
    const outcome = await nodes.settings.ask(name, wishes, broker);
    if (outcome === "silent") return problem(c, 504, `the node "${name}" did not answer`);
    if (outcome === "busy") return problem(c, 503, "too many wait for nodes: try again");
    return c.json(outcome);
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
    return problem(c, 503, error.message);
  }
}

async function wishesOf(c: Context): Promise<Record<string, unknown> | null> {
  let wishes: unknown;
  try {
    wishes = await c.req.json();
  } catch {
    return null;
  }
  if (typeof wishes !== "object" || wishes === null || Array.isArray(wishes)) return null;
  return "id" in wishes ? null : wishes as Record<string, unknown>;
}
