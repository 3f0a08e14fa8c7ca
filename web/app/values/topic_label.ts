/** A topic without the levels that its channel's name says already. */
export function topicLabel(topic: string, channel: string): string {
  for (const prefix of [`devices/${channel}/`, `${channel}/`]) {
    if (topic.startsWith(prefix) && topic.length > prefix.length) return topic.slice(prefix.length);
  }
  return topic;
}
