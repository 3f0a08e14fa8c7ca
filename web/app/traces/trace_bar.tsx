import { useRef } from "preact/hooks";
import { setQuery } from "../router.ts";
import { feedWords, progressWords } from "./feed_words.ts";
import { SOURCES, type TraceChoice, type TraceSource } from "./trace_choice.ts";
import type { TraceFeed } from "./trace_feed.ts";

const SOURCE_NAMES: Record<TraceSource, string> = {
  live: "Live",
  recent: "Flight recorder",
  file: "File",
};

interface TraceBarProps {
  choice: TraceChoice;
  feed: TraceFeed;
  file: File | undefined;
  onFile(file: File): void;
  follow: boolean;
  onFollow(): void;
}

/** Where frames come from, and what becomes of it. */
export function TraceBar({ choice, feed, file, onFile, follow, onFollow }: TraceBarProps) {
  const { source } = choice;
  const state = feed.state.value;
  const going = ["opening", "open", "waiting"].includes(state.kind);
  return (
    <div class="trace-row">
      <fieldset class="segments">
        <legend class="hidden">Source</legend>
        {SOURCES.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="trace-source"
              checked={each === source}
              onChange={() => setQuery({ source: each === "live" ? undefined : each })}
            />
            <span>{SOURCE_NAMES[each]}</span>
          </label>
        ))}
      </fieldset>
      {source === "file" && <FilePick onFile={onFile} />}
      {(source !== "file" || file) && <FeedButton {...{ source, going, feed }} />}
      {source === "live" && (
        <>
          <button type="button" class="small" onClick={() => feed.clear()}>Clear</button>
          <button type="button" class="small" aria-pressed={follow} onClick={onFollow}>
            Follow
          </button>
        </>
      )}
      <span class="trace-state" role="status" data-state={state.kind}>
        {source === "file" && !file ? "" : feedWords(state, source)}
      </span>
      {source === "file" && file && <FileProgress feed={feed} file={file} />}
    </div>
  );
}

interface FeedButtonProps {
  source: TraceSource;
  going: boolean;
  feed: TraceFeed;
}

function FeedButton({ source, going, feed }: FeedButtonProps) {
  const start = () => {
    if (source !== "live") feed.clear();
    feed.resume();
  };
  const words = source === "live" ? ["Pause", "Start"] : ["Cancel", "Load again"];
  return (
    <button type="button" class="small trace-go" onClick={() => going ? feed.stop() : start()}>
      {words[going ? 0 : 1]}
    </button>
  );
}

function FilePick({ onFile }: { onFile(file: File): void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="small" onClick={() => input.current!.click()}>
        Choose a capture…
      </button>
      <input
        ref={input}
        class="hidden"
        type="file"
        tabIndex={-1}
        aria-label="Capture file"
        accept=".pcap,.pcapng,.cap,.gz"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file) onFile(file);
          // The same file may be chosen again.
          currentTarget.value = "";
        }}
      />
    </>
  );
}

function FileProgress({ feed, file }: { feed: TraceFeed; file: File }) {
  const progress = feed.progress.value;
  const state = feed.state.value;
  const done = state.kind === "ended" ? state.end : progress;
  return (
    <span class="trace-file">
      <b class="clip" title={file.name}>{file.name}</b>
      <progress
        max={Math.max(1, file.size)}
        value={done?.bytes ?? 0}
        aria-label={`Decoded of ${file.name}`}
      />
      <span>{progressWords({ total: file.size, bytes: 0, frames: 0, ...done })}</span>
    </span>
  );
}
