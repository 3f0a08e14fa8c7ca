import type { DelayRun } from "./delay_run.ts";

interface RunLineProps {
  run: DelayRun | undefined;
  /** Why no run can start. */
  blocked: string | undefined;
  onStart: () => void;
  onClear: () => void;
}

/** Start, stop, clear, export; and how the run goes. */
export function RunLine({ run, blocked, onStart, onClear }: RunLineProps) {
  const phase = run?.phase;
  const going = phase !== undefined && phase !== "ended";
  const empty = !run?.expected;
  return (
    <>
      <div class="run-buttons">
        <button
          type="button"
          class="run-main"
          disabled={going ? phase === "stopping" : blocked !== undefined}
          aria-describedby="run-words"
          onClick={going ? () => run!.stop() : onStart}
        >
          {going ? "Stop" : "Start"}
        </button>
        <button type="button" disabled={empty || (going && phase !== "running")} onClick={onClear}>
          Clear
        </button>
        <button type="button" disabled={empty} onClick={() => run!.save("json")}>
          Export JSON
        </button>
        <button type="button" disabled={empty} onClick={() => run!.save("csv")}>Export CSV</button>
      </div>
      <p class="run-words" id="run-words" role="status">
        {run ? run.words : !blocked && "No run yet."} {!going && blocked}
      </p>
    </>
  );
}
