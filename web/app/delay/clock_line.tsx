import type { Store } from "../store.ts";
import type { DelayRun } from "./delay_run.ts";
import { formatDelay } from "./format_delay.ts";

/** How the gateway's clock compares with the page's, and how sure that is. */
export function ClockLine({ store, run }: { store: Store; run: DelayRun | undefined }) {
  // Moves on once a second.
  void store.now.value;
  const clock = store.client.clock;
  const known = clock !== undefined && Number.isFinite(clock.roundTrip);
  const { offset, roundTrip } = known ? clock : { offset: undefined, roundTrip: undefined };
  const ahead = offset === undefined
    ? "–"
    : `${formatDelay(Math.abs(offset))} ${offset < 0 ? "behind" : "ahead"}`;
  const crosses = run?.settings.source === "topic";
  return (
    <dl class="run-facts">
      <div>
        <dt>Gateway's clock</dt>
        <dd>{ahead}</dd>
      </div>
      <div>
        <dt>Uncertainty</dt>
        <dd>± {formatDelay(known ? roundTrip! / 2 : undefined)}</dd>
      </div>
      <div>
        <dt>Round trip of the ping</dt>
        <dd>{formatDelay(roundTrip)}</dd>
      </div>
      {run && (
        <div>
          <dt>Delays of this run</dt>
          <dd>{crosses ? "cross both clocks" : "are of one clock"}</dd>
        </div>
      )}
    </dl>
  );
}
