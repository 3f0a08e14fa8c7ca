import { type Alive, causeWords, stateWord } from "./liveness_words.ts";

/** The state in a word or two, coloured; the cause on hovering. */
export function StateWord({ alive }: { alive: Alive }) {
  return (
    <span class="state" data-state={alive.state} title={causeWords(alive) || undefined}>
      {stateWord(alive)}
    </span>
  );
}

/** The state in a word, and the cause in a sentence below it. */
export function StateAndCause({ alive }: { alive: Alive }) {
  const cause = causeWords(alive);
  return (
    <>
      <StateWord alive={alive} />
      {cause && <span class="below">{cause}</span>}
    </>
  );
}
