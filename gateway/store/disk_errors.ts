/**
 * What is wrong with the disk, from what SQLite and the system say, and what to do about it.
 *
 * @module
 */
import { VersionError } from "./database.ts";

export type Trouble = "full" | "read-only" | "damaged" | "locked" | "other";

/** What SQLite says (https://sqlite.org/rescode.html), and the system. */
const SIGNS: [RegExp, Trouble][] = [
  [/disk is full|No space left|quota exceeded/i, "full"],
  [/readonly database|Read-only file system|Permission denied|Requires write access/i, "read-only"],
  [/malformed|not a database|malformed database schema/i, "damaged"],
  [/database (table )?is locked/i, "locked"],
];

export function troubleOf(error: unknown): Trouble {
  const text = messageOf(error);
  return SIGNS.find(([sign]) => sign.test(text))?.[1] ?? "other";
}

/** For people: what is wrong, and what they can do. @param path Of the database. */
export function reasonOf(error: unknown, path: string): string {
  if (error instanceof VersionError) return `${error.message}: run that version`;
  const said = messageOf(error);
  switch (troubleOf(error)) {
    case "full":
      return `the disk is full: make room for ${path} (${said})`;
    case "read-only":
      return `read-only: ${path} cannot be written (${said})`;
    case "damaged":
      return `damaged: ${path} (${said})`;
    case "locked":
      return `in use: another process has ${path} open (${said})`;
    default:
      return `${path} cannot be used: ${said}`;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
