import type { ComponentChildren } from "preact";

/** How something fares; `plain`: that is for the reader to judge. */
type Level = "good" | "warn" | "bad" | "plain";

interface BoxProps {
  title: string;
  /** @default plain */
  level?: Level;
  /** The state in a word or figure. */
  word: string;
  children: ComponentChildren;
  below?: ComponentChildren;
}

/** One part of what is known of the gateway. */
export function Box({ title, level = "plain", word, children, below }: BoxProps) {
  return (
    <section class="box health-box" aria-label={title}>
      <h2>{title}</h2>
      <p class="health-word" data-level={level}>{word}</p>
      <dl class="facts">{children}</dl>
      {below}
    </section>
  );
}
