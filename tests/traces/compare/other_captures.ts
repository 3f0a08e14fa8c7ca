/**
 * Captures of other projects, where they are at hand: files OWNER+REPOSITORY__FOLDER__NAME beside
 * this repository.
 *
 * @module
 */

const CAPTURES = new URL("../../../../shared/captures/", import.meta.url);
/** Of a project's captures, one of so many is in the cross-section. */
const ONE_OF = 4;

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

/** Of each project the first capture, and each fourth after it. */
export function crossSection(paths: readonly string[]): string[] {
  const projects = Map.groupBy(paths, (path) => path.slice(0, path.indexOf("__")));
  return [...projects.values()].flatMap((own) => own.filter((_, i) => i % ONE_OF === 0));
}
