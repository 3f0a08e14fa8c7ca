const NAMES = new Set([
  "rssi",
  "packet_id",
  "packet_counter",
  "measurement_sequence",
  "sequence",
  "tx_power",
  "local_name",
  "flags",
  "security",
]);

/** Numbers that only count packets: a plot of them says nothing. */
const COUNTERS = new Set([
  "packet_id",
  "packet_counter",
  "measurement_sequence",
  "sequence",
  "flags",
]);

const READINGS = "edgewire/v1/readings/";

function lastLevel(topic: string): string {
  return topic.slice(topic.lastIndexOf("/") + 1);
}

/** Whether a topic says how the radio or the device fares, rather than what it measures. */
export function isDiagnostic(topic: string): boolean {
  return NAMES.has(lastLevel(topic));
}

/** Whether a topic is a decoded packet's number; other people's topics of that name are not. */
export function isPacketCounter(topic: string): boolean {
  return topic.startsWith(READINGS) && COUNTERS.has(lastLevel(topic));
}
