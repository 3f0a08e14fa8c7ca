import type { DiskHistory, HealthAnswer } from "../../../gateway/http/health_answer.ts";
import { Fact } from "../fact.tsx";
import { viewHref } from "../router.ts";
import { formatAge } from "../values/format_age.ts";
import { formatBytes } from "../values/format_bytes.ts";
import { formatNumber } from "../values/format_value.ts";
import { Box } from "./health_box.tsx";
import { Trend, type Trends } from "./trend.tsx";

/** From here on the event loop's delay is felt, and is bad, ms. */
const LATE = 50;
const BAD = 250;

type Rate = { messages: number; updates: number } | undefined;

interface BoxesProps {
  answer: HealthAnswer;
  rate: Rate;
  trends: Trends;
}

/** What the gateway says of itself. */
export function GatewayBoxes(props: BoxesProps) {
  const { disk, versions, uptime } = props.answer;
  return (
    <>
      <BrokerBox {...props} />
      <UplinkBox answer={props.answer} />
      <LoadBoxes {...props} />
      <DataBoxes {...props} />
      {disk && (
        <Box
          title="Disk"
          level={disk.free < disk.total * 0.05 ? "warn" : "plain"}
          word={`${formatBytes(disk.free)} free`}
        >
          <Budget name="Used" used={disk.total - disk.free} limit={disk.total} />
        </Box>
      )}
      <Box title="Versions" word={versions.edgewire}>
        <Fact name="Deno">{versions.deno}</Fact>
        <Fact name="V8">{versions.v8}</Fact>
        <Fact name="Up for">{formatAge(uptime * 1000)}</Fact>
      </Box>
    </>
  );
}

function BrokerBox({ answer: { broker }, rate }: BoxesProps) {
  return (
    <Box
      title="MQTT broker"
      level={broker.connected ? "good" : "bad"}
      word={broker.connected ? "Working" : "Lost"}
    >
      <Fact name="Kind">{broker.kind === "embedded" ? "in this gateway" : "external"}</Fact>
      <Fact name="Address">{broker.address}</Fact>
      <Fact name="Why">{broker.reason}</Fact>
      <Fact name="Messages taken in">{broker.messages}</Fact>
      <Fact name="Now">{rate ? `${perSecond(rate.messages)}/s` : "–"}</Fact>
    </Box>
  );
}

const UPLINK_WORDS = {
  off: "Off",
  connecting: "Connecting…",
  connected: "Connected",
  waiting: "Away",
  standby: "Another gateway's",
};

function UplinkBox({ answer: { uplink, time } }: { answer: HealthAnswer }) {
  const word = UPLINK_WORDS[uplink.state];
  if (uplink.state === "off") return <Box title="Uplink" word={word}>{null}</Box>;
  const { backlog: { kept, messages, bytes, oldestTime }, drainRate, secondsToDone } = uplink;
  const dropped = Object.entries(uplink.dropped).filter(([, count]) => count > 0);
  const level = uplink.state === "waiting" || dropped.length > 0 ? "warn" : "good";
  return (
    <Box title="Uplink" level={level} word={word}>
      <Fact name="Address">{uplink.url}</Fact>
      <Fact name="Why">{uplink.reason}</Fact>
      <Fact name="Waiting">
        {`${messages}, ${formatBytes(bytes)} ${kept === "disk" ? "on disk" : "in memory"}`}
      </Fact>
      <Fact name="Oldest">{oldestTime ? formatAge(Math.max(0, time - oldestTime)) : ""}</Fact>
      <Fact name="Done in">{secondsToDone ? formatAge(secondsToDone * 1000) : ""}</Fact>
      <Fact name="Sent">{`${uplink.sent}, ${perSecond(drainRate)}/s now`}</Fact>
      <Fact name="Dropped">{dropped.map(([why, count]) => `${count} (${why})`).join(", ")}</Fact>
    </Box>
  );
}

function LoadBoxes({ answer: { eventLoop, process }, trends }: BoxesProps) {
  const { median, p99, longest } = eventLoop;
  return (
    <>
      <Box
        title="Event loop"
        level={p99 > BAD ? "bad" : p99 > LATE ? "warn" : "good"}
        word={`99 % within ${formatNumber(round(p99))} ms`}
        below={<Trend label="Processor, percent of a core" values={trends.cpu.value} unit=" %" />}
      >
        <Fact name="Median, last minute">{median.toFixed(1)} ms</Fact>
        <Fact name="Longest">{longest.toFixed(1)} ms</Fact>
        <Fact name="Processor">{`${(process.cpuShare * 100).toFixed(0)} % of a core`}</Fact>
      </Box>
      <Box
        title="Memory"
        word={formatBytes(process.resident)}
        below={<Trend label="Resident memory, MB" values={trends.memory.value} unit=" MB" />}
      >
        <Fact name="JavaScript heap">
          {formatBytes(process.heapUsed)} of {formatBytes(process.heapTotal)}
        </Fact>
      </Box>
    </>
  );
}

function DataBoxes({ answer, rate }: BoxesProps) {
  const { clients, recorder, traceReaders } = answer;
  return (
    <>
      <Box
        title="Clients"
        level={clients.lagging > 0 ? "warn" : "plain"}
        word={`${clients.sessions}`}
      >
        <Fact name="Behind">{clients.lagging}</Fact>
        <Fact name="Queued for them">{formatBytes(clients.queuedBytes)}</Fact>
        <Fact name="Reading traces">{traceReaders}</Fact>
      </Box>
      <HistoryBox answer={answer} rate={rate} />
      <Box
        title="Flight recorder"
        word={recorder ? `last ${formatAge(recorder.seconds * 1000)}` : "Off"}
      >
        <Fact name="Memory">{recorder ? formatBytes(recorder.bytes) : "–"}</Fact>
        <Fact name="See">
          <a href={viewHref("traces")}>Traces</a>
        </Fact>
      </Box>
    </>
  );
}

function HistoryBox({ answer: { history, time }, rate }: { answer: HealthAnswer; rate: Rate }) {
  const { disk } = history;
  const age = formatAge(history.ageSeconds * 1000);
  const stored = disk?.state === "ok";
  const word = disk === undefined ? `in memory, ${age}` : stored ? `on disk, ${age}` : "Not stored";
  return (
    <Box title="History" level={disk ? levelOf(disk) : "plain"} word={word}>
      <Fact name="Why">{disk?.reason}</Fact>
      <Fact name="Channels">{history.channels}</Fact>
      <Fact name="Updates made">
        {history.updates.toLocaleString("en")}
        {rate && `, ${perSecond(rate.updates)}/s now`}
      </Fact>
      {disk && <DiskFacts disk={disk} time={time} />}
      <Budget name="In memory" used={history.bytes} limit={history.limitBytes} />
    </Box>
  );
}

/** With a reason though all is well again: some was lost. */
function levelOf({ state, reason }: DiskHistory): "good" | "warn" | "bad" {
  return state !== "ok" ? "bad" : reason === undefined ? "good" : "warn";
}

function DiskFacts({ disk, time }: { disk: DiskHistory; time: number }) {
  return (
    <>
      <Fact name="Reaches back">
        {disk.oldest === null ? "" : formatAge(Math.max(0, time - disk.oldest))}
      </Fact>
      <Fact name="On disk">{formatBytes(disk.bytes)}</Fact>
      <Fact name="Written in 24 h">{formatBytes(disk.writtenToday)}</Fact>
      <Fact name="Waiting">{disk.waitingBytes > 0 ? formatBytes(disk.waitingBytes) : ""}</Fact>
      <Fact name="Updates lost">{disk.lost > 0 ? disk.lost : ""}</Fact>
      <Fact name="Commit, 99 %">{formatNumber(round(disk.commitP99))} ms</Fact>
    </>
  );
}

function perSecond(rate: number): string {
  return Math.round(rate).toLocaleString("en");
}

function round(ms: number): number {
  return ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms);
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
