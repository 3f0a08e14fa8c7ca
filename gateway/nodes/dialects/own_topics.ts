/**
 * Topics below which no other dialect speaks: a node's token lets it publish some of them, so a
 * message there must never speak for another node.
 *
 * @module
 */

/** First levels: of devices, of our own nodes, of Home Assistant. */
const OWN = ["devices", "edgewire", "homeassistant"];
/** Levels with which nodes' settings begin. */
const SETTINGS = ["bridge", "commands"];

/** Whether a topic is one of ours, of Home Assistant, or of the broker itself. */
export function isOwnTopic(topic: string): boolean {
  if (topic.startsWith("$")) return true;
  const slash = topic.indexOf("/");
  return OWN.includes(slash === -1 ? topic : topic.slice(0, slash));
}

/** Whether some level of a base topic says that other things are below it. */
export function isTakenBase(base: string): boolean {
  return base.split("/").some((level) =>
    level === "" || level.startsWith("$") || OWN.includes(level) || SETTINGS.includes(level)
  );
}
