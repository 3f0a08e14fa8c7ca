import type { DeviceAnswer } from "../../../gateway/nodes/answers.ts";
import { formatAgo } from "../values/format_age.ts";

interface FindingListProps {
  findings: DeviceAnswer["recentFindings"];
  now: number;
}

/** What was suspicious about a device's packets, newest first. */
export function FindingList({ findings, now }: FindingListProps) {
  return (
    <ul class="findings">
      {findings.toReversed().map(({ time, node, kind, detail }, i) => (
        <li key={i}>
          <span class="warn">{kind}</span> {detail}{" "}
          <span class="age">heard by {node}, {formatAgo(now - time)}</span>
        </li>
      ))}
    </ul>
  );
}
