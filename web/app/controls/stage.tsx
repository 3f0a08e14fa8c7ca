import type { Commander, Shown } from "./commander.ts";

const STAGES = ["sent", "accepted", "delivered", "observed"] as const;

function seconds(elapsed: number): string {
  return elapsed < 1000 ? `${Math.round(elapsed)} ms` : `${(elapsed / 1000).toFixed(1)} s`;
}

function words({ stage, reason, elapsed }: Shown): string {
  if (stage === "waiting") return "Waiting for the gateway…";
  if (stage === "failed") return `Failed: ${reason ?? "no reason given"}`;
  const word = stage[0]!.toUpperCase() + stage.slice(1);
  return stage === "observed" ? `${word}, ${seconds(elapsed)}` : `${word}…`;
}

/** How far the latest command has come. */
export function Stage({ commander }: { commander: Commander }) {
  const shown = commander.shown.value;
  const reached = shown ? STAGES.indexOf(shown.stage as typeof STAGES[number]) : -1;
  return (
    <p
      class="stage"
      data-stage={shown?.stage ?? "none"}
      aria-live={shown?.stage === "observed" || shown?.stage === "failed" ? "polite" : "off"}
    >
      {shown && shown.stage !== "failed" && (
        <span class="stage-dots" aria-hidden="true">
          {STAGES.map((stage, i) => <i key={stage} class={i <= reached ? "done" : ""} />)}
        </span>
      )}
      <span>{shown && words(shown)}</span>
    </p>
  );
}
