/**
 * What gateways at one broker tell each other once a second, as JSON.
 *
 * @module
 */

/** What one gateway says with each beat. Durations, since clocks differ. */
export interface Beat {
  /** Counts the beats of this run. */
  n: number;
  /** Names the run. */
  run: string;
  leads: boolean;
  /** For so long it has heard everything, ms. */
  hears?: number;
  /** Who leads: for so long its oldest message that the cloud has not acknowledged waits, ms. */
  waits?: number;
  /** It has messages that nobody else has, and would upload them. */
  wants?: boolean;
  /** Who is to lead from now on. */
  passes?: string;
}

/** @returns `null`: goodbye, or nothing that can be read. */
export function readBeat(payload: Uint8Array): Beat | null {
  try {
    const said = JSON.parse(new TextDecoder().decode(payload));
    if (typeof said?.run !== "string" || !Number.isSafeInteger(said.n)) return null;
    const ms = (value: unknown) => typeof value === "number" && value >= 0 ? value : undefined;
    const [hears, waits] = [ms(said.hears), ms(said.waits)];
    return {
      n: said.n,
      run: said.run,
      leads: said.leads === true,
      ...(hears === undefined ? {} : { hears }),
      ...(waits === undefined ? {} : { waits }),
      ...(said.wants === true ? { wants: true } : {}),
      ...(typeof said.passes === "string" ? { passes: said.passes } : {}),
    };
  } catch {
    return null;
  }
}
