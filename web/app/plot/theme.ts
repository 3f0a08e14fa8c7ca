import { signal } from "@preact/signals";

/** Colours that a canvas needs and that the style sheet decides. */
export interface Theme {
  /** Of what matters most. */
  ink: string;
  text: string;
  /** What plots lie on. */
  surface: string;
  grid: string;
  lines: string[];
}

const dark = matchMedia("(prefers-color-scheme: dark)");

function read(): Theme {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const lines = Array.from({ length: 8 }, (_, i) => color(`--line-${i + 1}`));
  return {
    ink: color("--ink"),
    text: color("--muted"),
    surface: color("--surface"),
    grid: color("--rule"),
    lines,
  };
}

/** Follows the colour scheme of the browser. */
export const theme = signal<Theme>(read());
dark.addEventListener("change", () => theme.value = read());
