/**
 * Captures of other projects, where they are at hand: files OWNER+REPOSITORY__FOLDER__NAME beside
 * this repository.
 *
 * @module
 */

const CAPTURES = new URL("../../../../shared/captures/", import.meta.url);

/** Paths, by name; none when the folder is not there. */
export function otherCaptures(): string[] {
  try {
    return [...Deno.readDirSync(CAPTURES)]
      .filter(({ name, isFile }) => isFile && name !== "README.md")
      .map(({ name }) => new URL(encodeURIComponent(name), CAPTURES).pathname)
      .map(decodeURIComponent)
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
