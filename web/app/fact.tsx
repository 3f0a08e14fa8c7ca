import type { ComponentChildren } from "preact";

interface FactProps {
  name: string;
  /** Nothing is shown when there is none. */
  children: ComponentChildren;
  /** Takes the whole width. */
  wide?: boolean;
}

/** A name and what is known of it, in a list of `facts`. */
export function Fact({ name, wide = false, children }: FactProps) {
  if (children === undefined || children === "") return null;
  return (
    <div class={wide ? "fact-wide" : undefined}>
      <dt>{name}</dt>
      <dd>{typeof children === "number" ? children.toLocaleString("en") : children}</dd>
    </div>
  );
}
