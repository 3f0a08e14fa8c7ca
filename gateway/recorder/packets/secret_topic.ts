/**
 * Topics where secrets go.
 *
 * @module
 */
import { NameKind, SecretName } from "./secret_names.ts";

/** Last levels of a topic that say what is done with the thing that the level before them names. */
const VERBS = ["set", "get", "state", "command", "cmnd", "stat", "value"]
  .map((verb) => new TextEncoder().encode(verb));

const SLASH = 0x2f;

/** What is known of what goes to a topic. */
export const TopicKind = {
  Plain: 0,
  /** Codes in it are secret: the topic tells of an alarm or a lock. */
  Guarded: 1,
  Secret: 2,
} as const;

/** Takes a topic piece by piece and says what goes there. */
export class SecretTopic {
  readonly #level = new SecretName();
  #before: number = NameKind.None;
  #guarded = false;

  clear(): void {
    this.#level.clear();
    this.#before = NameKind.None;
    this.#guarded = false;
  }

  /** Goes on with `bytes[start, end)`. */
  push(bytes: Uint8Array, start: number, end: number): void {
    let level = start;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== SLASH) continue;
      this.#level.push(bytes, level, at);
      this.#before = this.#level.kind;
      this.#guarded ||= this.#before === NameKind.Guard;
      this.#level.clear();
      level = at + 1;
    }
    this.#level.push(bytes, level, end);
  }

  /** See `TopicKind`: by its last level, or the one before a last level such as `set`. */
  get kind(): number {
    const last = this.#level.kind;
    const guarded = this.#guarded || last === NameKind.Guard;
    if (this.#isSecret(last, guarded)) return TopicKind.Secret;
    const { Secret, Code } = NameKind;
    if (this.#before === Secret || this.#before === Code) {
      const isVerb = VERBS.some((verb) => this.#level.is(verb));
      if (isVerb && this.#isSecret(this.#before, guarded)) return TopicKind.Secret;
    }
    return guarded ? TopicKind.Guarded : TopicKind.Plain;
  }

  #isSecret(kind: number, guarded: boolean): boolean {
    return kind === NameKind.Secret || kind === NameKind.Code && guarded;
  }
}
