import { saveFile } from "../delay/run_export.ts";
import { topicLabel } from "../values/topic_label.ts";
import { type PlotContext, plotValue } from "./plot_context.ts";
import type { Panel } from "./plot_data.ts";
import { theme } from "./theme.ts";
import { spanText } from "./time_text.ts";
import { lineColor } from "./uplot_options.ts";

/** Sizes in CSS pixels. */
const EDGE = 20;
const TITLE = 40;
const ENTRY = 26;
const SPACE = 12;
const FONT = "13px system-ui, sans-serif";

/** Saves all panels as one picture, in the colours of the page. */
export function exportPng(
  context: PlotContext,
  panels: readonly Panel[],
  hidden: ReadonlySet<string>,
): void {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d")!;
  const width = Math.max(320, ...[...context.drawn.values()].map((plot) => plot.width));
  // Its size is known when all was drawn once; to be given one clears it.
  const height = drawAll(pen, context, panels, hidden, width);
  canvas.width = (width + 2 * EDGE) * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  pen.scale(devicePixelRatio, devicePixelRatio);
  pen.fillStyle = theme.value.surface;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  drawAll(pen, context, panels, hidden, width);
  canvas.toBlob((blob) => {
    if (blob) saveFile(`${context.channel.replaceAll(/[^\w.-]+/g, "_")}.png`, blob.type, blob);
  });
}

/**
 * Title and time, then each panel: its lines by colour, name and last value, in as many rows as
 * they need, above its plot.
 *
 * @returns Height, CSS pixels.
 */
function drawAll(
  pen: CanvasRenderingContext2D,
  context: PlotContext,
  panels: readonly Panel[],
  hidden: ReadonlySet<string>,
  width: number,
): number {
  const colors = theme.value;
  const span = context.time.span.peek();
  const write = (text: string, color: string, left: number, top: number) => {
    pen.fillStyle = color;
    pen.fillText(text, EDGE + left, top + ENTRY / 2, width);
  };
  let top = EDGE;
  pen.textBaseline = "middle";
  pen.font = `bold ${FONT}`;
  write(context.channel, colors.ink, 0, top);
  pen.font = FONT;
  // With the day: a picture is looked at on others.
  const when = spanText(span, 0);
  write(when, colors.text, width - pen.measureText(when).width, top);
  top += TITLE;
  for (const panel of panels) {
    const plot = context.drawn.get(panel);
    if (!plot) continue;
    let left = 0;
    panel.lines.value.forEach(({ topic, series }, i) => {
      if (hidden.has(topic)) return;
      const value = plotValue(panel, series.lastValue(span.to));
      const text = `${topicLabel(topic, context.channel)}  ${value}`;
      const size = pen.measureText(text).width + 44;
      if (left > 0 && left + size > width) {
        left = 0;
        top += ENTRY;
      }
      write("━", lineColor(colors, i), left, top);
      write(text, colors.ink, left + 22, top);
      left += size;
    });
    top += ENTRY;
    pen.drawImage(plot.ctx.canvas, EDGE, top, plot.width, plot.height);
    top += plot.height + SPACE;
  }
  return top + EDGE;
}
