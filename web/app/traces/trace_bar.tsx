import { useRef } from "preact/hooks";
import { setQuery } from "../router.ts";
import { formatBytes } from "../values/format_bytes.ts";
import { feedWords } from "./feed_words.ts";
import { Segments } from "../segments.tsx";
import type { TraceChoice, TraceSource } from "./trace_choice.ts";
import type { TraceFeed } from "./trace_feed.ts";

const SOURCES: readonly (readonly [TraceSource, string])[] = [
  ["live", "Live"],
  ["recent", "Flight recorder"],
  ["file", "File"],
];

/** As of nodes. */
const MARKS: Readonly<Record<string, string>> = { open: "online", waiting: "late", failed: "lost" };

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
  const live = source === "live";
  const state = feed.state.value;
  const going = ["opening", "open", "waiting"].includes(state.kind);
  const go = () => {
    if (going) return feed.stop();
    if (!live) feed.clear();
    feed.resume();
  };
  const words = live ? ["Pause", "Start"] : ["Cancel", "Load again"];
  return (
    <div class="trace-row">
      <Segments
        legend="Source"
        options={SOURCES}
        value={source}
        onChoose={(source) => setQuery({ source: source === "live" ? undefined : source })}
      />
      {source === "file" && <FilePick onFile={onFile} />}
      {(source !== "file" || file) && (
        <>
          <button type="button" class="small" onClick={go}>{words[going ? 0 : 1]}</button>
          {live && (
            <>
              <button type="button" class="small" onClick={() => feed.clear()}>Clear</button>
              <button type="button" class="small" aria-pressed={follow} onClick={onFollow}>
                Follow
              </button>
            </>
          )}
          <span class="state trace-state" role="status" data-state={MARKS[state.kind]}>
            {feedWords(state, source)}
          </span>
        </>
      )}
      {source === "file" && file && <FileProgress feed={feed} file={file} />}
    </div>
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
        hidden
        type="file"
        accept=".pcap,.pcapng,.cap,.gz"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files!;
          if (file) onFile(file);
          // The same file may be chosen again.
          currentTarget.value = "";
        }}
      />
    </>
  );
}

function FileProgress({ feed, file: { name, size } }: { feed: TraceFeed; file: File }) {
  const { bytes, frames } = feed.progress.value ?? { bytes: 0, frames: 0 };
  return (
    <span class="trace-file">
      <b class="clip" title={name}>{name}</b>
      <progress max={size || 1} value={bytes} aria-label="Decoded" />
      <span>
        {formatBytes(bytes)} of {formatBytes(size)}, {frames.toLocaleString("en")} frames
      </span>
    </span>
  );
}
