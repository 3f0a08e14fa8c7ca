/**
 * Loads the decoder of radio frames when the first of them comes: it is more code than all the rest
 * of the gateway, and who has no bridge node needs none of it.
 *
 * @module
 */
import type { RadioIntake } from "./radio_intake.ts";

let loaded: typeof RadioIntake | null = null;
let loading: Promise<void> | null = null;

/**
 * Begins to load the decoder, once in this process.
 *
 * @returns When it is there; `null`: it is there. Rejects if it cannot be loaded; who asks again has
 *   it tried again.
 */
export function loadRadioIntake(): Promise<void> | null {
  if (loaded !== null) return null;
  return loading ??= load();
}

async function load() {
  try {
    loaded = (await import("./radio_intake.ts")).RadioIntake;
  } finally {
    loading = null;
  }
}

/**
 * Makes an intake.
 *
 * @param args As its constructor takes them.
 * @throws {Error} While the decoder is not loaded.
 */
export function makeRadioIntake(...args: ConstructorParameters<typeof RadioIntake>): RadioIntake {
  if (loaded === null) throw new Error("the decoder of radio frames is not loaded");
  return new loaded(...args);
}
