/**
 * Under which names messages are republished (`GET /api/relays?topic=`).
 *
 * @module
 */
import type { Hono } from "hono";
import type { Rooms } from "../rooms/rooms.ts";
import { type Env, problem } from "./route.ts";

/** An MQTT topic name is at most so long (MQTT 5, 1.5.4), bytes. */
const MAX_TOPIC_BYTES = 65_535;

/** What `/api/relays` says of one topic. */
export interface RelaysAnswer {
  /** Channel of the topic; `null` where its messages make no updates. */
  channel: string | null;
  /** Topics that a message on it is republished on, in the order of the configuration. */
  relays: string[];
}

/** A name, not a filter, that MQTT allows (MQTT 5, 4.7.1 and 4.7.3). */
function isTopicName(topic: string): boolean {
  return topic !== "" && !/[+#\0]/.test(topic) &&
    new TextEncoder().encode(topic).length <= MAX_TOPIC_BYTES;
}

/** Adds the route; who may ask is decided before it. */
export function addRelays(app: Hono<Env>, rooms: Rooms): void {
  app.get("/api/relays", (c) => {
    const topic = c.req.query("topic") ?? "";
    if (!isTopicName(topic)) {
      return problem(c, 400, "topic: the name of one MQTT topic");
    }
    const { channel, relays } = rooms.route(topic);
    return c.json({ channel, relays } satisfies RelaysAnswer);
  });
}
