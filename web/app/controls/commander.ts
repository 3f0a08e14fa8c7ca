import { signal } from "@preact/signals";
import type { Value } from "../../../gateway/sessions/messages.ts";
import type { Client, CommandProgress } from "../../client/client.ts";
import { onNextFrame } from "../frame_scheduler.ts";

/** The latest command of one control, as the person follows it. */
export interface Shown extends CommandProgress {
  value: Value;
  /** Milliseconds from the click to this stage. */
  elapsed: number;
}

/**
 * Sends the commands of one control and shows the stage of the latest; an
 * older one on its way no longer matters to the person.
 */
export class Commander {
  readonly shown = signal<Shown | undefined>(undefined);
  #count = 0;

  constructor(
    readonly client: Client,
    readonly channel: string,
    readonly topic: string,
  ) {}

  /** The value that is on its way; `undefined` when nothing is. */
  get wish(): { value: Value } | undefined {
    const shown = this.shown.value;
    return !shown || shown.stage === "observed" || shown.stage === "failed" ? undefined : shown;
  }

  send(value: Value): void {
    const start = performance.now();
    const number = ++this.#count;
    const show = (progress: CommandProgress) => {
      const shown = { ...progress, value, elapsed: performance.now() - start };
      const apply = () => {
        if (number === this.#count) this.shown.value = shown;
      };
      // The state that answered is shown in the next frame: the wish goes with it, not before.
      if (progress.stage === "observed") onNextFrame(apply);
      else apply();
    };
    show(this.client.command(this.channel, this.topic, value, show).progress);
  }
}
