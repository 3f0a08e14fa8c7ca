import type { ComponentChildren } from "preact";
import { type Alive, causeWords, stateWord } from "./liveness_words.ts";

/** The state in a word or two, coloured; the cause on hovering. */
export function StateWord({ alive }: { alive: Alive }) {
  return (
    <span class="state" data-state={alive.state} title={causeWords(alive) || undefined}>
      {stateWord(alive)}
    </span>
  );
}

/** The state in a word, what stands beside it, and the cause in a sentence below. */
export function StateAndCause(
  { alive, children }: { alive: Alive; children?: ComponentChildren },
) {
  const cause = causeWords(alive);
  return (
    <>
      <StateWord alive={alive} />
      {children}
      {cause && <span class="below">{cause}</span>}
    </>
  );
}
