/**
 * A display filter that cannot be used.
 *
 * @module
 */

import { similarName } from "../field_names.ts";

export class DisplayFilterError extends Error {
  override name = "DisplayFilterError";
  /** Where, in characters from 0. */
  readonly at: number;

  /** @param message what is wrong and what was expected, without the place */
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** A word that should be a field is none. */
export function unknownField(name: string, at: number): DisplayFilterError {
  const close = similarName(name);
  const hint = close === undefined ? "" : `: did you mean ${close}?`;
  return new DisplayFilterError(`"${name}" is no field or protocol known here${hint}`, at);
}
