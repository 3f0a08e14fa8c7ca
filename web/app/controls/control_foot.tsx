import type { ComponentChildren } from "preact";
import type { Commander } from "./commander.ts";
import { Stage } from "./stage.tsx";

interface FootProps {
  commander: Commander;
  /** Somebody else commands it just now. */
  other: boolean;
  /** What they do with it. */
  deed?: string;
  /** What the device says. */
  children?: ComponentChildren;
}

/** Below a control: what the device says, or that it is in other hands; how far the command is. */
export function ControlFoot({ commander, other, deed = "setting", children }: FootProps) {
  const idle = commander.wish === undefined;
  return (
    <div class="control-foot">
      <span class="clip">
        <span role="status" class="warn">{other && `Someone else is ${deed} this`}</span>
        {!other && <span class="muted">{children}</span>}
      </span>
      {(!other || !idle) && <Stage commander={commander} />}
    </div>
  );
}
