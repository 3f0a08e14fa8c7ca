import type { DelayRun } from "./delay_run.ts";
import { formatLength } from "./format_delay.ts";
import type { Library } from "./load_mqtt.ts";

interface RunLineProps {
  run: DelayRun | undefined;
  /** There once a run is. */
  library: Library | undefined;
  /** As that of a way's card. */
  looked: number;
  /** Why no run can start. */
  blocked: string | undefined;
  onStart: () => void;
  onClear: () => void;
}

/** What the run does now, in words. */
function words(run: DelayRun | undefined): string {
  if (!run) return "No run yet.";
  const { source } = run.settings;
  if (run.hidden && run.phase === "running") {
    return "Paused while nobody sees the page: browsers hold back the timers of hidden pages.";
  }
  switch (run.phase) {
    case "starting":
      return "Connecting on all ways…";
    case "stopping":
      return "Waiting for what is under way…";
    case "ended":
      return "Ended.";
    case "running":
      if (source === "topic") return "Measuring.";
      return run.sending.state === "open"
        ? "Sending."
        : `Cannot send: ${run.sending.reason ?? "no connection"}. What is due now counts as lost.`;
  }
}

function settingsOf({ settings }: DelayRun): string {
  const { source, topic, rate, qos, poll } = settings;
  const what = source === "ping" ? `${rate} per second` : topic;
  return `${what}, QoS ${qos}, poll every ${poll / 1000} s`;
}

/** Start, stop, clear, export; and how the run goes. */
export function RunLine({ run, library, blocked, onStart, onClear }: RunLineProps) {
  const phase = run?.phase;
  const going = phase !== undefined && phase !== "ended";
  const name = () =>
    `delay-${new Date(run!.started).toISOString().replace(/\D/g, "").slice(0, 14)}`;
  const json = async () =>
    library!.saveFile(`${name()}.json`, "application/json", await library!.runJson(run!));
  const csv = () => library!.saveFile(`${name()}.csv`, "text/csv", library!.runCsv(run!));
  const measured = run !== undefined && run.expected > 0;
  return (
    <>
      <div class="run-buttons">
        {going
          ? (
            <button
              type="button"
              class="run-main"
              disabled={phase === "stopping"}
              onClick={() => run!.stop()}
            >
              Stop
            </button>
          )
          : (
            <button
              type="button"
              class="run-main"
              disabled={blocked !== undefined}
              aria-describedby="run-blocked"
              onClick={onStart}
            >
              Start
            </button>
          )}
        <button
          type="button"
          disabled={!measured || (going && phase !== "running")}
          onClick={onClear}
        >
          Clear
        </button>
        <button type="button" disabled={!measured} onClick={json}>Export JSON</button>
        <button type="button" disabled={!measured} onClick={csv}>Export CSV</button>
      </div>
      <p class="run-words" id="run-blocked" role="status">
        {going ? words(run) : blocked ?? words(run)}
      </p>
      <dl class="run-facts">
        <div>
          <dt>Length</dt>
          <dd>{formatLength(run?.length ?? 0)}</dd>
        </div>
        <div>
          <dt>{run?.settings.source === "topic" ? "Updates of the room" : "Sent"}</dt>
          <dd>
            {run?.expected ?? 0}
            {run && run.unsent > 0 && ` (${run.unsent} without a connection)`}
          </dd>
        </div>
        <div>
          <dt>Settings</dt>
          <dd>{run ? settingsOf(run) : "–"}</dd>
        </div>
      </dl>
    </>
  );
}
