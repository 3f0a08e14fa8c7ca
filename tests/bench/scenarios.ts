/**
 * The scenarios by name, in the order in which they run.
 *
 * @module
 */
import { burst } from "./scenario_burst.ts";
import { fanout, fanoutPlain, light } from "./scenario_fan_out.ts";
import { generator } from "./scenario_generator.ts";
import { idle } from "./scenario_idle.ts";
import { ingest } from "./scenario_ingest.ts";
import { ingestRadio } from "./scenario_ingest_radio.ts";
import { page } from "./scenario_page.ts";
import { traceDelay } from "./scenario_trace_delay.ts";
import { traceFanout } from "./scenario_trace_fan_out.ts";
import { traceIngest, traceRadio } from "./scenario_trace_ingest.ts";
import type { Scenario } from "./settings.ts";

/** Names that stand for several. */
export const GROUPS: Record<string, string[]> = {
  "ingest": ["ingest", "ingest-radio"],
  "trace": ["trace-ingest", "trace-radio", "trace-fanout", "trace-delay"],
};

export const SCENARIOS: Record<string, Scenario> = {
  "generator": generator,
  "idle": idle,
  "light": light,
  "fanout": fanout,
  "fanout-plain": fanoutPlain,
  "ingest": ingest,
  "ingest-radio": ingestRadio,
  "burst": burst,
  "trace-ingest": traceIngest,
  "trace-radio": traceRadio,
  "trace-fanout": traceFanout,
  "trace-delay": traceDelay,
  "page": page,
};

/** Scenarios that run only when they are named. */
export const NAMED_ONLY: ReadonlySet<string> = new Set([...GROUPS["trace"]!, "page"]);
