import { BINS, place, TICKS } from "./delay_bins.ts";
import type { DelayRun } from "./delay_run.ts";
import type { DelayStatistics } from "./delay_samples.ts";
import { type WayName, WAYS } from "./delay_source.ts";
import { formatDelay, formatLoss } from "./format_delay.ts";
import type { WayState } from "./mqtt_link.ts";

/** Statistics are made anew no oftener than this, milliseconds. */
const STATISTICS_EVERY = 500;

export const TITLES: Record<WayName, string> = {
  mqtt: "MQTT",
  relay: "Relay",
  room: "Room",
  poll: "Polling",
};

/** In words, and with the marks of states that the other views have. */
const STATES: Record<WayState["state"], [word: string, mark: string]> = {
  off: ["off", "off"],
  connecting: ["connecting", "late"],
  open: ["receiving", "online"],
  away: ["away", "lost"],
};

interface WayCardProps {
  way: WayName;
  run: DelayRun | undefined;
  /** Changes when the run is to be looked at again, which has no signals of its own. */
  looked: number;
  /** The path of a value on this way. */
  path: string;
  /** Why this way is not measured, and what to do; `undefined`: it is. */
  missing?: preact.ComponentChildren;
}

/** One way: how it fares, its histogram, its figures. */
export function WayCard({ way, run, path, missing }: WayCardProps) {
  const number = WAYS.indexOf(way) + 1;
  const samples = run?.samples[way];
  const age = run?.phase === "ended" ? 0 : STATISTICS_EVERY;
  const statistics = samples?.statistics(performance.now(), age) ?? { count: 0 };
  const { state, reason }: WayState = run?.state(way) ?? { state: "off" };
  const [word, mark] = STATES[state];
  return (
    <section class="box way" data-way={way} aria-labelledby={`way-${way}`}>
      <div class="way-head">
        <span class="way-number" aria-hidden="true">{number}</span>
        <h2 id={`way-${way}`}>{TITLES[way]}</h2>
        <span class="state" data-state={mark}>{word}</span>
      </div>
      <p class="way-path muted">{path}</p>
      {missing ?? (
        <>
          <Histogram bins={samples?.bins} statistics={statistics} name={TITLES[way]} />
          <Figures way={way} run={run} statistics={statistics} />
          <p class="way-reason" role="status">{reason}</p>
        </>
      )}
    </section>
  );
}

interface HistogramProps {
  bins: Uint32Array | undefined;
  statistics: DelayStatistics;
  name: string;
}

/** How often which delay: the height of the commonest is that of the plot. */
function Histogram({ bins, statistics, name }: HistogramProps) {
  const { median, p99 } = statistics;
  const most = bins ? Math.max(1, ...bins) : 1;
  let path = "M0 100";
  bins?.forEach((count, i) => path += `V${(100 - 96 * count / most).toFixed(1)}H${i + 1}`);
  return (
    <div class="histogram">
      <svg
        role="img"
        aria-label={`${name}: how often which delay`}
        viewBox={`0 0 ${BINS} 100`}
        preserveAspectRatio="none"
      >
        {TICKS.map((tick) => <Mark key={tick} at={tick} kind="grid" />)}
        <path class="bars" d={`${path}V100Z`} />
        {median !== undefined && <Mark at={median} kind="median" />}
        {p99 !== undefined && <Mark at={p99} kind="p99" />}
      </svg>
      <div class="histogram-axis" aria-hidden="true">
        {TICKS.map((tick) => <span key={tick}>{tick < 1000 ? tick : `${tick / 1000} s`}</span>)}
      </div>
    </div>
  );
}

function Mark({ at, kind }: { at: number; kind: string }) {
  const x = place(at) * BINS;
  return <line class={kind} x1={x} x2={x} y1="0" y2="100" />;
}

interface FiguresProps {
  way: WayName;
  run: DelayRun | undefined;
  statistics: DelayStatistics;
}

function Figures({ way, run, statistics }: FiguresProps) {
  const { median, p95, p99, longest, jitter, count } = statistics;
  const lost = run?.lost(way) ?? { count: 0 };
  const percentile = (delay: number | undefined) =>
    count > 0 && delay === undefined ? "too few" : formatDelay(delay);
  const rows: [name: string, value: string][] = [
    ["Median", formatDelay(median)],
    ["95th percentile", percentile(p95)],
    ["99th percentile", percentile(p99)],
    ["Longest", formatDelay(longest)],
    ["Jitter", formatDelay(jitter)],
    ["Received", String(run?.samples[way].count ?? count)],
    [way === "poll" ? "Not seen" : "Lost", run ? formatLoss(lost, run.expected) : "–"],
  ];
  return (
    <dl class="figures">
      {rows.map(([name, value]) => (
        <div key={name} data-bad={name === "Lost" && lost.count > 0 ? "" : undefined}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
