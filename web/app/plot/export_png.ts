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
const FONT = "system-ui, sans-serif";

/** Something to draw from a top, and its height. */
interface Block {
  height: number;
  draw(top: number): void;
}

/** Saves all panels as one picture, in the colours of the page. */
export function exportPng(
  context: PlotContext,
  panels: readonly Panel[],
  hidden: ReadonlySet<string>,
): void {
  const canvas = compose(context, panels, hidden);
  canvas.toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${context.channel.replaceAll(/[^\w.-]+/g, "_")}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

function compose(
  context: PlotContext,
  panels: readonly Panel[],
  hidden: ReadonlySet<string>,
): HTMLCanvasElement {
  const plots = panels.flatMap((panel) => {
    const plot = context.drawn.get(panel);
    return plot ? [{ panel, plot }] : [];
  });
  const inner = Math.max(320, ...plots.map(({ plot }) => plot.width));
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d")!;
  const blocks: Block[] = [title(pen, context, inner)];
  for (const { panel, plot } of plots) {
    blocks.push(legend(pen, context, panel, hidden, inner));
    const image = plot.ctx.canvas;
    blocks.push({
      height: plot.height + SPACE,
      draw: (top) => pen.drawImage(image, EDGE, top, plot.width, plot.height),
    });
  }
  const height = blocks.reduce((sum, block) => sum + block.height, 2 * EDGE);
  const scale = devicePixelRatio;
  canvas.width = (inner + 2 * EDGE) * scale;
  canvas.height = height * scale;
  pen.scale(scale, scale);
  pen.textBaseline = "middle";
  pen.fillStyle = theme.value.surface;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  let top = EDGE;
  for (const block of blocks) {
    block.draw(top);
    top += block.height;
  }
  return canvas;
}

function title(pen: CanvasRenderingContext2D, context: PlotContext, width: number): Block {
  const { ink, text } = theme.value;
  const draw = (top: number) => {
    pen.font = `650 18px ${FONT}`;
    pen.fillStyle = ink;
    pen.fillText(context.channel, EDGE, top + 12, width / 2);
    pen.font = `13px ${FONT}`;
    pen.fillStyle = text;
    pen.textAlign = "right";
    // With the day: a picture is looked at on others.
    pen.fillText(spanText(context.time.span.peek(), 0), EDGE + width, top + 12, width / 2);
    pen.textAlign = "left";
  };
  return { height: TITLE, draw };
}

/** Lines by colour, name and last value with its unit; as many rows as they need. */
function legend(
  pen: CanvasRenderingContext2D,
  context: PlotContext,
  panel: Panel,
  hidden: ReadonlySet<string>,
  width: number,
): Block {
  const { ink } = theme.value;
  const font = `13px ${FONT}`;
  pen.font = font;
  const { to } = context.time.span.peek();
  let [left, row] = [0, 0];
  const entries = panel.lines.value.flatMap(({ topic, series }, i) => {
    if (hidden.has(topic)) return [];
    const label = topicLabel(topic, context.channel);
    const text = `${label}  ${plotValue(panel, series.lastValue(to))}`;
    const size = pen.measureText(text).width + 44;
    if (left > 0 && left + size > width) [left, row] = [0, row + 1];
    const entry = { text, left, row, color: lineColor(theme.value, i) };
    left += size;
    return [entry];
  });
  const draw = (top: number) => {
    pen.font = font;
    for (const { text, left, row, color } of entries) {
      const y = top + row * ENTRY + ENTRY / 2;
      pen.fillStyle = color;
      pen.fillRect(EDGE + left, y - 1.5, 14, 3);
      pen.fillStyle = ink;
      pen.fillText(text, EDGE + left + 22, y);
    }
  };
  return { height: (row + 1) * ENTRY, draw };
}
