/** What stands before a device's name. */
const BEFORE = ["edgewire/v1/readings/", "devices/"];

/** A topic without the levels that its channel's name says already. */
export function topicLabel(topic: string, channel: string): string {
  const before = BEFORE.find((each) => topic.startsWith(`${each}${channel}/`)) ?? "";
  const at = `/${topic}`.indexOf(`/${channel}/`, before.length);
  const rest = at < 0 ? "" : topic.slice(at + channel.length + 1);
  return rest === "" ? topic : rest;
}
