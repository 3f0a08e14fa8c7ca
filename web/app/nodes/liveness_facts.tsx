import type { Liveness } from "../../../gateway/nodes/answers.ts";
import { formatAge, formatAgo } from "../values/format_age.ts";
import { Fact } from "../fact.tsx";
import { StateAndCause } from "./state_word.tsx";

/** Whether something is alive, since when, why not, and when it was last heard. */
export function LivenessFacts({ alive, now }: { alive: Liveness; now: number }) {
  const age = formatAge(now - alive.since);
  return (
    <>
      <Fact name="State" wide={alive.state !== "online"}>
        <StateAndCause alive={alive}>
          {" "}
          {alive.since > 0 && (
            <span class="muted">{age === "now" ? "since now" : `for ${age}`}</span>
          )}
        </StateAndCause>
      </Fact>
      <Fact name="Last heard">
        {alive.lastSeen === 0 ? "never" : formatAgo(now - alive.lastSeen)}
      </Fact>
    </>
  );
}
