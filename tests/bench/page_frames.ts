/**
 * What Chromium says of a page: when a history was drawn, how even its frames
 * are, how busy its main thread, how much memory it has.
 *
 * @module
 */
import type { CDPSession, Page } from "playwright-core";

/** What runs in the page before its own script. */
interface Probe {
  /** When a history came, and when the first frame with it was ready, ms of the page's clock. */
  arrived: number;
  parsed: number;
  drawn: number;
  painted: number;
  /** Frames of each second so far, the running one last. */
  frames: number[];
  /** The longest time between two frames, ms. */
  longest: number;
}

declare global {
  var probe: Probe;
}

/** Notes when a history is drawn; to be added as an init script. */
export function installProbe() {
  const found = globalThis.probe = {
    arrived: 0,
    parsed: 0,
    drawn: 0,
    painted: 0,
    frames: [],
    longest: 0,
  };
  const json = Response.prototype.json;
  Response.prototype.json = async function () {
    const value = await json.call(this);
    if (!this.url.includes("/history?")) return value;
    const entry = performance.getEntriesByName(this.url).at(-1) as PerformanceResourceTiming;
    Object.assign(found, { arrived: entry.responseEnd, parsed: performance.now(), drawn: 0 });
    return value;
  };
  const stroke = CanvasRenderingContext2D.prototype.stroke as (path?: Path2D) => void;
  CanvasRenderingContext2D.prototype.stroke = function (path?: Path2D) {
    if (path) stroke.call(this, path);
    else stroke.call(this, ...[]);
    if (found.parsed === 0 || found.drawn > 0) return;
    found.drawn = performance.now();
    // Runs when the frame that is being made has been handed over.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => found.painted = performance.now();
    port2.postMessage(null);
  };
}

/** Times of one opening, ms after the history's last byte. */
export interface Opening {
  parsed: number;
  drawn: number;
  painted: number;
}

/** Waits until a history has been painted. */
export async function opening(page: Page): Promise<Opening> {
  await page.waitForFunction(() => probe.painted > probe.arrived && probe.arrived > 0);
  return await page.evaluate(() => ({
    parsed: probe.parsed - probe.arrived,
    drawn: probe.drawn - probe.arrived,
    painted: probe.painted - probe.arrived,
  }));
}

/** Counts frames from now on. */
export async function countFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const start = performance.now();
    let before = start;
    Object.assign(probe, { frames: [], longest: 0 });
    const frame = (time: number) => {
      const second = Math.floor((time - start) / 1000);
      if (second >= 0) probe.frames[second] = (probe.frames[second] ?? 0) + 1;
      probe.longest = Math.max(probe.longest, time - before);
      before = time;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

/** Frames of each whole second since {@linkcode countFrames}, and the longest time between two. */
export async function framesCounted(page: Page): Promise<{ each: number[]; longest: number }> {
  const { frames, longest } = await page.evaluate(() => probe);
  return { each: Array.from(frames, (count) => count ?? 0).slice(0, -1), longest };
}

/** Heap after a collection of garbage, bytes. */
export async function heapBytes(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  return (await metricsOf(cdp))["JSHeapUsedSize"]!;
}

/** Chromium's own figures; times in seconds. */
export async function metricsOf(cdp: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

interface TraceEvent {
  name: string;
  ts: number;
}

/**
 * Begun and drawn frames a second by Chromium's tracing.
 *
 * @param browser A session of the browser, which alone may trace.
 */
export async function tracedFrames(browser: CDPSession, seconds: number) {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: unknown[] }) => {
    for (const event of value as TraceEvent[]) events.push(event);
  };
  browser.on("Tracing.dataCollected", collect);
  const complete = new Promise<void>((resolve) =>
    browser.once("Tracing.tracingComplete", () => resolve())
  );
  const includedCategories = [
    "disabled-by-default-devtools.timeline.frame",
    "devtools.timeline.frame",
  ];
  await browser.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories },
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  await browser.send("Tracing.end");
  await complete;
  browser.off("Tracing.dataCollected", collect);
  const rate = (name: string) => events.filter((event) => event.name === name).length / seconds;
  return { begun: rate("BeginMainThreadFrame"), drawn: rate("DrawFrame") };
}
