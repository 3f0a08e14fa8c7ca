import { useState } from "preact/hooks";
import type { TracesAnswer } from "../../../gateway/http/traces.ts";
import { CopyButton } from "../copy_button.tsx";
import { pcapngQuery, type TraceChoice, withQuery } from "./trace_choice.ts";
import { fileCommands, gatewayCommands } from "./wireshark_commands.ts";

/** The longest live trace to download, seconds: a day, as the gateway has it. */
const LONGEST = 86_400;

interface TraceExportsProps {
  choice: TraceChoice;
  known: TracesAnswer | undefined;
  file: File | undefined;
  /** Whether programs need a token. */
  token: boolean;
}

/** The same packets as a file, or in other programs. */
export function TraceExports({ choice, known, file, token }: TraceExportsProps) {
  const isFile = choice.source === "file";
  if (isFile && !file) return null;
  const commands = isFile ? fileCommands(choice, file!.name) : gatewayCommands(choice, {
    base: new URL(location.href),
    token,
    tracePort: known?.tracePort,
  });
  return (
    <section class="box" aria-labelledby="exports-title">
      <div class="box-head">
        <h2 id="exports-title">{isFile ? "Open elsewhere" : "Download, or open in Wireshark"}</h2>
        {!isFile && <span class="muted">with the hops, channel and node chosen above</span>}
      </div>
      {!isFile && <Downloads choice={choice} known={known} />}
      <ul class="commands">
        {commands.map(([title, line]) => (
          <li key={title}>
            <span class="muted">{title}</span>
            <code class="line">{line}</code>
            <CopyButton text={line} title={title} class="small" />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Downloads({ choice, known }: Pick<TraceExportsProps, "choice" | "known">) {
  const [seconds, setSeconds] = useState(30);
  const link = (mode: string, text: string, more = {}) => (
    <a
      href={withQuery(`/traces/${mode}.pcapng`, { ...pcapngQuery(choice), ...more })}
      download
    >
      {text}
    </a>
  );
  const minutes = Math.round((known?.recent?.seconds ?? 0) / 60);
  return (
    <div class="trace-row">
      {known?.recent === null
        ? <span class="muted">No flight recorder: trace.recentBytes is 0.</span>
        : link("recent", `Flight recorder${minutes > 0 ? ` (up to ${minutes} min)` : ""}`)}
      {link("live", `The next ${seconds} s`, { seconds: `${seconds}` })}
      <label class="trace-name">
        Seconds
        <input
          type="number"
          min={1}
          max={LONGEST}
          required
          value={seconds}
          onInput={({ currentTarget: { validity, valueAsNumber } }) =>
            validity.valid && setSeconds(valueAsNumber)}
        />
      </label>
    </div>
  );
}
