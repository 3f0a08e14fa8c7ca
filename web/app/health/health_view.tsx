import { useEffect, useMemo } from "preact/hooks";
import type { HealthAnswer } from "../../../gateway/http/health_answer.ts";
import type { ClockEstimate } from "../../client/client.ts";
import { Fact } from "../fact.tsx";
import { fetchJson } from "../fetch_json.ts";
import { Notice } from "../notice.tsx";
import { Poller } from "../poller.ts";
import type { Store } from "../store.ts";
import { useClock } from "../use_clock.ts";
import { formatAgo } from "../values/format_age.ts";
import { ViewHeading } from "../view_heading.tsx";
import { GatewayBoxes } from "./gateway_boxes.tsx";
import { Box } from "./health_box.tsx";
import { Rates } from "./rates.ts";
import { Trends } from "./trend.tsx";

/** From request to request, milliseconds. */
const PERIOD = 2000;

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
        <Notice>
          {problem}. {!answer && "The page tries again."}
        </Notice>
      )}
      <div class="health" data-old={(answer && !(live && !problem)) || undefined}>
        <ConnectionBox store={store} />
        {answer
          ? <GatewayBoxes answer={answer} rate={live ? rate : undefined} trends={trends} />
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
