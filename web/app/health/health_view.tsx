import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { HealthAnswer } from "../../../gateway/http/health_answer.ts";
import type { ClockEstimate } from "../../client/client.ts";
import { fetchJson } from "../fetch_json.ts";
import { Poller } from "../poller.ts";
import { viewHref } from "../router.ts";
import type { Store } from "../store.ts";
import { useClock } from "../use_clock.ts";
import { formatAge, formatAgo } from "../values/format_age.ts";
import { formatBytes } from "../values/format_bytes.ts";
import { formatNumber } from "../values/format_value.ts";
import { ViewHeading } from "../view_heading.tsx";
import { Rates } from "./rates.ts";
import { Trend, Trends } from "./trend.tsx";

/** From request to request, milliseconds. */
const PERIOD = 2000;
/** From here on the event loop's delay is felt, and is bad, ms. */
const LATE = 50;
const BAD = 250;

type Level = "good" | "warn" | "bad" | "plain";

/** How the gateway and the way to it fare. */
export function HealthView({ store }: { store: Store }) {
  const parts = useMemo(() => {
    const load = (abort: AbortSignal) =>
      fetchJson<HealthAnswer>("/api/health", "the gateway's state", abort);
    return { poller: new Poller(load, store.asking), rates: new Rates(), trends: new Trends() };
  }, [store]);
  const { poller, rates, trends } = parts;
  useEffect(() => poller.watch(PERIOD), [poller]);
  const answer = poller.data.value;
  const problem = poller.problem.value;
  void store.now.value;
  const live = store.connection.value.state === "connected" && store.client.silence === undefined;
  const rate = useMemo(() => {
    if (!answer) return undefined;
    trends.add(answer);
    return rates.take(answer);
  }, [answer, rates, trends]);
  return (
    <>
      <ViewHeading title="Health">
        {answer && (
          <span class="muted">
            {answer.platform}
            {!live && `, as of ${formatAgo(store.time() - answer.time)}`}
          </span>
        )}
      </ViewHeading>
      {problem && (
        <p class="notice" role="status">
          {problem}. {!answer && "The page tries again."}
        </p>
      )}
      <div class="health" data-old={(answer && !(live && !problem)) || undefined}>
        <ConnectionBox store={store} />
        {answer
          ? <Boxes answer={answer} rate={live ? rate : undefined} trends={trends} />
          : <p class="muted" role="status">Waiting for the gateway…</p>}
      </div>
    </>
  );
}

function ConnectionBox({ store }: { store: Store }) {
  const connection = store.connection.value;
  const clock = useClock(store);
  const silence = store.client.silence;
  const level = connection.state !== "connected" ? "bad" : silence === undefined ? "good" : "warn";
  const word = connection.state !== "connected"
    ? "Not connected"
    : silence === undefined
    ? "Connected"
    : `Silent for ${Math.floor(silence / 1000)} s`;
  return (
    <Box title="This page's connection" level={level} word={word}>
      {connection.state === "connected" && <Fact name="Role">{connection.role}</Fact>}
      {"reason" in connection && <Fact name="Why">{connection.reason}</Fact>}
      <Fact name="Round trip">
        {clock ? `${clock.roundTrip.toFixed(1)} ms` : "–"}
      </Fact>
      <Fact name="Gateway's clock">
        {clock ? clockText(clock) : "–"}
      </Fact>
    </Box>
  );
}

function clockText({ offset, roundTrip }: ClockEstimate): string {
  const way = offset < 0 ? "behind" : "ahead";
  return `${Math.abs(offset).toFixed(1)} ms ${way}, ± ${(roundTrip / 2).toFixed(1)}`;
}

interface BoxesProps {
  answer: HealthAnswer;
  rate: { messages: number; updates: number } | undefined;
  trends: Trends;
}

function Boxes({ answer, rate, trends }: BoxesProps) {
  const { broker, eventLoop, process, history, recorder, clients, disk, versions } = answer;
  const loop: Level = eventLoop.p99 > BAD ? "bad" : eventLoop.p99 > LATE ? "warn" : "good";
  return (
    <>
      <Box
        title="MQTT broker"
        level={broker.connected ? "good" : "bad"}
        word={broker.connected ? "Working" : "Lost"}
      >
        <Fact name="Kind">{broker.kind === "embedded" ? "in this gateway" : "external"}</Fact>
        {broker.address !== undefined && <Fact name="Address">{broker.address}</Fact>}
        {broker.reason !== undefined && <Fact name="Why">{broker.reason}</Fact>}
        <Fact name="Messages taken in">{broker.messages.toLocaleString("en")}</Fact>
        <Fact name="Now">{rate ? `${perSecond(rate.messages)}/s` : "–"}</Fact>
      </Box>
      <Box
        title="Uplink"
        level="plain"
        word={answer.uplink.state === "off" ? "Off" : answer.uplink.state}
      >
        <Fact name="Backlog">none: no uplink is configured</Fact>
      </Box>
      <Box
        title="Event loop"
        level={loop}
        word={`99 % within ${formatNumber(round(eventLoop.p99))} ms`}
        below={<Trend label="Processor, percent of a core" values={trends.cpu.value} unit=" %" />}
      >
        <Fact name="Median, last minute">{eventLoop.median.toFixed(1)} ms</Fact>
        <Fact name="Longest">{eventLoop.longest.toFixed(1)} ms</Fact>
        <Fact name="Processor">{`${(process.cpuShare * 100).toFixed(0)} % of a core`}</Fact>
      </Box>
      <Box
        title="Memory"
        level="plain"
        word={formatBytes(process.resident)}
        below={<Trend label="Resident memory, MB" values={trends.memory.value} unit=" MB" />}
      >
        <Fact name="JavaScript heap">
          {formatBytes(process.heapUsed)} of {formatBytes(process.heapTotal)}
        </Fact>
      </Box>
      <Box
        title="Clients"
        level={clients.lagging > 0 ? "warn" : "plain"}
        word={`${clients.sessions}`}
      >
        <Fact name="Behind">{clients.lagging}</Fact>
        <Fact name="Queued for them">{formatBytes(clients.queuedBytes)}</Fact>
        <Fact name="Reading traces">{answer.traceReaders}</Fact>
      </Box>
      <Box
        title="History"
        level="plain"
        word={`in memory, ${formatAge(history.ageSeconds * 1000)}`}
      >
        <Fact name="Channels">{history.channels}</Fact>
        <Fact name="Updates made">
          {history.updates.toLocaleString("en")}
          {rate && `, ${perSecond(rate.updates)}/s now`}
        </Fact>
        <Budget name="Budget" used={history.bytes} limit={history.limitBytes} />
      </Box>
      <Box
        title="Flight recorder"
        level="plain"
        word={recorder ? `last ${formatAge(recorder.seconds * 1000)}` : "Off"}
      >
        <Fact name="Memory">{recorder ? formatBytes(recorder.bytes) : "–"}</Fact>
        <Fact name="See">
          <a href={viewHref("traces")}>Traces</a>
        </Fact>
      </Box>
      {disk && (
        <Box
          title="Disk"
          level={disk.free < disk.total * 0.05 ? "warn" : "plain"}
          word={`${formatBytes(disk.free)} free`}
        >
          <Budget name="Used" used={disk.total - disk.free} limit={disk.total} />
        </Box>
      )}
      <Box title="Versions" level="plain" word={versions.edgewire}>
        <Fact name="Deno">{versions.deno}</Fact>
        <Fact name="V8">{versions.v8}</Fact>
        <Fact name="Up for">{formatAge(answer.uptime * 1000)}</Fact>
      </Box>
    </>
  );
}

function perSecond(rate: number): string {
  return Math.round(rate).toLocaleString("en");
}

function round(ms: number): number {
  return ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms);
}

interface BoxProps {
  title: string;
  level: Level;
  /** The state in a word or figure. */
  word: string;
  children: ComponentChildren;
  below?: ComponentChildren;
}

function Box({ title, level, word, children, below }: BoxProps) {
  return (
    <section class="box health-box" aria-label={title}>
      <h2>{title}</h2>
      <p class="health-word" data-level={level}>{word}</p>
      <dl class="facts">{children}</dl>
      {below}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Budget({ name, used, limit }: { name: string; used: number; limit: number }) {
  const share = limit > 0 ? used / limit : 0;
  return (
    <Fact name={name}>
      <span class="budget">
        <meter min={0} max={1} high={0.9} value={share} aria-label={name} />
        {formatBytes(used)} of {formatBytes(limit)}
      </span>
    </Fact>
  );
}
