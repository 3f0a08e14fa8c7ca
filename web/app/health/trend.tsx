import { signal } from "@preact/signals";
import type { HealthAnswer } from "../../../gateway/http/health_answer.ts";
import { formatNumber } from "../values/format_value.ts";

/** Values kept: some minutes. */
const KEPT = 120;
const WIDTH = 240;
const HEIGHT = 36;

/** What the view draws over time while it is open. */
export class Trends {
  readonly cpu = signal<number[]>([]);
  readonly memory = signal<number[]>([]);

  add({ process }: HealthAnswer): void {
    this.cpu.value = [...this.cpu.peek(), process.cpuShare * 100].slice(-KEPT);
    this.memory.value = [...this.memory.peek(), process.resident / 1e6].slice(-KEPT);
  }
}

/** A small line of the last minutes, from 0 to the highest. */
export function Trend({ label, values, unit }: { label: string; values: number[]; unit: string }) {
  const top = Math.max(...values, 1e-9);
  const points = values.map((value, i) =>
    `${(WIDTH * (i + KEPT - values.length) / (KEPT - 1)).toFixed(1)},${
      (HEIGHT - 2 - (HEIGHT - 4) * value / top).toFixed(1)
    }`
  );
  const last = formatNumber(Math.round(values.at(-1) ?? 0));
  const highest = formatNumber(Math.round(Math.max(...values, 0)));
  return (
    <div class="trend">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: now ${last}${unit}, highest ${highest}${unit}`}
      >
        <polyline points={points.join(" ")} vector-effect="non-scaling-stroke" />
      </svg>
      <span class="muted">highest {highest}{unit}</span>
    </div>
  );
}
