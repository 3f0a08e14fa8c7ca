/**
 * What the routes have in common.
 *
 * @module
 */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Identity } from "../access/tokens.ts";
import type { RequestEnds } from "./connection_facts.ts";

/** Of a request: where it came from, and who asks. */
export type Env = { Bindings: RequestEnds; Variables: { identity: Identity | null } };

/** An answer to a request that cannot be met. @param message for the client */
export function problem<Status extends ContentfulStatusCode>(
  c: Context,
  status: Status,
  message: string,
) {
  return c.json({ error: { message } }, status);
}
