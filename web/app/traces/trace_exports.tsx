import { useState } from "preact/hooks";
import type { TracesAnswer } from "../../../gateway/http/traces.ts";
import { pcapngQuery, type TraceChoice, withQuery } from "./trace_choice.ts";
import { wiresharkCommands } from "./wireshark_commands.ts";

/** The longest live trace to download, seconds: a day, as the gateway has it. */
const LONGEST = 86_400;

/** The same packets as a file, or in other programs. */
export function TraceExports({ choice, known }: {
  choice: TraceChoice;
  known: TracesAnswer | undefined;
}) {
  const [seconds, setSeconds] = useState(30);
  const query = pcapngQuery(choice);
  const minutes = Math.round((known?.recent?.seconds ?? 0) / 60);
  return (
    <section class="box trace-exports" aria-labelledby="exports-title">
      <div class="box-head">
        <h2 id="exports-title">Download, or open in Wireshark</h2>
        <span class="muted">with the hops, channel and node chosen above</span>
      </div>
      <div class="trace-row">
        {known?.recent === null
          ? <span class="muted">No flight recorder: trace.recentBytes is 0.</span>
          : (
            <a class="download" href={withQuery("/traces/recent.pcapng", query)} download>
              Flight recorder{minutes > 0 && ` (up to ${minutes} min)`}
            </a>
          )}
        <a
          class="download"
          href={withQuery("/traces/live.pcapng", { ...query, seconds: String(seconds) })}
          download
        >
          The next {seconds} s
        </a>
        <label class="trace-name">
          Seconds
          <input
            type="number"
            min={1}
            max={LONGEST}
            value={seconds}
            onInput={({ currentTarget: { valueAsNumber } }) => {
              if (valueAsNumber >= 1 && valueAsNumber <= LONGEST) setSeconds(valueAsNumber);
            }}
          />
        </label>
      </div>
      <ul class="commands">
        {wiresharkCommands(choice, new URL(location.href), known?.tracePort)
          .map(({ title, line }) => <CommandLine key={title} title={title} line={line} />)}
      </ul>
    </section>
  );
}

function CommandLine({ title, line }: { title: string; line: string }) {
  const [copied, setCopied] = useState("");
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    setCopied(line);
  };
  return (
    <li>
      <span class="muted">{title}</span>
      <div>
        <pre class="line" tabIndex={0} role="group" aria-label={title}><code>{line}</code></pre>
        {navigator.clipboard && (
          <button type="button" class="small" aria-label={`Copy: ${title}`} onClick={copy}>
            {copied === line ? "Copied" : "Copy"}
          </button>
        )}
      </div>
    </li>
  );
}
