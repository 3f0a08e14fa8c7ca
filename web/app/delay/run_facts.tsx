import { Fact } from "../fact.tsx";
import { useClock } from "../use_clock.ts";
import type { Store } from "../store.ts";
import type { DelayRun, RunSettings } from "./delay_run.ts";
import { formatDelay, formatLength } from "./format_delay.ts";

interface RunFactsProps {
  store: Store;
  run: DelayRun | undefined;
  /** Of the run, or of the one that would start. */
  settings: RunSettings;
  /** As that of a way's card. */
  looked: number;
}

function settingsText({ source, topic, rate, qos, poll }: RunSettings): string {
  const what = source === "ping" ? `${rate} per second` : topic;
  return `${what}, QoS ${qos}, poll every ${poll / 1000} s`;
}

/** What the run is, and how the gateway's clock compares with the page's. */
export function RunFacts({ store, run, settings }: RunFactsProps) {
  const { offset, roundTrip } = useClock(store) ?? {};
  const crosses = settings.source === "topic";
  const ahead = offset === undefined
    ? "–"
    : `${formatDelay(Math.abs(offset))} ${offset < 0 ? "behind" : "ahead"}`;
  return (
    <dl class="facts">
      <Fact name="Length">{formatLength(run?.length ?? 0)}</Fact>
      <Fact name={crosses ? "Updates of the room" : "Sent"}>
        {run?.expected ?? 0}
        {run && run.unsent > 0 && ` (${run.unsent} without a connection)`}
      </Fact>
      <Fact name="Settings">{settingsText(settings)}</Fact>
      <Fact name="Gateway's clock">{ahead}</Fact>
      <Fact name="Uncertainty">± {formatDelay(roundTrip && roundTrip / 2)}</Fact>
      <Fact name="Delays">{crosses ? "cross both clocks" : "are of one clock"}</Fact>
    </dl>
  );
}
