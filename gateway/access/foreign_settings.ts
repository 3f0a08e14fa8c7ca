/**
 * Which topics of other people's bridge nodes hold settings or credentials, or change them. Their
 * base topics are anybody's choice and of any depth, so they are told by the levels that the
 * programs themselves add.
 *
 * - OpenMQTTGateway, Theengs Gateway: `.../commands/MQTTto<module>/...` (Wi-Fi and MQTT passwords,
 *   erase, radio settings), and `.../SYStoMQTT`, in which a node says its SSID, BSSID and addresses;
 * - Zigbee2MQTT: `<base>/bridge/request/...` and the answers, which may carry a backup with the
 *   network key; what it says of its configuration; its log, which quotes what it publishes;
 * - Ruuvi Gateway: `<prefix>/<gateway>/gw_cfg...` (it takes its settings by HTTP, not MQTT).
 *
 * @module
 */

/** Levels behind `bridge`. */
const BRIDGE = new Set([
  "request",
  "response",
  "info",
  "config",
  "configuration",
  "options",
  "extension",
  "extensions",
  "converter",
  "converters",
  "networkmap",
  "log",
  "logging",
]);

function isForeign(levels: string[]): boolean {
  return levels.some((level, i) =>
    level.startsWith("MQTTto") || level === "SYStoMQTT" || level === "gw_cfg" ||
    (level === "bridge" && i > 0 && BRIDGE.has(levels[i + 1] ?? ""))
  );
}

/** Whether a topic holds settings of such a node. Cheap for topics that do not: a few searches. */
export function isForeignSettings(topic: string): boolean {
  return (topic.includes("MQTTto") || topic.includes("SYStoMQTT") || topic.includes("/bridge/") ||
    topic.includes("gw_cfg")) && isForeign(topic.split("/"));
}

/** Whether every topic that a filter matches holds settings of such a node. */
export function coversForeignSettings(filter: string): boolean {
  // Wildcards are no words of theirs, so what is said by words alone is said of all topics.
  return isForeign(filter.split("/"));
}
