import type { HealthAnswer } from "../../../gateway/http/health_answer.ts";
import type { DelayRun } from "./delay_run.ts";
import { KEPT } from "./delay_samples.ts";
import { WAYS } from "./delay_source.ts";

/** Names the form of the JSON. */
const FORMAT = "edgewire-delay-run/1";

/** Of what the gateway is, as far as it says. */
async function gatewayVersion(): Promise<string | null> {
  try {
    const { versions } = await (await fetch("/api/health")).json() as HealthAnswer;
    return versions.edgewire;
  } catch {
    return null;
  }
}

/** The whole run as JSON; delays and times in milliseconds, samples as columns. */
async function runJson(run: DelayRun): Promise<string> {
  const { roundTrip, offset } = run.clock;
  const clock = {
    what: "add offset to this page's clock to get the gateway's; off by half the round trip",
    offset,
    roundTrip,
    uncertainty: roundTrip / 2,
    comparisons: run.clocks,
  };
  return JSON.stringify({
    format: FORMAT,
    settings: run.settings,
    started: new Date(run.started).toISOString(),
    length: run.length,
    expected: run.expected,
    unsent: run.unsent,
    crossesClocks: run.settings.source === "topic",
    clock,
    environment: {
      userAgent: navigator.userAgent,
      gateway: location.host,
      gatewayVersion: await gatewayVersion(),
    },
    keptPerWay: KEPT,
    ways: WAYS.map((way) => {
      const samples = [...run.samples[way].all()];
      return {
        way,
        state: run.state(way),
        lost: run.lost(way),
        statistics: run.samples[way].statistics(),
        samples: {
          number: samples.map(([number]) => number),
          at: samples.map(([, at]) => at),
          delay: samples.map(([, , delay]) => delay),
        },
      };
    }),
  });
}

/** The samples as CSV (RFC 4180): which way, which message, when it came, how late. */
function runCsv(run: DelayRun): string {
  const rows = ["way,number,at_ms,delay_ms"];
  for (const way of WAYS) {
    for (const sample of run.samples[way].all()) rows.push(`${way},${sample.join()}`);
  }
  return rows.join("\r\n") + "\r\n";
}

/** Has the browser keep the run as a file, named by when it began. */
export async function saveRun(run: DelayRun, form: "json" | "csv"): Promise<void> {
  const digits = new Date(run.started).toISOString().replace(/\D/g, "").slice(0, 14);
  const text = form === "json" ? await runJson(run) : runCsv(run);
  saveFile(`delay-${digits}.${form}`, form === "json" ? "application/json" : "text/csv", text);
}

/** Has the browser keep something as a file. */
export function saveFile(name: string, type: string, content: BlobPart): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
