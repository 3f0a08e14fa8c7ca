import type { ComponentChildren } from "preact";
import { createPortal } from "preact";

interface NoticeProps {
  children: ComponentChildren;
  onDismiss?: () => void;
}

/** Says what happened at the window's lower edge, so that nothing moves as it comes and goes. */
export function Notice({ children, onDismiss }: NoticeProps) {
  return createPortal(
    <div class="notice">
      <span>{children}</span>
      {onDismiss && <button type="button" class="small" onClick={onDismiss}>Dismiss</button>}
    </div>,
    document.getElementById("notices")!,
  );
}
