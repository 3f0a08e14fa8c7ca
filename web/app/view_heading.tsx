import type { ComponentChildren } from "preact";

/** Title of a view; gets the focus when a link led there. */
export function ViewHeading({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="heading">
      <h1 tabIndex={-1}>{title}</h1>
      {children}
    </div>
  );
}
